package truststore

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"maps"
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
	for _, g := range s.Ghosts {
		if isGhostOf(g.Issuer, g.Serial, cert) {
			return g, true
		}
	}
	return Ghost{}, false
}

func isGhostOf(issuer, serial []byte, cert *x509.Certificate) bool {
	if !bytes.Equal(issuer, cert.RawIssuer) {
		return false
	}
	number, err := asn1.Marshal(cert.SerialNumber)
	return err == nil && bytes.Equal(serial, number)
}

// about returns the store's attitude towards a certificate as Trust does, or
// where the store does not have it, the distrust that a trust object without
// certificate expresses. Trust that is left of a deleted certificate does not
// count: not every program that reads the store honours it.
func (s *Snapshot) about(id Fingerprint, der []byte) Trust {
	now := s.Trust(id)
	if now.Present || len(s.Ghosts) == 0 {
		return now
	}
	g := s.ghostTrust(der)
	if !g.refuses() {
		return now
	}
	g.Levels = maps.Clone(g.Levels)
	maps.DeleteFunc(g.Levels, func(_ Purpose, l Level) bool { return l != Distrusted })
	return g
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
