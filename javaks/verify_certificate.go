package javaks

import (
	"bytes"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math"

	"github.com/hktrust/hktrust/truststore/chain"
)

// certificate is a certificate as sun.security.x509.X509CertImpl shows it: an
// extension that Java cannot read, and that is not critical, is as if it were
// not there.
type certificate struct {
	*chain.Certificate
	subject, issuer string // folded for comparison
	selfIssued      bool

	pathLen  int // getBasicConstraints: noCA, or how many CAs may follow
	usage    chain.Usage
	hasUsage bool
	eku      []string
	hasEKU   bool

	keyID     []byte // the leaf-ward half of a link: DER of the authority key id
	keySerial []byte
	ownKeyID  []byte // value of subjectKeyIdentifier; nil if absent

	san         altNames
	constraints *nameConstraints

	scheme      chain.Scheme
	schemeError error
}

const (
	noCA      = -1
	unlimited = math.MaxInt
)

// read reads a certificate as Java would, or says why Java would not.
func (r *Rules) read(der []byte) (*certificate, error) {
	parsed, err := chain.Parse(der)
	if r.Readable != nil {
		if refused := r.Readable(der); refused != nil {
			return nil, refused
		}
		if err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	} else if err := readable(parsed); err != nil {
		return nil, err
	}
	c := &certificate{Certificate: parsed, pathLen: noCA}
	c.subject, c.issuer = foldName(parsed.Subject), foldName(parsed.Issuer)
	c.selfIssued = c.subject == c.issuer
	c.readUsage()
	c.readKeyIDs()
	c.san = readAltNames(parsed)
	c.constraints = readConstraints(parsed)
	c.scheme, c.schemeError = parsed.SignatureAlgorithm.Scheme()
	return c, nil
}

func (c *certificate) readUsage() {
	if b, present, err := c.BasicConstraints(); present && err == nil && b.CA {
		c.pathLen = b.PathLen
		if b.PathLen < 0 {
			c.pathLen = unlimited
		}
	}
	if u, present, err := c.KeyUsage(); present && err == nil {
		c.usage, c.hasUsage = u, true
	}
	if purposes, present, err := c.ExtKeyUsage(); present && err == nil {
		c.eku, c.hasEKU = purposes, true
	}
}

func (c *certificate) readKeyIDs() {
	if a, present, err := c.AuthorityKeyID(); present && err == nil {
		c.keySerial = a.Serial
		if a.KeyID != nil {
			c.keyID = octetString(a.KeyID)
		}
	}
	if e, ok := c.Extension(chain.OIDSubjectKeyID); ok {
		c.ownKeyID = e.Value
	}
}

// octetString is the DER of an OCTET STRING.
func octetString(content []byte) []byte {
	n := len(content)
	switch {
	case n < 0x80:
		return append([]byte{4, byte(n)}, content...)
	case n < 0x100:
		return append([]byte{4, 0x81, byte(n)}, content...)
	}
	return append([]byte{4, 0x82, byte(n >> 8), byte(n)}, content...)
}

// sameKey reports whether both hold one public key, as X509Key.equals does.
func (c *certificate) sameKey(d *certificate) bool { return bytes.Equal(c.RawSPKI, d.RawSPKI) }

// repeats reports whether SunCertPathBuilder takes d for a repetition of c.
func (c *certificate) repeats(d *certificate) bool {
	if c.Fingerprint == d.Fingerprint {
		return true
	}
	return c.subject == d.subject && c.sameKey(d) && bytes.Equal(c.san.raw, d.san.raw) && (c.san.raw == nil) == (d.san.raw == nil)
}

// readable is what X509CertImpl and X509CertInfo demand beyond the structure,
// as far as this package knows it by itself; see [Rules.Readable].
func readable(c *chain.Certificate) error {
	switch {
	case c.Version < 3 && len(c.Extensions) > 0:
		return errors.New("no more data allowed for version 1 certificate")
	case len(c.Issuer) == 0:
		return errors.New("Empty issuer DN not allowed in X509Certificates")
	case !c.SignatureAlgorithm.Equal(c.InnerAlgorithm):
		return errors.New("Signature algorithm mismatch")
	}
	seen := map[string]bool{}
	for _, e := range c.Extensions {
		if seen[e.OID] {
			return errors.New("java.io.IOException: Duplicate extensions not allowed")
		}
		seen[e.OID] = true
		if e.Critical && !readableExtension(c, e.OID) {
			return fmt.Errorf("java.io.IOException: critical extension %s", e.OID)
		}
	}
	if len(c.Subject) == 0 {
		switch e, ok := c.Extension(chain.OIDSubjectAltName); {
		case !ok:
			return errors.New("X.509 Certificate is incomplete: subject field is empty, and SubjectAlternativeName extension is absent")
		case !e.Critical:
			return errors.New("X.509 Certificate is incomplete: SubjectAlternativeName extension MUST be marked critical when subject field is empty")
		}
	}
	return nil
}

// readableExtension reports whether Java can read an extension of a kind that
// it knows.
func readableExtension(c *chain.Certificate, oid string) bool {
	var err error
	switch oid {
	case chain.OIDBasicConstraints:
		_, _, err = c.BasicConstraints()
	case chain.OIDKeyUsage:
		_, _, err = c.KeyUsage()
	case chain.OIDExtKeyUsage:
		_, _, err = c.ExtKeyUsage()
	case chain.OIDSubjectAltName:
		return readAltNames(c).problem == nil
	case chain.OIDNameConstraints:
		n := readConstraints(c)
		return n != nil
	case chain.OIDPolicies:
		_, _, err = c.Policies()
	case chain.OIDPolicyMappings:
		_, _, err = c.PolicyMappings()
	case chain.OIDPolicyConstraints:
		_, _, err = c.PolicyConstraints()
	case chain.OIDInhibitAnyPolicy:
		_, _, err = c.InhibitAnyPolicy()
	case chain.OIDAuthorityKeyID:
		_, _, err = c.AuthorityKeyID()
	case chain.OIDSubjectKeyID:
		_, _, err = c.SubjectKeyID()
	case chain.OIDNetscapeCertType:
		_, _, err = c.NetscapeCertType()
	}
	return err == nil
}

// knownCritical are the critical extensions that PKIX in Java processes
// (PKIXMasterCertPathValidator's checkers).
func knownCritical(oid string) bool {
	switch oid {
	case chain.OIDBasicConstraints, chain.OIDNameConstraints, chain.OIDPolicies, chain.OIDPolicyMappings,
		chain.OIDPolicyConstraints, chain.OIDInhibitAnyPolicy, chain.OIDSubjectAltName, chain.OIDKeyUsage, chain.OIDExtKeyUsage:
		return true
	}
	return false
}

// errCannotCheck means that a JVM could check a signature that Go cannot.
var errCannotCheck = errors.New("this program cannot check such a signature")

// javaSignature checks a signature as the providers of a JDK do.
func javaSignature(c, issuer *certificate) error {
	if c.schemeError != nil {
		return c.schemeError
	}
	if key, ok := issuer.Key.(*ecdsa.PublicKey); ok && key.Params().BitSize < 256 {
		return errors.New("Curve not supported") // SunEC since JDK 16
	}
	if issuer.KeyAlgorithm.OID == chain.OIDRSAPSS && !c.scheme.PSS {
		return chain.ErrSignature
	}
	err := c.CheckSignature(issuer.Key)
	if errors.Is(err, chain.ErrAlgorithm) && javaChecks(c, issuer) {
		return fmt.Errorf("%w: %s", errCannotCheck, c.scheme.Name)
	}
	return err
}

// javaChecks reports whether a JVM has a provider for what Go cannot do.
func javaChecks(c, issuer *certificate) bool {
	return c.scheme.Name == "Ed448" && issuer.KeyAlgorithm.OID == chain.OIDEd448 ||
		c.scheme.PSS && issuer.Key != nil
}
