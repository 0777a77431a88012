package certfile

import (
	"crypto/x509"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// parseTrusted reads OpenSSL's TRUSTED CERTIFICATE: a certificate and, if
// anything is to be said of it,
//
//	X509_CERT_AUX ::= SEQUENCE {
//		trust   SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
//		reject  [0] SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
//		alias   UTF8String OPTIONAL, … }
//
// (OpenSSL: crypto/x509/x_x509a.c).
func parseTrusted(data []byte) ([]Certificate, error) {
	element := firstElement(data)
	certs, err := parseBinary(element)
	rest := cryptobyte.String(data[len(element):])
	if err != nil || len(certs) != 1 || rest.Empty() {
		return certs, err
	}
	var aux, trust, reject cryptobyte.String
	var trusted, rejected bool
	c := &certs[0]
	ok := rest.ReadASN1(&aux, asn1.SEQUENCE) &&
		aux.ReadOptionalASN1(&trust, &trusted, asn1.SEQUENCE) &&
		aux.ReadOptionalASN1(&reject, &rejected, asn1.Tag(0).Constructed().ContextSpecific())
	if ok && trusted {
		c.Trusted, ok = readPurposes(trust)
	}
	if ok && rejected {
		c.Rejected, ok = readPurposes(reject)
	}
	if !ok {
		return nil, fmt.Errorf("%w: the trust settings of a TRUSTED CERTIFICATE", ErrDamaged)
	}
	return certs, nil
}

// noPurpose stands for purposes that no trust store of ours knows.
const noPurpose = x509.ExtKeyUsage(-1)

// readPurposes reads a list of extended key usages. It is never nil: a list of
// purposes that nobody knows permits nothing.
func readPurposes(list cryptobyte.String) ([]x509.ExtKeyUsage, bool) {
	out := []x509.ExtKeyUsage{}
	for !list.Empty() {
		var oid cryptobyte.String
		if !list.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
			return nil, false
		}
		usage, known := purposes[string(oid)]
		if !known {
			usage = noPurpose
		}
		if !slices.Contains(out, usage) {
			out = append(out, usage)
		}
	}
	return out, true
}

// purposes are those that trust stores tell apart, by the content octets of
// their identifiers (RFC 5280, section 4.2.1.12).
var purposes = map[string]x509.ExtKeyUsage{
	"\x55\x1d\x25\x00":                 x509.ExtKeyUsageAny,
	"\x2b\x06\x01\x05\x05\x07\x03\x01": x509.ExtKeyUsageServerAuth,
	"\x2b\x06\x01\x05\x05\x07\x03\x02": x509.ExtKeyUsageClientAuth,
	"\x2b\x06\x01\x05\x05\x07\x03\x03": x509.ExtKeyUsageCodeSigning,
	"\x2b\x06\x01\x05\x05\x07\x03\x04": x509.ExtKeyUsageEmailProtection,
}
