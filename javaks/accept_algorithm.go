package javaks

import (
	"bytes"
	"sync"
)

// algorithmID is an AlgorithmIdentifier as Java keeps it: NULL parameters are
// none.
type algorithmID struct {
	oid        oid
	parameters *value
}

// equal is AlgorithmId.equals, which compares the parameters' encoding.
func (a algorithmID) equal(b algorithmID) bool {
	if a.oid != b.oid || (a.parameters == nil) != (b.parameters == nil) {
		return false
	}
	return a.parameters == nil ||
		a.parameters.tag == b.parameters.tag && bytes.Equal(a.parameters.content, b.parameters.content)
}

// maxAlgorithms bounds algorithms within parameters of algorithms: RSASSA-PSS
// alone holds others, two deep.
const maxAlgorithms = 8

// algorithm follows AlgorithmId.parse.
func (j *jvm) algorithm(v value) (algorithmID, error) {
	var a algorithmID
	if v.tag != tagSequence {
		return a, j.refuse("an AlgorithmIdentifier that is no SEQUENCE")
	}
	in := v.content
	id, err := j.nextOID(&in)
	if err != nil {
		return a, err
	}
	a.oid = id
	if len(in) == 0 {
		return a, nil
	}
	parameters, err := j.next(&in)
	if err != nil {
		return a, err
	}
	if len(in) > 0 {
		return a, j.refuse("an AlgorithmIdentifier of more than two elements")
	}
	if parameters.tag == tagNull {
		if len(parameters.content) > 0 {
			return a, j.refuse("a NULL with content")
		}
		return a, nil
	}
	a.parameters = &parameters
	return a, j.parameters(a.oid, parameters)
}

// family is a group of algorithms with the same rules for parameters and keys.
type family string

// The families that Java has rules for.
const (
	familyRSA    family = "RSA"
	familyPSS    family = "RSASSA-PSS"
	familyDSA    family = "DSA"
	familyDH     family = "DH"
	familyEC     family = "EC"
	family32     family = "X25519, Ed25519"
	familyX448   family = "X448"
	familyEd448  family = "Ed448"
	familyNamed  family = "ML-DSA, ML-KEM" // since Java 24, and JDK 17 since 2026
	familyHSS    family = "HSS/LMS"        // keys since Java 21
	familyCipher family = "cipher"         // has parameters, but no keys
)

// families are the object identifiers by which JDK 17, 21 and 25 find an
// AlgorithmParameters or a KeyFactory (KnownOIDs and the providers' tables,
// asked one by one). Of all others they take any parameters and any key.
var families = sync.OnceValue(func() map[oid]family {
	found := make(map[oid]family)
	for f, ids := range map[family][]string{
		familyRSA:   {"1.2.840.113549.1.1.1", "1.2.840.113549.1.1", "2.5.8.1.1"},
		familyPSS:   {"1.2.840.113549.1.1.10"},
		familyDSA:   {"1.2.840.10040.4.1", "1.3.14.3.2.12"},
		familyDH:    {"1.2.840.113549.1.3.1", "1.2.840.10046.2.1"},
		familyEC:    {"1.2.840.10045.2.1"},
		family32:    {"1.3.101.110", "1.3.101.112"},
		familyX448:  {"1.3.101.111"},
		familyEd448: {"1.3.101.113"},
		familyNamed: {
			"2.16.840.1.101.3.4.3.17", "2.16.840.1.101.3.4.3.18", "2.16.840.1.101.3.4.3.19",
			"2.16.840.1.101.3.4.4.1", "2.16.840.1.101.3.4.4.2", "2.16.840.1.101.3.4.4.3",
		},
		familyHSS: {"1.2.840.113549.1.9.16.3.17"},
		familyCipher: {
			"1.2.840.113549.1.1.7",                               // OAEP
			"1.2.840.113549.1.12.1.1", "1.2.840.113549.1.12.1.2", // PKCS #12
			"1.2.840.113549.1.12.1.3", "1.2.840.113549.1.12.1.4",
			"1.2.840.113549.1.12.1.5", "1.2.840.113549.1.12.1.6",
			"1.2.840.113549.1.5.3", "1.2.840.113549.1.5.13", // PKCS #5
			"1.2.840.113549.1.9.16.3.18",               // ChaCha20-Poly1305
			"1.2.840.113549.3.2", "1.2.840.113549.3.7", // RC2, triple DES
			"1.3.14.3.2.7", "1.3.14.3.2.17", // DES
			"1.3.6.1.4.1.3029.1.1.2", // Blowfish
			"2.16.840.1.101.3.4.1",   // AES
		},
	} {
		for _, id := range ids {
			found[dotted(id)] = f
		}
	}
	return found
})

// parameters checks parameters that are not NULL by the rules of their
// algorithm (AlgorithmId.decodeParams, AlgorithmParameters.init).
func (j *jvm) parameters(id oid, v value) error {
	if j.nested++; j.nested > maxAlgorithms {
		return j.doubt(DoubtDepth, "parameters nested deep")
	}
	defer func() { j.nested-- }()
	switch families()[id] {
	case familyPSS:
		return j.pssParameters(v)
	case familyDSA:
		return j.dsaParameters(v)
	case familyDH:
		return j.dhParameters(v)
	case familyEC:
		return j.ecParameters(v)
	case familyCipher:
		return j.doubt(DoubtParameters, "parameters of a cipher")
	}
	return nil
}

// ecParameters follows ECParameters.engineInit: named curves only.
func (j *jvm) ecParameters(v value) error {
	curve, err := j.oid(v)
	if err != nil {
		return err
	}
	if _, known := javaCurves()[curve]; !known {
		return j.refuse("a curve that Java does not know")
	}
	return nil
}

// dsaParameters follows DSAParameters.engineInit.
func (j *jvm) dsaParameters(v value) error {
	if v.tag != tagSequence {
		return j.refuse("DSA parameters that are no SEQUENCE")
	}
	in := v.content
	for range 3 {
		if _, err := j.nextInteger(&in); err != nil {
			return err
		}
	}
	if len(in) > 0 {
		return j.refuse("DSA parameters of more than three numbers")
	}
	return nil
}

// dhParameters follows DHParameters.engineInit: a prime, a base and, if there,
// a length. The third number of X9.42 is too large for that.
func (j *jvm) dhParameters(v value) error {
	if v.tag != tagSequence {
		return j.refuse("DH parameters that are no SEQUENCE")
	}
	in := v.content
	for range 2 {
		if _, err := j.nextInteger(&in); err != nil {
			return err
		}
	}
	if len(in) == 0 {
		return nil
	}
	length, err := j.next(&in)
	if err != nil {
		return err
	}
	if _, err := j.number(length, tagInteger); err != nil {
		return err
	}
	if len(in) > 0 {
		return j.refuse("DH parameters of more than three numbers")
	}
	return nil
}
