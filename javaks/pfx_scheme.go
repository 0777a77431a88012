package javaks

import (
	"crypto"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Scheme is how a password protects something in a PKCS#12 file.
type Scheme struct {
	// Name is the algorithm's, such as "PBES2 AES-256-CBC, PBKDF2
	// HMAC-SHA-256" or "pbeWithSHAAnd40BitRC2-CBC".
	Name string
	// Iterations is how often each guess at the password must be hashed.
	Iterations int
	// Weak: the encryption itself can be broken today, whatever the
	// password (RC2 with 40 bits).
	Weak bool
}

// schemeName is the name of RFC 7292, appendix C, or of RFC 8018.
func schemeName(id oid) string {
	switch id {
	case oidSHA1And3Key3DES:
		return "pbeWithSHAAnd3-KeyTripleDES-CBC"
	case oidSHA1And2Key3DES:
		return "pbeWithSHAAnd2-KeyTripleDES-CBC"
	case oidSHA1And128BitRC2:
		return "pbeWithSHAAnd128BitRC2-CBC"
	case oidSHA1And40BitRC2:
		return "pbeWithSHAAnd40BitRC2-CBC"
	case oidAES128CBC:
		return "AES-128-CBC"
	case oidAES192CBC:
		return "AES-192-CBC"
	case oidAES256CBC:
		return "AES-256-CBC"
	case oid3DESCBC:
		return "DES-EDE3-CBC"
	}
	return ""
}

// describePBE describes an AlgorithmIdentifier that parsePBE accepted.
func describePBE(raw []byte) Scheme {
	s := cryptobyte.String(raw)
	id, parameters, _ := readAlgorithm(&s)
	var seq cryptobyte.String
	parameters.ReadASN1(&seq, asn1.SEQUENCE)
	if id != oidPBES2 {
		var salt cryptobyte.String
		seq.ReadASN1(&salt, asn1.OCTET_STRING)
		iterations, _ := readIterations(&seq)
		return Scheme{Name: schemeName(id), Iterations: iterations, Weak: id == oidSHA1And40BitRC2}
	}
	kdf, _ := readPBKDF2(&seq)
	cipher, _, _ := readAlgorithm(&seq)
	return Scheme{Name: "PBES2 " + schemeName(cipher) + ", PBKDF2 " + hmacName(kdf.prf), Iterations: kdf.iterations}
}

// describeMAC describes a MacData that parseMAC accepted, or did not support.
func describeMAC(raw []byte) Scheme {
	s := cryptobyte.String(raw)
	var seq, info, salt cryptobyte.String
	s.ReadASN1(&seq, asn1.SEQUENCE)
	seq.ReadASN1(&info, asn1.SEQUENCE)
	id, parameters, _ := readAlgorithm(&info)
	if id == oidPBMAC1 {
		var params cryptobyte.String
		parameters.ReadASN1(&params, asn1.SEQUENCE)
		kdf, _ := readPBKDF2(&params)
		hash, _ := readHMAC(&params)
		return Scheme{Name: "PBMAC1 " + hmacName(hash) + ", PBKDF2 " + hmacName(kdf.prf), Iterations: kdf.iterations}
	}
	seq.ReadASN1(&salt, asn1.OCTET_STRING)
	iterations := 1
	if !seq.Empty() {
		iterations, _ = readIterations(&seq)
	}
	hash, ok := digestOf(id)
	if !ok {
		return Scheme{Name: "HMAC " + id.String(), Iterations: iterations}
	}
	return Scheme{Name: hmacName(hash), Iterations: iterations}
}

// hmacName returns a name such as "HMAC-SHA-256".
func hmacName(h crypto.Hash) string {
	return "HMAC-" + h.String()
}
