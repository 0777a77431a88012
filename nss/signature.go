package nss

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// signatureID is the metaData id of the signature of one attribute.
func signatureID(object uint32, a attribute) string {
	return fmt.Sprintf("sig_cert_%08x_%08x", object, uint32(a))
}

// signaturePrefix begins the ids of the signatures of certificates and trust
// objects.
const signaturePrefix = "sig_cert_"

// signedObject returns the object of a signature's id, 0 if it is none.
func signedObject(id string) uint32 {
	rest, ok := strings.CutPrefix(id, signaturePrefix)
	object, _, found := strings.Cut(rest, "_")
	n, err := strconv.ParseUint(object, 16, 32)
	if !ok || !found || len(object) != 8 || err != nil {
		return 0
	}
	return uint32(n)
}

// signatureRange returns bounds, from included to below, of the metaData ids of
// all signatures of an object.
func signatureRange(object uint32) (from, below string) {
	prefix := fmt.Sprintf("sig_cert_%08x_", object)
	return prefix, prefix + "g"
}

// signature is the PBMAC1 of one attribute (RFC 8018 §A.5).
type signature struct {
	kdf  pbkdf2Params
	hash func() hash.Hash
	mac  []byte
}

func parseSignature(item1 []byte) (signature, error) {
	var s signature
	input := cryptobyte.String(item1)
	var seq, params, sum cryptobyte.String
	if len(item1) > maxParameter || !input.ReadASN1(&seq, casn1.SEQUENCE) || !input.Empty() {
		return s, errDER
	}
	oid, algorithm, err := parseAlgorithm(&seq)
	switch {
	case err != nil:
		return s, err
	case !oid.Equal(oidPBMAC1):
		return s, fmt.Errorf("%w: %v", errAlgorithm, oid)
	case !algorithm.ReadASN1(&params, casn1.SEQUENCE) || !seq.ReadASN1(&sum, casn1.OCTET_STRING) || !seq.Empty():
		return s, errDER
	}
	if s.kdf, err = parsePBKDF2(&params); err != nil {
		return s, err
	}
	if oid, _, err = parseAlgorithm(&params); err != nil {
		return s, err
	}
	if s.hash = hmacHash(oid.String()); s.hash == nil {
		return s, fmt.Errorf("%w: %v as MAC", errAlgorithm, oid)
	}
	s.mac = sum
	return s, nil
}

func (s signature) verifies(key []byte, object uint32, a attribute, value []byte) bool {
	return hmac.Equal(s.mac, attributeMAC(s.hash, key, object, a, value))
}

func attributeMAC(h func() hash.Hash, key []byte, object uint32, a attribute, value []byte) []byte {
	return mac(h, key, ulong(object), ulong(uint32(a)), value)
}

// signer signs attributes under one key. NSS draws a salt for each attribute;
// one for all verifies just as well and needs one key derivation only.
type signer struct {
	kdf pbkdf2Params
	key []byte
}

func newSigner(salt []byte, password string) (*signer, error) {
	kdf := newPBKDF2(password)
	key, err := kdf.key(passKey(salt, password))
	if err != nil {
		return nil, err
	}
	return &signer{kdf: kdf, key: key}, nil
}

// sign returns the signature row's item1.
func (s *signer) sign(object uint32, a attribute, value []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidPBMAC1)
			b.AddASN1(casn1.SEQUENCE, func(b *cryptobyte.Builder) {
				s.kdf.add(b)
				addAlgorithm(b, oidHMACSHA256)
			})
		})
		b.AddASN1OctetString(attributeMAC(sha256.New, s.key, object, a, value))
	})
	return b.BytesOrPanic()
}

// maxVerifyIterations bounds the work of verifying one database: about two
// thousand signatures under a primary password.
const maxVerifyIterations = 20_000_000

// maxVerifierKeys bounds the memory of a verifier.
const maxVerifierKeys = 1 << 14

// verifier checks signatures under one password.
type verifier struct {
	passKey []byte
	keys    map[pbkdf2Params][]byte
	spent   int // iterations
}

func newVerifier(salt []byte, password string) *verifier {
	return &verifier{passKey: passKey(salt, password), keys: map[pbkdf2Params][]byte{}}
}

// exhausted reports whether the bound on work is reached.
func (v *verifier) exhausted() bool { return v.spent >= maxVerifyIterations }

// verify checks the signature row of one attribute.
func (v *verifier) verify(item1 []byte, object uint32, a attribute, value []byte) bool {
	s, err := parseSignature(item1)
	if err != nil {
		return false
	}
	key, ok := v.keys[s.kdf]
	if !ok {
		if key, err = s.kdf.key(v.passKey); err != nil {
			return false
		}
		v.spent += s.kdf.iterations
		if len(v.keys) >= maxVerifierKeys {
			clear(v.keys)
		}
		v.keys[s.kdf] = key
	}
	return s.verifies(key, object, a, value)
}
