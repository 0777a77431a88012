package nss

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/asn1"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxCertificate bounds the DER encoding of one certificate, in bytes.
const maxCertificate = 1 << 20

// identity is how NSS tells certificates apart: the DER of the issuer's Name
// and of the serial number, tag and length included.
type identity struct{ issuer, serial string }

// certificate is a certificate taken apart as far as NSS stores its parts.
// crypto/x509 is not used: it refuses certificates that NSS takes, and does not
// keep the encodings of serial number and public key.
type certificate struct {
	der     []byte
	key     identity
	subject []byte
	id      []byte // CKA_ID, nil if unknown
}

var errCertificate = errors.New("not a DER certificate")

func parseCertificate(der []byte) (*certificate, error) {
	if len(der) > maxCertificate {
		return nil, errCertificate
	}
	input := cryptobyte.String(der)
	var outer, tbs, serial, issuer, subject, spki cryptobyte.String
	ok := input.ReadASN1(&outer, casn1.SEQUENCE) && input.Empty() &&
		outer.ReadASN1(&tbs, casn1.SEQUENCE) &&
		outer.SkipASN1(casn1.SEQUENCE) && outer.SkipASN1(casn1.BIT_STRING) && outer.Empty() &&
		tbs.SkipOptionalASN1(casn1.Tag(0).ContextSpecific().Constructed()) &&
		tbs.ReadASN1Element(&serial, casn1.INTEGER) &&
		tbs.SkipASN1(casn1.SEQUENCE) && // signature algorithm
		tbs.ReadASN1Element(&issuer, casn1.SEQUENCE) &&
		tbs.SkipASN1(casn1.SEQUENCE) && // validity
		tbs.ReadASN1Element(&subject, casn1.SEQUENCE) &&
		tbs.ReadASN1(&spki, casn1.SEQUENCE)
	if !ok {
		return nil, errCertificate
	}
	return &certificate{
		der:     der,
		key:     identity{issuer: string(issuer), serial: string(serial)},
		subject: subject,
		id:      keyID(spki),
	}, nil
}

// Public key algorithms whose key NSS derives a CKA_ID from.
var (
	oidRSA     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidRSAPSS  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidEC      = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidEd25519 = asn1.ObjectIdentifier{1, 3, 101, 112}
)

// keyID returns the CKA_ID of a SubjectPublicKeyInfo's content as NSS makes it
// (PK11_MakeIDFromPubKey): the SHA-1 of the public value, or the value itself
// if that is shorter. It returns nil where NSS would not know either.
func keyID(spki cryptobyte.String) []byte {
	var algorithm, bits cryptobyte.String
	var oid asn1.ObjectIdentifier
	var unused uint8
	if !spki.ReadASN1(&algorithm, casn1.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&oid) ||
		!spki.ReadASN1(&bits, casn1.BIT_STRING) || !bits.ReadUint8(&unused) || unused != 0 {
		return nil
	}
	var value []byte
	switch {
	case oid.Equal(oidRSA), oid.Equal(oidRSAPSS):
		value = modulus(bits)
	case oid.Equal(oidEC), oid.Equal(oidEd25519):
		value = bits
	}
	if len(value) > sha1.Size {
		sum := sha1.Sum(value)
		return sum[:]
	}
	if len(value) < 2 { // NSS gives one zero byte a meaning of its own
		return nil
	}
	return value
}

// modulus returns the modulus of an RSAPublicKey without leading zeros.
func modulus(key cryptobyte.String) []byte {
	var pair, n cryptobyte.String
	if !key.ReadASN1(&pair, casn1.SEQUENCE) || !pair.ReadASN1(&n, casn1.INTEGER) {
		return nil
	}
	for len(n) > 0 && n[0] == 0 {
		n = n[1:]
	}
	return n
}

// The digests by which trust objects name their certificate.
func (c *certificate) sha1() []byte   { s := sha1.Sum(c.der); return s[:] }
func (c *certificate) md5() []byte    { s := md5.Sum(c.der); return s[:] }
func (c *certificate) sha256() []byte { s := sha256.Sum256(c.der); return s[:] }
