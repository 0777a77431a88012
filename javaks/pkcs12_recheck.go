package javaks

import (
	"bytes"
	"crypto/x509"
	"fmt"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// recheck reads a file that openPKCS12With has passed with go-pkcs12 too, an
// implementation that shares no code with ours, where it can: a trust store of
// one content. It must not see other bytes, having no bound for iterations.
//
// original is the file before the edit: what go-pkcs12 refuses there already,
// such as a certificate that Go does not parse, is no fault of the edit.
func (s *pkcs12Store) recheck(original []byte) error {
	want, ok := s.trustStore()
	if !ok {
		return nil
	}
	got, err := gopkcs12.DecodeTrustStore(s.data, s.key.password)
	if err != nil {
		if _, before := gopkcs12.DecodeTrustStore(original, s.key.password); before != nil {
			return nil
		}
		return fmt.Errorf("go-pkcs12: %w", err)
	}
	if len(got) != len(want) {
		return fmt.Errorf("go-pkcs12: %d certificates instead of %d", len(got), len(want))
	}
	for i, c := range got {
		if !bytes.Equal(c.Raw, want[i]) {
			return fmt.Errorf("go-pkcs12: certificate %d differs", i)
		}
	}
	return nil
}

// trustStore returns the certificates of a file that go-pkcs12 can read: one
// content that holds trusted certificates that Go parses and nothing else, a MAC
// if anything is encrypted, and a password within UCS-2.
func (s *pkcs12Store) trustStore() ([][]byte, bool) {
	if len(s.contents) != 1 || s.mac == nil && s.encrypted() || !isUCS2(s.key.password) {
		return nil, false
	}
	var all [][]byte
	for _, b := range s.contents[0].bags {
		if !b.isTrusted() {
			return nil, false
		}
		if _, err := x509.ParseCertificate(b.certificate); err != nil {
			return nil, false
		}
		all = append(all, b.certificate)
	}
	return all, true
}
