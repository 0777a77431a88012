package javaks

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// oid is the content octets of an OBJECT IDENTIFIER: comparable, and able to
// hold those whose numbers encoding/asn1 cannot.
type oid string

// dotted returns the oid written with numbers and dots.
func dotted(s string) oid {
	id, err := x509.ParseOID(s)
	if err != nil {
		panic(err)
	}
	octets, err := id.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return oid(octets)
}

// String returns the numbers with dots, for messages.
func (o oid) String() string {
	var id x509.OID
	if err := id.UnmarshalBinary([]byte(o)); err != nil {
		return "malformed object identifier"
	}
	return id.String()
}

func readOID(s *cryptobyte.String) (oid, bool) {
	var octets cryptobyte.String
	ok := s.ReadASN1(&octets, asn1.OBJECT_IDENTIFIER)
	return oid(octets), ok
}

func addOID(b *cryptobyte.Builder, o oid) {
	b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes([]byte(o)) })
}

// readAlgorithm reads an AlgorithmIdentifier (RFC 5280, section 4.1.1.2).
func readAlgorithm(s *cryptobyte.String) (id oid, parameters cryptobyte.String, ok bool) {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) {
		return "", nil, false
	}
	id, ok = readOID(&seq)
	return id, seq, ok
}
