package ecert_test

import (
	"bytes"
	"testing"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// quickFiles are e-Cert files that take one round to open, so that the fuzzer
// makes more than a few tries a second.
func quickFiles(t testing.TB) [][]byte {
	key, cert, chain, err := gopkcs12.DecodeChain(fixture(t, "openssl"), pin)
	if err != nil {
		t.Fatal(err)
	}
	files := [][]byte{fixture(t, "openssl-in-clear")}
	for _, encoder := range []*gopkcs12.Encoder{gopkcs12.Modern2023, gopkcs12.Modern2026, gopkcs12.LegacyRC2, gopkcs12.LegacyDES} {
		data, err := encoder.WithIterations(1).Encode(key, cert, chain, pin)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, data, indefinite(data))
	}
	return files
}

// indefinite gives the outermost structure an indefinite length, as in BER.
func indefinite(der []byte) []byte {
	header := 2 + int(der[1]&0x7F) // the length takes more than one octet
	return append(append([]byte{0x30, 0x80}, der[header:]...), 0, 0)
}

// FuzzInspect: no file crashes the inspection, no inspection changes what it was
// given or depends on what came before, and none says more with a wrong password
// than without one.
func FuzzInspect(f *testing.F) {
	for _, data := range quickFiles(f) {
		f.Add(data, pin)
	}
	f.Add(crafted(1, 1, 1), chinese)
	in := inspector(f)
	f.Fuzz(func(t *testing.T, data []byte, password string) {
		before := bytes.Clone(data)
		first := in.Bytes(data, &password)
		if !bytes.Equal(before, data) {
			t.Fatal("the file was changed in memory")
		}
		if again := in.Bytes(data, &password); codes(again.AllFindings()) != codes(first.AllFindings()) {
			t.Fatalf("first %s, then %s", codes(first.AllFindings()), codes(again.AllFindings()))
		}
		for _, id := range first.Identities {
			if id.Key != nil && !id.Key.Proven {
				t.Fatal("a key that is not proven")
			}
		}
	})
}
