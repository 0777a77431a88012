package truststore

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cryptobyteasn1 "golang.org/x/crypto/cryptobyte/asn1"
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

// ghostTrust is the trust that is left of a certificate, given as DER; the zero
// Trust if there is none.
func (s *Snapshot) ghostTrust(der []byte) Trust {
	if len(s.Ghosts) == 0 {
		return Trust{}
	}
	issuer, serial, ok := issuerAndSerial(der)
	if !ok {
		return Trust{}
	}
	for _, g := range s.Ghosts {
		if bytes.Equal(g.Issuer, issuer) && bytes.Equal(g.Serial, serial) {
			return g.Trust
		}
	}
	return Trust{}
}

// issuerAndSerial cuts the issuer's name and the serial number, each as DER,
// out of a certificate. They are looked for, not judged: certificates that Go's
// parser refuses have them, too.
func issuerAndSerial(der []byte) (issuer, serial []byte, ok bool) {
	in := cryptobyte.String(der)
	var cert, tbs, number, name cryptobyte.String
	ok = in.ReadASN1(&cert, cryptobyteasn1.SEQUENCE) &&
		cert.ReadASN1(&tbs, cryptobyteasn1.SEQUENCE) &&
		tbs.SkipOptionalASN1(cryptobyteasn1.Tag(0).Constructed().ContextSpecific()) &&
		tbs.ReadASN1Element(&number, cryptobyteasn1.INTEGER) &&
		tbs.SkipASN1(cryptobyteasn1.SEQUENCE) &&
		tbs.ReadASN1Element(&name, cryptobyteasn1.SEQUENCE)
	return name, number, ok
}

// sameIssuerAndSerial reports whether two certificates have the same issuer and
// the same serial number.
func sameIssuerAndSerial(a, b []byte) bool {
	issuerA, serialA, okA := issuerAndSerial(a)
	issuerB, serialB, okB := issuerAndSerial(b)
	return okA && okB && bytes.Equal(issuerA, issuerB) && bytes.Equal(serialA, serialB)
}

func issuerName(der []byte) string {
	var seq pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &seq); err != nil || len(rest) > 0 {
		return ""
	}
	return seq.String()
}
