package truststore

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
)

// Ghost is trust without a certificate: NSS 3.114 and later delete only one of
// the two trust objects that a certificate may have. No certificate manager
// shows what is left, but Firefox trusts the CA again as soon as a server sends
// it.
type Ghost struct {
	Issuer []byte `json:"issuer"` // DER of the issuer's Name
	Serial []byte `json:"serial"` // DER of the serial number
	Trust  Trust  `json:"trust"`
}

// ghost returns the trust object that is left of a certificate.
func (s *Snapshot) ghost(cert *x509.Certificate) (Ghost, bool) {
	if len(s.Ghosts) == 0 {
		return Ghost{}, false
	}
	serial, err := asn1.Marshal(cert.SerialNumber)
	if err != nil {
		return Ghost{}, false
	}
	for _, g := range s.Ghosts {
		if bytes.Equal(g.Issuer, cert.RawIssuer) && bytes.Equal(g.Serial, serial) {
			return g, true
		}
	}
	return Ghost{}, false
}

// ghostTrust is ghost for a certificate's DER; the zero Trust if there is none.
func (s *Snapshot) ghostTrust(der []byte) Trust {
	if len(s.Ghosts) == 0 {
		return Trust{}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return Trust{}
	}
	g, _ := s.ghost(cert)
	return g.Trust
}

func issuerName(der []byte) string {
	var seq pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &seq); err != nil || len(rest) > 0 {
		return ""
	}
	return seq.String()
}
