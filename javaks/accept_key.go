package javaks

import (
	"bytes"
	"strconv"
)

// publicKey follows X509Key.parse: a key of an algorithm that the JVM has no
// factory for goes as it is.
func (j *jvm) publicKey(v value) error {
	if v.tag != tagSequence {
		return j.refuse("a key that is no SEQUENCE")
	}
	in := v.content
	algorithm, err := j.next(&in)
	if err != nil {
		return err
	}
	a, err := j.algorithm(algorithm)
	if err != nil {
		return err
	}
	v, err = j.next(&in)
	if err != nil {
		return err
	}
	key, bits, err := j.bitString(v)
	if err != nil {
		return err
	}
	if len(in) > 0 {
		return j.refuse("a key of more than two elements")
	}
	return j.keyOf(a, key, bits)
}

// keyOf checks a key by the rules of its algorithm (X509Key.buildX509Key,
// KeyFactory.generatePublic).
func (j *jvm) keyOf(a algorithmID, key []byte, bits int) error {
	switch families()[a.oid] {
	case familyRSA, familyPSS:
		return j.rsaKey(key)
	case familyDSA:
		_, err := j.nextInteger(&key) // DSAPublicKey
		return err
	case familyDH:
		return j.dhKey(a, key)
	case familyEC:
		return j.ecKey(a, key)
	case family32:
		return j.keyOfBytes(32, bits)
	case familyX448:
		return j.keyOfBytes(56, bits)
	case familyEd448:
		return j.keyOfBytes(57, bits)
	case familyNamed:
		if a.parameters != nil {
			return j.refuse("parameters, which the algorithm has not") // NamedX509Key
		}
	case familyHSS:
		if j.since(21) {
			return j.doubt(DoubtKey, "a key whose encoding is not known here")
		}
	}
	return nil
}

// keyOfBytes is for keys of one length (EdDSAPublicKeyImpl, XDHPublicKeyImpl).
func (j *jvm) keyOfBytes(n, bits int) error {
	if bits != 8*n {
		return j.refuse("a key that is not of " + strconv.Itoa(n) + " bytes")
	}
	return nil
}

// Bounds of RSAKeyFactory: the modulus, and the exponent of a large one.
const (
	minRSAModulus      = 512
	maxRSAModulus      = 16384
	largeRSAModulus    = 3072
	largestRSAExponent = 64 // bits
)

// rsaKey follows RSAPublicKeyImpl.
func (j *jvm) rsaKey(key []byte) error {
	v, err := j.only(key)
	if err != nil {
		return err
	}
	if v.tag != tagSequence {
		return j.refuse("an RSA key that is no SEQUENCE")
	}
	in := v.content
	modulus, err := j.nextInteger(&in)
	if err != nil {
		return err
	}
	exponent, err := j.nextInteger(&in)
	if err != nil {
		return err
	}
	if len(in) > 0 {
		return j.refuse("an RSA key of more than two numbers")
	}
	return j.rsaNumbers(bytes.TrimLeft(modulus, "\x00"), bytes.TrimLeft(exponent, "\x00"))
}

// rsaNumbers checks the sizes of modulus and exponent. Java takes them without
// a sign.
func (j *jvm) rsaNumbers(modulus, exponent []byte) error {
	size := len(modulus) * 8
	switch {
	case size < minRSAModulus || size > maxRSAModulus:
		return j.refuse("an RSA key of fewer than 512 or more than 16384 bits")
	case size > largeRSAModulus && bitLength(exponent) > largestRSAExponent:
		return j.refuse("an exponent too large for so large an RSA key")
	case len(exponent) == 0 || len(exponent) == 1 && exponent[0] < 3:
		return j.refuse("an RSA exponent below 3")
	case len(exponent) > len(modulus) || len(exponent) == len(modulus) && bytes.Compare(exponent, modulus) >= 0:
		return j.refuse("an RSA exponent not below the modulus")
	}
	return nil
}

// bitLength is that of a number without leading zero octets.
func bitLength(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	n := len(b) * 8
	for mask := byte(0x80); b[0]&mask == 0; mask >>= 1 {
		n--
	}
	return n
}

// dhKey follows DHPublicKey, which needs the parameters.
func (j *jvm) dhKey(a algorithmID, key []byte) error {
	if a.parameters == nil {
		return j.refuse("a DH key without parameters")
	}
	_, err := j.nextInteger(&key)
	return err
}

// ecKey follows ECPublicKeyImpl and ECUtil.decodePoint: an uncompressed point
// whose coordinates have the curve's size; whether it lies on the curve is not
// asked, nor about an odd octet at the end.
func (j *jvm) ecKey(a algorithmID, key []byte) error {
	if a.parameters == nil {
		return j.refuse("an EC key without a curve")
	}
	field := javaCurves()[oid(a.parameters.content)]
	if len(key) == 0 || key[0] != 4 || (len(key)-1)/2 != (field+7)/8 {
		return j.refuse("an EC key that is no uncompressed point of its curve")
	}
	return nil
}
