package hkpost

import (
	"crypto/x509"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"
)

// row is a Certificate as the table writes it: constants alone, so that the
// linker lays the table out and nothing runs when a program starts.
type row struct {
	slug, name        string
	sha256, keySHA256 string
	serial            string
	role              Role
	issuer            string
	bits              int
	signature         x509.SignatureAlgorithm
	uses              uses
	notBefore         string // RFC 3339, UTC
	notAfter          string
	successor         string
	supersededOn      string // ISO 8601 date, UTC
	source            string
}

// uses is a set of purposes.
type uses uint8

const (
	serverAuth uses = 1 << iota
	clientAuth
	email
)

func (u uses) purposes() []x509.ExtKeyUsage {
	var out []x509.ExtKeyUsage
	for _, p := range [...]struct {
		use     uses
		purpose x509.ExtKeyUsage
	}{
		{serverAuth, x509.ExtKeyUsageServerAuth},
		{clientAuth, x509.ExtKeyUsageClientAuth},
		{email, x509.ExtKeyUsageEmailProtection},
	} {
		if u&p.use != 0 {
			out = append(out, p.purpose)
		}
	}
	return out
}

// index is the catalogue ready for use; it is never changed after it is built.
type index struct {
	rows          []Certificate
	bySlug        map[string]int
	byFingerprint map[Fingerprint]int
}

// catalogue builds the index when it is first needed.
var catalogue = sync.OnceValue(func() index {
	ix := index{bySlug: map[string]int{}, byFingerprint: map[Fingerprint]int{}}
	held := embeddedSlugs()
	for _, table := range [][]row{rootRows, crossRows, issuingRows} {
		for _, r := range table {
			c := r.certificate()
			c.Embedded = held[c.Slug]
			ix.bySlug[c.Slug] = len(ix.rows)
			ix.byFingerprint[c.SHA256] = len(ix.rows)
			ix.rows = append(ix.rows, c)
		}
	}
	return ix
})

func (r row) certificate() Certificate {
	return Certificate{
		Slug:         r.slug,
		CommonName:   r.name,
		SHA256:       mustFingerprint(r.sha256),
		KeySHA256:    mustFingerprint(r.keySHA256),
		Serial:       r.serial,
		Role:         r.role,
		Issuer:       r.issuer,
		KeyBits:      r.bits,
		Signature:    r.signature,
		Purposes:     r.uses.purposes(),
		NotBefore:    mustTime(time.RFC3339, r.notBefore),
		NotAfter:     mustTime(time.RFC3339, r.notAfter),
		Successor:    r.successor,
		SupersededOn: mustDay(r.supersededOn),
		Source:       r.source,
	}
}

func embeddedSlugs() map[string]bool {
	names, err := fs.Glob(embedded, "certs/*.pem")
	if err != nil {
		panic("hkpost: " + err.Error()) // the pattern is a constant
	}
	held := map[string]bool{}
	for _, name := range names {
		held[strings.TrimSuffix(path.Base(name), ".pem")] = true
	}
	return held
}

// The must functions read the package's own constants; that they cannot fail
// is tested.

func mustFingerprint(s string) Fingerprint {
	f, err := ParseFingerprint(s)
	if err != nil {
		panic(err)
	}
	return f
}

func mustTime(layout, s string) time.Time {
	t, err := time.Parse(layout, s)
	if err != nil {
		panic("hkpost: " + err.Error())
	}
	return t.UTC()
}

func mustDay(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	return mustTime(time.DateOnly, s)
}
