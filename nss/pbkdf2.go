package nss

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"fmt"
	"hash"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxIterations is the largest iteration count that is computed: NSS's own
// limit, unless its environment raises NSS_MAX_MP_PBE_ITERATION_COUNT.
const maxIterations = 600_000

// maxParameter bounds the DER of a password or signature row, in bytes, and
// every salt in it.
const maxParameter = 1024

var (
	oidPBES2      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidPBMAC1     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 14}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
)

// HMAC algorithms, as dotted object identifiers.
const (
	hmacSHA1   = "1.2.840.113549.2.7"
	hmacSHA256 = "1.2.840.113549.2.9"
	hmacSHA384 = "1.2.840.113549.2.10"
	hmacSHA512 = "1.2.840.113549.2.11"
)

var (
	errDER        = errors.New("malformed DER")
	errAlgorithm  = errors.New("unknown algorithm")
	errIterations = fmt.Errorf("more than %d iterations", maxIterations)
)

// hmacHash returns the hash function of an HMAC algorithm, given by its dotted
// object identifier; nil if unknown.
func hmacHash(oid string) func() hash.Hash {
	switch oid {
	case hmacSHA1:
		return sha1.New
	case hmacSHA256:
		return sha256.New
	case hmacSHA384:
		return sha512.New384
	case hmacSHA512:
		return sha512.New
	}
	return nil
}

// pbkdf2Params are those of RFC 8018 §A.2, for a key of keyLength. They are
// comparable, to be the key of a map.
type pbkdf2Params struct {
	salt       string
	iterations int
	prf        string // one that hmacHash knows
}

func (p pbkdf2Params) key(password []byte) ([]byte, error) {
	return pbkdf2.Key(hmacHash(p.prf), string(password), []byte(p.salt), p.iterations, keyLength)
}

// keyLength is that of AES-256 and of the MAC keys, in bytes.
const keyLength = 32

// parseAlgorithm reads an AlgorithmIdentifier; params is what follows the
// object identifier.
func parseAlgorithm(der *cryptobyte.String) (oid asn1.ObjectIdentifier, params cryptobyte.String, err error) {
	if !der.ReadASN1(&params, casn1.SEQUENCE) || !params.ReadASN1ObjectIdentifier(&oid) {
		return nil, nil, errDER
	}
	return oid, params, nil
}

// parsePBKDF2 reads an AlgorithmIdentifier that must be PBKDF2's.
func parsePBKDF2(der *cryptobyte.String) (pbkdf2Params, error) {
	oid, params, err := parseAlgorithm(der)
	if err != nil {
		return pbkdf2Params{}, err
	}
	if !oid.Equal(oidPBKDF2) {
		return pbkdf2Params{}, fmt.Errorf("%w: %v for key derivation", errAlgorithm, oid)
	}
	var seq, salt cryptobyte.String
	var iterations, length int64
	if !params.ReadASN1(&seq, casn1.SEQUENCE) || !seq.ReadASN1(&salt, casn1.OCTET_STRING) ||
		!seq.ReadASN1Integer(&iterations) ||
		seq.PeekASN1Tag(casn1.INTEGER) && (!seq.ReadASN1Integer(&length) || length != keyLength) {
		return pbkdf2Params{}, errDER
	}
	if err := checkIterations(iterations); err != nil {
		return pbkdf2Params{}, err
	}
	prf := hmacSHA1 // the default
	if !seq.Empty() {
		oid, _, err := parseAlgorithm(&seq)
		if err != nil {
			return pbkdf2Params{}, err
		}
		prf = oid.String()
	}
	if hmacHash(prf) == nil {
		return pbkdf2Params{}, fmt.Errorf("%w: %v as PBKDF2's function", errAlgorithm, prf)
	}
	return pbkdf2Params{salt: string(salt), iterations: int(iterations), prf: prf}, nil
}

func checkIterations(n int64) error {
	if n < 1 {
		return errDER
	}
	if n > maxIterations {
		return errIterations
	}
	return nil
}

// addPBKDF2 writes the AlgorithmIdentifier; parameters of HMAC algorithms are
// left out, as NSS does.
func (p pbkdf2Params) add(b *cryptobyte.Builder) {
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidPBKDF2)
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString([]byte(p.salt))
			b.AddASN1Int64(int64(p.iterations))
			b.AddASN1Int64(keyLength)
			addAlgorithm(b, oidHMACSHA256)
		})
	})
}

func addAlgorithm(b *cryptobyte.Builder, oid asn1.ObjectIdentifier) {
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oid) })
}

func mac(h func() hash.Hash, key []byte, parts ...[]byte) []byte {
	m := hmac.New(h, key)
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}
