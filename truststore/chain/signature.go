package chain

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 some roots of old stores have such keys
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	_ "crypto/sha256" // hashes of signatures
	_ "crypto/sha512"
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Scheme says how a signature algorithm works.
type Scheme struct {
	Name string      // as Java and most others write it, "SHA256withRSA"
	Key  string      // the kind of key: "RSA", "EC", "DSA", "EdDSA"; PSS has "RSA" too
	Hash crypto.Hash // 0 where the algorithm hashes by itself, and for MD2
	PSS  bool
	Salt int         // octets of salt, with PSS
	MGF  crypto.Hash // of the mask, with PSS; crypto/rsa verifies only the same one twice
}

// Scheme reads what an AlgorithmIdentifier of a signature says. The error is
// ErrAlgorithm for an unknown one and ErrMalformed for bad parameters.
func (a Algorithm) Scheme() (Scheme, error) {
	switch a.OID {
	case "1.2.840.113549.1.1.2":
		return Scheme{Name: "MD2withRSA", Key: "RSA"}, nil
	case "1.2.840.113549.1.1.4":
		return Scheme{Name: "MD5withRSA", Key: "RSA", Hash: crypto.MD5}, nil
	case "1.2.840.113549.1.1.5", "1.3.14.3.2.29":
		return Scheme{Name: "SHA1withRSA", Key: "RSA", Hash: crypto.SHA1}, nil
	case "1.2.840.113549.1.1.14":
		return Scheme{Name: "SHA224withRSA", Key: "RSA", Hash: crypto.SHA224}, nil
	case "1.2.840.113549.1.1.11":
		return Scheme{Name: "SHA256withRSA", Key: "RSA", Hash: crypto.SHA256}, nil
	case "1.2.840.113549.1.1.12":
		return Scheme{Name: "SHA384withRSA", Key: "RSA", Hash: crypto.SHA384}, nil
	case "1.2.840.113549.1.1.13":
		return Scheme{Name: "SHA512withRSA", Key: "RSA", Hash: crypto.SHA512}, nil
	case OIDRSAPSS:
		return pssScheme(a.Params)
	case "1.2.840.10045.4.1":
		return Scheme{Name: "SHA1withECDSA", Key: "EC", Hash: crypto.SHA1}, nil
	case "1.2.840.10045.4.3.1":
		return Scheme{Name: "SHA224withECDSA", Key: "EC", Hash: crypto.SHA224}, nil
	case "1.2.840.10045.4.3.2":
		return Scheme{Name: "SHA256withECDSA", Key: "EC", Hash: crypto.SHA256}, nil
	case "1.2.840.10045.4.3.3":
		return Scheme{Name: "SHA384withECDSA", Key: "EC", Hash: crypto.SHA384}, nil
	case "1.2.840.10045.4.3.4":
		return Scheme{Name: "SHA512withECDSA", Key: "EC", Hash: crypto.SHA512}, nil
	case "1.2.840.10040.4.3":
		return Scheme{Name: "SHA1withDSA", Key: "DSA", Hash: crypto.SHA1}, nil
	case "2.16.840.1.101.3.4.3.1":
		return Scheme{Name: "SHA224withDSA", Key: "DSA", Hash: crypto.SHA224}, nil
	case "2.16.840.1.101.3.4.3.2":
		return Scheme{Name: "SHA256withDSA", Key: "DSA", Hash: crypto.SHA256}, nil
	case OIDEd25519:
		return Scheme{Name: "Ed25519", Key: "EdDSA"}, nil
	case OIDEd448:
		return Scheme{Name: "Ed448", Key: "EdDSA"}, nil
	}
	return Scheme{}, fmt.Errorf("%w: signature algorithm %s", ErrAlgorithm, a.OID)
}

// pssScheme reads RSASSA-PSS-params (RFC 4055 §3.1).
func pssScheme(der []byte) (Scheme, error) {
	s := Scheme{Name: "RSASSA-PSS", Key: "RSA", PSS: true, Hash: crypto.SHA1, MGF: crypto.SHA1, Salt: 20}
	if len(der) == 0 {
		return s, nil
	}
	bad := malformed("RSASSA-PSS parameters")
	in := cryptobyte.String(der)
	var fields, hash, mask, salt, trailer cryptobyte.String
	var hasHash, hasMask, hasSalt, hasTrailer bool
	explicit := func(n asn1.Tag) asn1.Tag { return n.Constructed().ContextSpecific() }
	if !in.ReadASN1(&fields, asn1.SEQUENCE) || !in.Empty() ||
		!fields.ReadOptionalASN1(&hash, &hasHash, explicit(0)) ||
		!fields.ReadOptionalASN1(&mask, &hasMask, explicit(1)) ||
		!fields.ReadOptionalASN1(&salt, &hasSalt, explicit(2)) ||
		!fields.ReadOptionalASN1(&trailer, &hasTrailer, explicit(3)) || !fields.Empty() {
		return Scheme{}, bad
	}
	if hasHash {
		a, err := readAlgorithm(&hash)
		if err != nil {
			return Scheme{}, bad
		}
		if s.Hash = hashOf(a.OID); s.Hash == 0 {
			return Scheme{}, fmt.Errorf("%w: hash %s", ErrAlgorithm, a.OID)
		}
	}
	if hasMask {
		var ok bool
		if s.MGF, ok = maskHash(mask); !ok {
			return Scheme{}, bad
		}
	}
	if hasSalt && (!salt.ReadASN1Integer(&s.Salt) || s.Salt < 0 || s.Salt > 1<<16) {
		return Scheme{}, bad
	}
	if field := 1; hasTrailer && (!trailer.ReadASN1Integer(&field) || field != 1) {
		return Scheme{}, bad
	}
	return s, nil
}

// maskHash reads the hash of MGF1, the only mask there is.
func maskHash(mask cryptobyte.String) (crypto.Hash, bool) {
	outer, err := readAlgorithm(&mask)
	if err != nil || outer.OID != "1.2.840.113549.1.1.8" {
		return 0, false
	}
	params := cryptobyte.String(outer.Params)
	inner, err := readAlgorithm(&params)
	hash := hashOf(inner.OID)
	return hash, err == nil && hash != 0
}

func hashOf(oid string) crypto.Hash {
	switch oid {
	case "1.3.14.3.2.26":
		return crypto.SHA1
	case "2.16.840.1.101.3.4.2.4":
		return crypto.SHA224
	case "2.16.840.1.101.3.4.2.1":
		return crypto.SHA256
	case "2.16.840.1.101.3.4.2.2":
		return crypto.SHA384
	case "2.16.840.1.101.3.4.2.3":
		return crypto.SHA512
	}
	return 0
}

// CheckSignature checks that the key signed the certificate. It applies no
// policy: weak hashes and short keys pass. The error is ErrSignature if the
// signature is wrong or of another kind than the key, ErrAlgorithm if this
// package cannot tell.
func (c *Certificate) CheckSignature(key crypto.PublicKey) error {
	scheme, err := c.SignatureAlgorithm.Scheme()
	if err != nil {
		return err
	}
	if key == nil {
		return fmt.Errorf("%w: key of the issuer", ErrAlgorithm)
	}
	digest, err := scheme.digest(c.RawTBS)
	if err != nil {
		return err
	}
	if !scheme.verify(key, digest, c.Signature) {
		return ErrSignature
	}
	return nil
}

func (s Scheme) digest(message []byte) ([]byte, error) {
	switch {
	case s.Name == "MD2withRSA", s.Name == "Ed448", s.MGF != 0 && s.MGF != s.Hash:
		return nil, fmt.Errorf("%w: %s", ErrAlgorithm, s.Name)
	case s.Hash == 0:
		return message, nil
	case s.Hash == crypto.MD5: // named here, so that nobody links it by accident
		sum := md5.Sum(message)
		return sum[:], nil
	case s.Hash == crypto.SHA1:
		sum := sha1.Sum(message)
		return sum[:], nil
	}
	h := s.Hash.New()
	h.Write(message)
	return h.Sum(nil), nil
}

func (s Scheme) verify(key crypto.PublicKey, digest, signature []byte) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if s.Key != "RSA" {
			return false
		}
		if s.PSS {
			// A salt of no octets is rsa.PSSSaltLengthAuto: any salt passes.
			return rsa.VerifyPSS(k, s.Hash, digest, signature, &rsa.PSSOptions{SaltLength: s.Salt}) == nil
		}
		return rsa.VerifyPKCS1v15(k, s.Hash, digest, signature) == nil
	case *ecdsa.PublicKey:
		return s.Key == "EC" && ecdsa.VerifyASN1(k, digest, signature)
	case ed25519.PublicKey:
		return s.Name == "Ed25519" && len(k) == ed25519.PublicKeySize && ed25519.Verify(k, digest, signature)
	case *dsa.PublicKey:
		return s.Key == "DSA" && verifyDSA(k, digest, signature)
	}
	return false
}

func verifyDSA(key *dsa.PublicKey, digest, signature []byte) bool {
	in := cryptobyte.String(signature)
	var fields cryptobyte.String
	r, s := new(big.Int), new(big.Int)
	if !in.ReadASN1(&fields, asn1.SEQUENCE) || !fields.ReadASN1Integer(r) || !fields.ReadASN1Integer(s) {
		return false
	}
	if key.Q == nil || key.Q.Sign() == 0 || key.P == nil || key.P.BitLen() > 16384 {
		return false
	}
	if size := (key.Q.BitLen() + 7) / 8; len(digest) > size {
		digest = digest[:size]
	}
	return dsa.Verify(key, digest, r, s)
}
