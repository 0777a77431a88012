package javaks

import (
	"crypto/x509"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// oid is the content octets of an OBJECT IDENTIFIER: comparable, and able to
// hold those whose numbers encoding/asn1 cannot.
type oid string

// The object identifiers that keystores use, as octets: nothing is to be done
// for them when a program starts.
const (
	oidData            oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"     // 1.2.840.113549.1.7.1
	oidSignedData      oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"     // 1.2.840.113549.1.7.2
	oidEncryptedData   oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"     // 1.2.840.113549.1.7.6
	oidFriendlyName    oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14"     // 1.2.840.113549.1.9.20
	oidLocalKeyID      oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15"     // 1.2.840.113549.1.9.21
	oidX509Certificate oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01" // 1.2.840.113549.1.9.22.1

	oidKeyBag         oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01" // 1.2.840.113549.1.12.10.1.1
	oidShroudedKeyBag oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02" // 1.2.840.113549.1.12.10.1.2
	oidCertBag        oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03" // 1.2.840.113549.1.12.10.1.3
	oidSecretBag      oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x05" // 1.2.840.113549.1.12.10.1.5

	oidSHA1And128BitRC4 oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x01" // 1.2.840.113549.1.12.1.1
	oidSHA1And40BitRC4  oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x02" // 1.2.840.113549.1.12.1.2
	oidSHA1And3Key3DES  oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03" // 1.2.840.113549.1.12.1.3
	oidSHA1And2Key3DES  oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x04" // 1.2.840.113549.1.12.1.4
	oidSHA1And128BitRC2 oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x05" // 1.2.840.113549.1.12.1.5
	oidSHA1And40BitRC2  oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06" // 1.2.840.113549.1.12.1.6

	oidMD5AndDES  oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x03" // 1.2.840.113549.1.5.3
	oidSHA1AndDES oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0a" // 1.2.840.113549.1.5.10
	oidPBKDF2     oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c" // 1.2.840.113549.1.5.12
	oidPBES2      oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d" // 1.2.840.113549.1.5.13
	oidPBMAC1     oid = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e" // 1.2.840.113549.1.5.14

	oidHMACSHA1       oid = "\x2a\x86\x48\x86\xf7\x0d\x02\x07" // 1.2.840.113549.2.7
	oidHMACSHA224     oid = "\x2a\x86\x48\x86\xf7\x0d\x02\x08" // 1.2.840.113549.2.8
	oidHMACSHA256     oid = "\x2a\x86\x48\x86\xf7\x0d\x02\x09" // 1.2.840.113549.2.9
	oidHMACSHA384     oid = "\x2a\x86\x48\x86\xf7\x0d\x02\x0a" // 1.2.840.113549.2.10
	oidHMACSHA512     oid = "\x2a\x86\x48\x86\xf7\x0d\x02\x0b" // 1.2.840.113549.2.11
	oidHMACSHA512_224 oid = "\x2a\x86\x48\x86\xf7\x0d\x02\x0c" // 1.2.840.113549.2.12
	oidHMACSHA512_256 oid = "\x2a\x86\x48\x86\xf7\x0d\x02\x0d" // 1.2.840.113549.2.13

	oidRC2CBC    oid = "\x2a\x86\x48\x86\xf7\x0d\x03\x02"     // 1.2.840.113549.3.2
	oid3DESCBC   oid = "\x2a\x86\x48\x86\xf7\x0d\x03\x07"     // 1.2.840.113549.3.7
	oidDESCBC    oid = "\x2b\x0e\x03\x02\x07"                 // 1.3.14.3.2.7
	oidAES128CBC oid = "\x60\x86\x48\x01\x65\x03\x04\x01\x02" // 2.16.840.1.101.3.4.1.2
	oidAES192CBC oid = "\x60\x86\x48\x01\x65\x03\x04\x01\x16" // 2.16.840.1.101.3.4.1.22
	oidAES256CBC oid = "\x60\x86\x48\x01\x65\x03\x04\x01\x2a" // 2.16.840.1.101.3.4.1.42

	oidSHA1       oid = "\x2b\x0e\x03\x02\x1a"                 // 1.3.14.3.2.26
	oidSHA256     oid = "\x60\x86\x48\x01\x65\x03\x04\x02\x01" // 2.16.840.1.101.3.4.2.1
	oidSHA384     oid = "\x60\x86\x48\x01\x65\x03\x04\x02\x02" // 2.16.840.1.101.3.4.2.2
	oidSHA512     oid = "\x60\x86\x48\x01\x65\x03\x04\x02\x03" // 2.16.840.1.101.3.4.2.3
	oidSHA224     oid = "\x60\x86\x48\x01\x65\x03\x04\x02\x04" // 2.16.840.1.101.3.4.2.4
	oidSHA512_224 oid = "\x60\x86\x48\x01\x65\x03\x04\x02\x05" // 2.16.840.1.101.3.4.2.5
	oidSHA512_256 oid = "\x60\x86\x48\x01\x65\x03\x04\x02\x06" // 2.16.840.1.101.3.4.2.6

	// Java's own: the purposes that a certificate is trusted for. Without it
	// a certificate is no entry (PKCS12KeyStore.TrustedKeyUsage_OID).
	oidTrustedKeyUsage     oid = "\x60\x86\x48\x01\x86\xf9\x66\xad\xca\x7b\x01\x01" // 2.16.840.1.113894.746875.1.1
	oidAnyExtendedKeyUsage oid = "\x55\x1d\x25\x00"                                 // 2.5.29.37.0
)

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
