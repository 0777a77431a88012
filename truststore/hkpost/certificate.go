package hkpost

import (
	"crypto/x509"
	"embed"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNotEmbedded means that the catalogue knows a certificate but does not
// hold its bytes.
var ErrNotEmbedded = errors.New("hkpost: the certificate's bytes are not embedded")

// Role is what a CA certificate is in the hierarchy.
type Role string

// The roles.
const (
	RoleRoot    Role = "root"    // signed by itself
	RoleIssuing Role = "issuing" // signed by a root, signs subscribers' certificates
	RoleCross   Role = "cross"   // a root's name and key, signed by another root
)

// Certificate is a row of the catalogue.
type Certificate struct {
	Slug       string // our name for it, lower-case ASCII, never reused
	CommonName string
	SHA256     Fingerprint
	KeySHA256  Fingerprint // of the SubjectPublicKeyInfo; reissues share it
	Serial     string      // hexadecimal, lower-case, an even number of digits
	Role       Role
	Issuer     string // slug; a root's is its own
	KeyBits    int    // all keys are RSA
	Signature  x509.SignatureAlgorithm

	// Purposes are what the CA uses the certificate for, which can be less
	// than what its extensions permit.
	Purposes []x509.ExtKeyUsage

	NotBefore, NotAfter time.Time

	// Successor is the slug of the certificate to use in its place, "" if
	// this one is current. SupersededOn is the day from which the CA used the
	// successor, or issued it where no such day was announced.
	Successor    string
	SupersededOn time.Time

	Embedded bool   // whether DER and X509 have the bytes
	Source   string // who publishes it, or where it was found
}

//go:embed certs/*.pem
var embedded embed.FS

// DER returns the certificate's encoding, nil if it is not embedded. A
// certificate is recognised by its Slug, so that only rows that this package
// returned have one.
func (c Certificate) DER() []byte {
	text, err := embedded.ReadFile("certs/" + c.Slug + ".pem")
	if err != nil {
		return nil
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil
	}
	return block.Bytes
}

// X509 parses the certificate. It returns [ErrNotEmbedded] for a row whose
// bytes the catalogue does not have.
func (c Certificate) X509() (*x509.Certificate, error) {
	der := c.DER()
	if der == nil {
		return nil, fmt.Errorf("%w: %s", ErrNotEmbedded, c.Slug)
	}
	return x509.ParseCertificate(der)
}

// Certificates returns the catalogue: roots, cross certificates, then issuing
// certificates, including those whose bytes are not embedded.
func Certificates() []Certificate {
	out := slices.Clone(catalogue().rows)
	for i := range out {
		out[i].Purposes = slices.Clone(out[i].Purposes)
	}
	return out
}

// Lookup finds a certificate by its fingerprint.
func Lookup(f Fingerprint) (Certificate, bool) {
	i, ok := catalogue().byFingerprint[f]
	return pick(i, ok)
}

// BySlug finds a certificate by its slug.
func BySlug(slug string) (Certificate, bool) {
	i, ok := catalogue().bySlug[slug]
	return pick(i, ok)
}

func pick(i int, ok bool) (Certificate, bool) {
	if !ok {
		return Certificate{}, false
	}
	c := catalogue().rows[i]
	c.Purposes = slices.Clone(c.Purposes)
	return c, true
}
