package javaks_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/hktrust/hktrust/javaks"
)

func parsePFX(t *testing.T, name string) (*javaks.PFX, error) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "pkcs12", name+".p12"))
	if err != nil {
		t.Fatal(err)
	}
	return javaks.ParsePFX(data)
}

// Whatever the protection, go-pkcs12 reads what Plain returns: also where it
// could not have read the file.
func TestPFXPlain(t *testing.T) {
	for name, f := range map[string]struct {
		ber           bool
		contents      int // encrypted
		keyProtection bool
	}{
		"openssl-key":             {contents: 1, keyProtection: true},
		"openssl-key-in-clear":    {},
		"nss-ber":                 {ber: true, contents: 1, keyProtection: true},
		"keytool-keys-and-secret": {contents: 1, keyProtection: true},
	} {
		p, err := parsePFX(t, name)
		if err != nil {
			t.Fatal(name, err)
		}
		if len(p.Encryption()) != f.contents || p.Locked() != (f.contents > 0) {
			t.Errorf("%s: encryption %v, locked %v", name, p.Encryption(), p.Locked())
		}
		if err := p.Unlock("wrong"); f.contents > 0 && !errors.Is(err, javaks.ErrWrongPassword) {
			t.Errorf("%s: wrong password: %v", name, err)
		}
		if err := p.Unlock("changeit"); err != nil {
			t.Fatal(name, err)
		}
		keys, err := p.Keys()
		if err != nil || len(keys) == 0 || len(p.Certificates()) == 0 || p.BER() != f.ber {
			t.Fatalf("%s: %d keys, %v", name, len(keys), err)
		}
		certificate := bytes.Clone(p.Certificates()[0].DER)
		for _, key := range keys {
			if (key.Protection != nil) != f.keyProtection {
				t.Errorf("%s: key protected by %v", name, key.Protection)
			}
			plain, err := p.Plain(key, "changeit", certificate)
			if err != nil {
				t.Fatal(name, err)
			}
			private, cert, _, err := gopkcs12.DecodeChain(plain, "")
			if err != nil || private == nil || !bytes.Equal(cert.Raw, certificate) {
				t.Errorf("%s: %T, %v", name, private, err)
			}
		}
		p.Wipe()
	}
}

func TestPFXUnsupported(t *testing.T) {
	if _, err := parsePFX(t, "keytool-rc4-128"); !errors.Is(err, javaks.ErrUnsupported) {
		t.Error(err)
	}
	for _, data := range [][]byte{nil, []byte("no keystore"), {0x30, 0x80, 0x02, 0x01, 0x03}} {
		if _, err := javaks.ParsePFX(data); !errors.Is(err, javaks.ErrDamaged) {
			t.Errorf("%x: %v", data, err)
		}
	}
}
