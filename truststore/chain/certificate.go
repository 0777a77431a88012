package chain

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Certificate is a certificate as its outer structure has it. It does not
// change and may be used by several goroutines at once; its slices must not be
// written to.
type Certificate struct {
	Raw         []byte            // the DER, without what follows it
	RawTBS      []byte            // what is signed
	RawIssuer   []byte            // the issuer's name, DER
	RawSubject  []byte            // the subject's name, DER
	RawSPKI     []byte            // the SubjectPublicKeyInfo, DER
	Fingerprint [sha256.Size]byte // of Raw

	Version   int    // 1, 2, 3; other numbers are kept as they are
	Serial    []byte // content octets of the INTEGER; may be negative
	Issuer    Name
	Subject   Name
	NotBefore time.Time
	NotAfter  time.Time

	Key          crypto.PublicKey // nil if its kind is unknown or the key unreadable
	KeyAlgorithm Algorithm        // of the SubjectPublicKeyInfo

	Signature          []byte
	SignatureAlgorithm Algorithm // outside of what is signed
	InnerAlgorithm     Algorithm // inside; RFC 5280 §4.1.1.2 demands the same

	Extensions []Extension // in the order of the certificate
}

// Algorithm is an AlgorithmIdentifier.
type Algorithm struct {
	OID    string // dotted
	Params []byte // the DER of the parameters, nil if there are none
}

// Equal reports whether both name the same algorithm with the same parameters,
// an absent one and NULL counting as the same.
func (a Algorithm) Equal(b Algorithm) bool {
	null := []byte{5, 0}
	pa, pb := a.Params, b.Params
	if len(pa) == 0 {
		pa = null
	}
	if len(pb) == 0 {
		pb = null
	}
	return a.OID == b.OID && bytes.Equal(pa, pb)
}

// Extension is an extension of a certificate.
type Extension struct {
	OID      string // dotted
	Critical bool
	Value    []byte // content of the OCTET STRING
}

// Parse reads a certificate's outer structure. What follows the certificate is
// ignored, as most programs do with what a server sends. The error is
// ErrMalformed.
func Parse(der []byte) (*Certificate, error) {
	if len(der) > MaxCertificate {
		return nil, malformed("more than %d bytes", MaxCertificate)
	}
	c := &Certificate{}
	in := cryptobyte.String(der)
	var whole cryptobyte.String
	if !in.ReadASN1Element(&whole, asn1.SEQUENCE) {
		return nil, malformed("no SEQUENCE")
	}
	c.Raw = whole
	c.Fingerprint = sha256.Sum256(whole)
	var fields, tbs cryptobyte.String
	if !whole.ReadASN1(&fields, asn1.SEQUENCE) ||
		!fields.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		return nil, malformed("no tbsCertificate")
	}
	c.RawTBS = tbs
	var err error
	if c.SignatureAlgorithm, err = readAlgorithm(&fields); err != nil {
		return nil, err
	}
	if c.Signature, err = readBits(&fields); err != nil {
		return nil, err
	}
	if !fields.Empty() {
		return nil, malformed("a fourth field")
	}
	if err := c.readTBS(tbs); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Certificate) readTBS(tbs cryptobyte.String) error {
	var in cryptobyte.String
	if !tbs.ReadASN1(&in, asn1.SEQUENCE) {
		return malformed("no tbsCertificate")
	}
	if err := c.readVersion(&in); err != nil {
		return err
	}
	var serial cryptobyte.String
	if !in.ReadASN1(&serial, asn1.INTEGER) || len(serial) == 0 {
		return malformed("no serial number")
	}
	c.Serial = serial
	var err error
	if c.InnerAlgorithm, err = readAlgorithm(&in); err != nil {
		return err
	}
	if c.RawIssuer, c.Issuer, err = readRawName(&in); err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	var validity cryptobyte.String
	if !in.ReadASN1(&validity, asn1.SEQUENCE) {
		return malformed("no validity")
	}
	if c.NotBefore, err = readTime(&validity); err != nil {
		return err
	}
	if c.NotAfter, err = readTime(&validity); err != nil {
		return err
	}
	if c.RawSubject, c.Subject, err = readRawName(&in); err != nil {
		return fmt.Errorf("subject: %w", err)
	}
	var spki cryptobyte.String
	if !in.ReadASN1Element(&spki, asn1.SEQUENCE) {
		return malformed("no public key")
	}
	c.RawSPKI = spki
	if c.KeyAlgorithm, c.Key, err = readKey(spki); err != nil {
		return err
	}
	return c.readOptional(in)
}

func (c *Certificate) readVersion(in *cryptobyte.String) error {
	c.Version = 1
	tag := asn1.Tag(0).Constructed().ContextSpecific()
	if !in.PeekASN1Tag(tag) {
		return nil
	}
	var explicit cryptobyte.String
	var version int
	if !in.ReadASN1(&explicit, tag) || !explicit.ReadASN1Integer(&version) || !explicit.Empty() || version < 0 || version > 99 {
		return malformed("version")
	}
	c.Version = version + 1
	return nil
}

// readOptional reads what may follow the key: unique identifiers and extensions.
func (c *Certificate) readOptional(in cryptobyte.String) error {
	for _, n := range []asn1.Tag{1, 2} {
		if !in.SkipOptionalASN1(n.ContextSpecific()) || !in.SkipOptionalASN1(n.Constructed().ContextSpecific()) {
			return malformed("unique identifier")
		}
	}
	tag := asn1.Tag(3).Constructed().ContextSpecific()
	if !in.PeekASN1Tag(tag) {
		if !in.Empty() {
			return malformed("unknown field after the public key")
		}
		return nil
	}
	var explicit, list cryptobyte.String
	if !in.ReadASN1(&explicit, tag) || !in.Empty() || !explicit.ReadASN1(&list, asn1.SEQUENCE) || !explicit.Empty() {
		return malformed("extensions")
	}
	for !list.Empty() {
		e, err := readExtension(&list)
		if err != nil {
			return err
		}
		c.Extensions = append(c.Extensions, e)
	}
	return nil
}

func readExtension(in *cryptobyte.String) (Extension, error) {
	var one, oid, value cryptobyte.String
	if !in.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
		return Extension{}, malformed("extension")
	}
	e := Extension{OID: dotted(oid)}
	var critical cryptobyte.String
	var has bool
	if !one.ReadOptionalASN1(&critical, &has, asn1.BOOLEAN) || has && len(critical) != 1 {
		return Extension{}, malformed("extension %s: critical", e.OID)
	}
	// Java, NSS and GnuTLS take every other octet than zero for TRUE.
	e.Critical = has && critical[0] != 0
	if !one.ReadASN1(&value, asn1.OCTET_STRING) || !one.Empty() {
		return Extension{}, malformed("extension %s", e.OID)
	}
	e.Value = value
	return e, nil
}

func readAlgorithm(in *cryptobyte.String) (Algorithm, error) {
	var one, oid cryptobyte.String
	if !in.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
		return Algorithm{}, malformed("algorithm")
	}
	a := Algorithm{OID: dotted(oid)}
	if one.Empty() {
		return a, nil
	}
	var params cryptobyte.String
	if !one.ReadAnyASN1Element(&params, nil) || !one.Empty() {
		return Algorithm{}, malformed("algorithm %s: parameters", a.OID)
	}
	a.Params = params
	return a, nil
}

// readBits reads a BIT STRING of whole octets. Bits that are said to be unused
// are cleared, as Java does; programs that refuse such a signature find it
// wrong all the same.
func readBits(in *cryptobyte.String) ([]byte, error) {
	var element cryptobyte.String
	if !in.ReadASN1Element(&element, asn1.BIT_STRING) {
		return nil, malformed("bit string")
	}
	bits, ok := readBitString(element)
	if !ok {
		return nil, malformed("bit string")
	}
	return bits, nil
}

// SelfIssued reports whether subject and issuer have the same bytes. Programs
// that fold names before they compare have a notion of their own.
func (c *Certificate) SelfIssued() bool { return bytes.Equal(c.RawSubject, c.RawIssuer) }

// ValidAt reports whether t lies in the validity, both ends included.
func (c *Certificate) ValidAt(t time.Time) bool {
	return !t.Before(c.NotBefore) && !t.After(c.NotAfter)
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}
