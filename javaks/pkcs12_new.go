package javaks

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// newPKCS12 makes a trust store. With the empty password it is one without MAC
// and encryption, as cacerts is since JDK 18, which JVMs read with and without a
// password. Otherwise it is protected as JDK 17 does it: PBES2 with AES-256 and a
// MAC with SHA-256, of 10,000 iterations each.
func newPKCS12(password string, add []Addition) ([]byte, error) {
	added, err := settled{make(map[string]bool), make(map[[sha256.Size]byte]bool)}.place(add)
	if err != nil {
		return nil, err
	}
	var list []gopkcs12.TrustStoreEntry
	for _, e := range added {
		certificate, err := x509.ParseCertificate(e.Chain[0])
		if err != nil {
			return nil, err
		}
		list = append(list, gopkcs12.TrustStoreEntry{Cert: certificate, FriendlyName: e.Alias})
	}
	encoder := gopkcs12.Passwordless
	if password != "" {
		encoder = gopkcs12.Modern2023.WithIterations(javaIterations)
	}
	out, err := encoder.EncodeTrustStoreEntries(list, password)
	if err != nil {
		return nil, fmt.Errorf("go-pkcs12: %w", err)
	}
	return out, proveNew(out, password, added)
}

// proveNew opens a new store and compares its entries.
func proveNew(out []byte, password string, want []Entry) error {
	s, err := openPKCS12With(out, []string{password}, true)
	if err != nil {
		return fmt.Errorf("the new PKCS#12 does not read back: %w", err)
	}
	got := s.entries()
	if len(got) != len(want) {
		return fmt.Errorf("the new PKCS#12 has %d entries instead of %d", len(got), len(want))
	}
	for i, e := range got {
		if e.Alias != want[i].Alias || e.Kind != TrustedCertificate || string(e.Chain[0]) != string(want[i].Chain[0]) {
			return fmt.Errorf("the new PKCS#12 has another entry %q", want[i].Alias)
		}
	}
	return nil
}
