package javaks

import (
	"fmt"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// newPKCS12 makes a trust store. With the empty password it is one without MAC
// and encryption, as cacerts is since JDK 18, which JVMs read with and without a
// password. Otherwise it is protected as JDK 17 does it: PBES2 with AES-256 and a
// MAC with SHA-256, of 10,000 iterations each.
//
// It leaves the frame to go-pkcs12 and the entries to our own edit: go-pkcs12
// refuses aliases beyond UCS-2, which Java takes.
func newPKCS12(password string, add []Addition) ([]byte, error) {
	if !isUCS2(password) {
		return nil, fmt.Errorf("%w: new PKCS#12 with a password beyond UCS-2", ErrUnsupported)
	}
	encoder := gopkcs12.Passwordless
	if password != "" {
		encoder = gopkcs12.Modern2023.WithIterations(javaIterations)
	}
	frame, err := encoder.EncodeTrustStoreEntries(nil, password)
	if err != nil {
		return nil, fmt.Errorf("go-pkcs12: %w", err)
	}
	s, err := openPKCS12With(frame, []string{password}, ErrWrongPassword, newWork())
	if err != nil {
		return nil, fmt.Errorf("go-pkcs12: %w", err)
	}
	out, _, err := edited(s, Edit{Add: add})
	return out, err
}

// isUCS2: go-pkcs12 can encode s.
func isUCS2(s string) bool {
	for _, r := range s {
		if r > 0xFFFF {
			return false
		}
	}
	return true
}
