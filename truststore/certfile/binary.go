package certfile

import (
	"bytes"
	"crypto/x509"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/hktrust/hktrust/truststore/chain"
)

const tagSequence = byte(asn1.SEQUENCE)

// firstElement returns the first DER element of data, or data if there is none.
func firstElement(data []byte) []byte {
	s := cryptobyte.String(data)
	var element cryptobyte.String
	var tag asn1.Tag
	if !s.ReadAnyASN1Element(&element, &tag) {
		return data
	}
	return element
}

// parseBinary reads DER, and BER of what is met in it.
func parseBinary(data []byte) ([]Certificate, error) {
	switch kind := sniff(data); kind {
	case kindCertificate:
		return parseCertificates(data)
	case kindPKCS7:
		der, err := toDER(data)
		if err != nil {
			return nil, err
		}
		return parsePKCS7(der)
	default:
		return nil, not(kind)
	}
}

// parseCertificates reads certificates in DER, one after the other, and
// ignores white space and zeros after the last.
func parseCertificates(data []byte) ([]Certificate, error) {
	var certs []Certificate
	for len(bytes.Trim(data, "\x00\t\r\n ")) > 0 {
		element := firstElement(data)
		c, err := parseCertificate(element)
		if err != nil {
			return nil, err
		}
		certs = append(certs, c)
		data = data[len(element):]
	}
	return certs, nil
}

// parseCertificate reads one certificate in DER. Package x509 overlooks what
// follows the signature inside the certificate, which would give one and the
// same certificate any number of fingerprints.
func parseCertificate(der []byte) (Certificate, error) {
	if strict, err := toDER(der); err != nil || !bytes.Equal(strict, der) || !hasThreeElements(der) {
		return Certificate{}, fmt.Errorf("%w: the certificate is not in DER", ErrDamaged)
	}
	c, err := x509.ParseCertificate(der)
	if err == nil {
		return Certificate{DER: c.Raw, X509: c}, nil
	}
	fields, outline := chain.ReadFields(der)
	if outline != nil || fields.NotBefore.IsZero() || fields.NotAfter.IsZero() {
		return Certificate{}, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	return Certificate{DER: bytes.Clone(der), Err: err}, nil
}

// hasThreeElements reports whether a SEQUENCE has just as many elements as
// those in a certificate.
func hasThreeElements(der cryptobyte.String) bool {
	var body, element cryptobyte.String
	var tag asn1.Tag
	return der.ReadASN1(&body, asn1.SEQUENCE) &&
		body.ReadAnyASN1Element(&element, &tag) && body.ReadAnyASN1Element(&element, &tag) &&
		body.ReadAnyASN1Element(&element, &tag) && body.Empty()
}

// What sniff tells beside the kinds that are no certificates.
const (
	kindCertificate Kind = "certificate"
	kindPKCS7       Kind = "pkcs7"
)

// oidPKCS7 is the arc of the content types, 1.2.840.113549.1.7, in DER, and
// oidSignedData the only one of them that holds certificates.
var (
	oidPKCS7      = []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07}
	oidSignedData = append(oidPKCS7, 2)
)

// sniff tells by its first elements what an ASN.1 SEQUENCE is. It looks at
// headers alone, so that what is cut off is still recognised:
//
//	ContentInfo    ::= SEQUENCE { OBJECT IDENTIFIER, … }       PKCS#7
//	PFX            ::= SEQUENCE { INTEGER 3, SEQUENCE … }      PKCS#12
//	PrivateKey     ::= SEQUENCE { INTEGER 0 or 1, … }          PKCS#1, PKCS#8, SEC 1
//	Encrypted…Key  ::= SEQUENCE { SEQUENCE { OBJECT IDENTIFIER …
//	Certificate    ::= SEQUENCE { SEQUENCE { [0] or INTEGER …
func sniff(data []byte) Kind {
	first := skipHeader(data)
	rest := skipHeader(first)
	switch {
	case len(first) == 0:
		return Unknown
	case first[0] == byte(asn1.OBJECT_IDENTIFIER):
		switch {
		case bytes.HasPrefix(rest, oidSignedData):
			return kindPKCS7
		case bytes.HasPrefix(rest, oidPKCS7):
			return NoCertificates
		}
		return Unknown
	case first[0] == byte(asn1.INTEGER) && len(rest) > 0:
		if rest[0] == 3 {
			return PKCS12
		}
		if rest[0] <= 1 {
			return PrivateKey
		}
		return Unknown
	case first[0] != tagSequence:
		return Unknown
	}
	if inner := skipHeader(first); len(inner) > 0 && inner[0] == byte(asn1.OBJECT_IDENTIFIER) {
		return sniffKeyInfo(first)
	}
	return sniffSigned(data)
}

// sniffKeyInfo tells an encrypted private key, an algorithm and an OCTET
// STRING, from a public key, which has a BIT STRING there.
func sniffKeyInfo(elements cryptobyte.String) Kind {
	if elements.SkipASN1(asn1.SEQUENCE) && elements.PeekASN1Tag(asn1.OCTET_STRING) {
		return PrivateKey
	}
	return Unknown
}

// sniffSigned tells what a SEQUENCE of something to be signed, an algorithm
// and a signature is: a certificate if nothing else.
func sniffSigned(data []byte) Kind {
	element := firstElement(data)
	if _, err := x509.ParseCertificateRequest(element); err == nil {
		return CertificateRequest
	}
	if _, err := x509.ParseRevocationList(element); err == nil {
		return RevocationList
	}
	return kindCertificate
}

// skipHeader returns what follows the tag and length at the start of data.
func skipHeader(data []byte) []byte {
	if len(data) < 2 {
		return nil
	}
	n := 2
	if data[1] > 0x80 {
		n += int(data[1] & 0x7F)
	}
	return data[min(n, len(data)):]
}
