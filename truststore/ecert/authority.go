package ecert

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

// Authority is a CA certificate that e-Certs lead to.
type Authority struct {
	hkpost.Certificate
	// Cert is the certificate itself; nil where only its row is known.
	Cert *x509.Certificate
	// Bad says why it must not be relied on; nil otherwise.
	Bad *hkpost.Bad
}

// HongkongPost returns the CA certificates of package hkpost's catalogue.
func HongkongPost() []Authority {
	var all []Authority
	for _, c := range hkpost.Certificates() {
		a := Authority{Certificate: c}
		// A row without bytes still names the CA.
		a.Cert, _ = c.X509()
		if bad, ok := hkpost.KnownBadFingerprint(c.SHA256); ok {
			a.Bad = &bad
		}
		all = append(all, a)
	}
	return all
}

func (a Authority) current(now time.Time) bool {
	return a.Bad == nil && !now.After(a.NotAfter) && !a.superseded(now)
}

func (a Authority) superseded(now time.Time) bool {
	return a.Successor != "" && !now.Before(a.SupersededOn)
}

func (a Authority) generation(now time.Time) Generation {
	return Generation{a.Slug, a.SHA256, a.NotBefore, a.NotAfter, a.current(now)}
}

// issuers returns the generations of the CA that a certificate names as its
// issuer, oldest first; proven says that they signed it. All have one key.
func issuers(all []Authority, cert *x509.Certificate) (generations []Authority, proven bool) {
	var named []Authority
	for _, a := range all {
		if a.Role == hkpost.RoleIssuing && a.namedBy(cert) {
			named = append(named, a)
		}
	}
	slices.SortStableFunc(named, func(a, b Authority) int { return a.NotBefore.Compare(b.NotBefore) })
	for _, signer := range named {
		if signer.Cert != nil && verifySignature(signer.Cert, cert) == nil {
			other := func(a Authority) bool { return a.KeySHA256 != signer.KeySHA256 }
			return slices.DeleteFunc(named, other), true
		}
	}
	return named, false
}

// namedBy compares names as they are encoded, or as they read where the CA's
// certificate is not at hand.
func (a Authority) namedBy(cert *x509.Certificate) bool {
	if a.Cert != nil {
		return bytes.Equal(a.Cert.RawSubject, cert.RawIssuer)
	}
	return a.CommonName == cert.Issuer.CommonName
}

// at returns the newest generation that existed at a time, else the oldest.
func at(generations []Authority, when time.Time) Authority {
	found := generations[0]
	for _, g := range generations {
		if !g.NotBefore.After(when) {
			found = g
		}
	}
	return found
}

// chainFrom leads from a generation of an issuing CA to its root, each link
// verified; nil where a certificate is not at hand.
func chainFrom(all, generations []Authority, issuedBy Authority) []Authority {
	// Generations share name and key, so that any leads to the root.
	preferred := slices.Clone(generations)
	slices.SortStableFunc(preferred, func(a, b Authority) int {
		return cmp.Compare(distance(a, issuedBy), distance(b, issuedBy))
	})
	for _, g := range preferred {
		for _, root := range all {
			if root.Slug == g.Issuer && g.Cert != nil && root.Cert != nil && verifySignature(root.Cert, g.Cert) == nil {
				return []Authority{g, root}
			}
		}
	}
	return nil
}

func distance(a, b Authority) time.Duration { return a.NotBefore.Sub(b.NotBefore).Abs() }

// maxSignerBits bounds the RSA keys that signatures are verified with: a
// foreign key of any size would take any time.
const maxSignerBits = 8192

// verifySignature verifies that parent's key signed child. Go's verifier refuses
// SHA-1, which the CAs that have expired used: who issued a certificate is still
// to be said.
func verifySignature(parent, child *x509.Certificate) error {
	key, isRSA := parent.PublicKey.(*rsa.PublicKey)
	if isRSA && key.N.BitLen() > maxSignerBits {
		return errors.New("the signer's key is too large")
	}
	err := parent.CheckSignature(child.SignatureAlgorithm, child.RawTBSCertificate, child.Signature)
	if insecure := x509.InsecureAlgorithmError(0); errors.As(err, &insecure) && isRSA && child.SignatureAlgorithm == x509.SHA1WithRSA {
		sum := sha1.Sum(child.RawTBSCertificate)
		return rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], child.Signature)
	}
	return err
}
