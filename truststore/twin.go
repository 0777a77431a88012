package truststore

import (
	"bytes"
	"crypto/x509"
)

// hasTwin reports whether the store holds another certificate of the same
// issuer with the same serial number, which it cannot tell from this one: NSS
// files certificates and trust by these.
func (s *Snapshot) hasTwin(c Change) bool {
	cert, err := x509.ParseCertificate(c.DER)
	if err != nil {
		return false
	}
	for _, e := range s.Entries {
		if !e.Trust.Present || e.SHA256 == c.SHA256 || !bytes.Contains(e.DER, cert.RawIssuer) {
			continue
		}
		other, err := x509.ParseCertificate(e.DER)
		if err == nil && bytes.Equal(other.RawIssuer, cert.RawIssuer) && other.SerialNumber.Cmp(cert.SerialNumber) == 0 {
			return true
		}
	}
	return false
}
