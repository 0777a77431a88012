package chain

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 some roots of old stores have such keys
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of public keys.
const (
	OIDRSA     = "1.2.840.113549.1.1.1"
	OIDRSAPSS  = "1.2.840.113549.1.1.10"
	OIDEC      = "1.2.840.10045.2.1"
	OIDDSA     = "1.2.840.10040.4.1"
	OIDEd25519 = "1.3.101.112"
	OIDEd448   = "1.3.101.113"
)

// readKey reads a SubjectPublicKeyInfo. A key of unknown kind, or one that
// cannot be read, is nil without an error: whether that matters is for the
// rules to say.
func readKey(spki cryptobyte.String) (Algorithm, crypto.PublicKey, error) {
	in := spki
	var fields cryptobyte.String
	if !in.ReadASN1(&fields, asn1.SEQUENCE) {
		return Algorithm{}, nil, malformed("public key")
	}
	algorithm, err := readAlgorithm(&fields)
	if err != nil {
		return Algorithm{}, nil, err
	}
	bits, err := readBits(&fields)
	if err != nil || !fields.Empty() {
		return Algorithm{}, nil, malformed("public key")
	}
	switch algorithm.OID {
	case OIDRSA, OIDRSAPSS:
		return algorithm, readRSA(bits), nil
	}
	key, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return algorithm, nil, nil
	}
	return algorithm, key, nil
}

// readRSA reads an RSAPublicKey (RFC 8017 §A.1.1); nil if it is none. Unlike
// crypto/x509 it does not ask for NULL parameters beside it.
func readRSA(der []byte) crypto.PublicKey {
	in := cryptobyte.String(der)
	var fields cryptobyte.String
	n, e := new(big.Int), new(big.Int)
	if !in.ReadASN1(&fields, asn1.SEQUENCE) || !fields.ReadASN1Integer(n) || !fields.ReadASN1Integer(e) {
		return nil
	}
	if n.Sign() <= 0 || !e.IsInt64() || e.Sign() <= 0 || e.Int64() > 1<<31-1 || n.BitLen() > 16384 {
		return nil
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}
}

// KeyBits is the size of a public key as programs compare it with their
// limits: the modulus of RSA and DSA, the order's length of a curve. It is 0
// for a key that is not known.
func KeyBits(key crypto.PublicKey) int {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen()
	case *dsa.PublicKey:
		return k.P.BitLen()
	case *ecdsa.PublicKey:
		return k.Params().N.BitLen()
	case ed25519.PublicKey:
		return 255
	}
	return 0
}
