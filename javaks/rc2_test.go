package javaks

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// The test vectors of RFC 2268, section 5, except that with 63 effective bits:
// PKCS#12 has whole octets only.
func TestRC2Vectors(t *testing.T) {
	for _, v := range []struct {
		key                   string
		effective             int
		plaintext, ciphertext string
	}{
		{"ffffffffffffffff", 64, "ffffffffffffffff", "278b27e42e2f0d49"},
		{"3000000000000000", 64, "1000000000000001", "30649edf9be7d2c2"},
		{"88", 64, "0000000000000000", "61a8a244adacccf0"},
		{"88bca90e90875a", 64, "0000000000000000", "6ccf4308974c267f"},
		{"88bca90e90875a7f0f79c384627bafb2", 64, "0000000000000000", "1a807d272bbe5db1"},
		{"88bca90e90875a7f0f79c384627bafb2", 128, "0000000000000000", "2269552ab0f85ca6"},
	} {
		key, _ := hex.DecodeString(v.key)
		plaintext, _ := hex.DecodeString(v.plaintext)
		ciphertext, _ := hex.DecodeString(v.ciphertext)
		cipher := newRC2(key, v.effective)
		got := make([]byte, rc2BlockSize)
		if cipher.Encrypt(got, plaintext); !bytes.Equal(got, ciphertext) {
			t.Errorf("key %s, %d bits: encrypted to %x", v.key, v.effective, got)
		}
		if cipher.Decrypt(got, ciphertext); !bytes.Equal(got, plaintext) {
			t.Errorf("key %s, %d bits: decrypted to %x", v.key, v.effective, got)
		}
	}
}
