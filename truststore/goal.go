package truststore

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

// Goal says which certificates a machine should have, and trust for what. What
// a goal does not name is left alone.
type Goal struct {
	// Name is the profile's name, or one of the caller's own.
	Name string
	// Want are the certificates wanted in every store.
	Want []Want
	// Absent are certificates wanted gone, whoever added them.
	Absent []*x509.Certificate
	// Retired are certificates that are removed where this owner's ledger
	// says that we added them, and reported where others did.
	Retired []Fingerprint
	// Catalogue is the day, YYYY-MM-DD, of the knowledge behind the goal.
	Catalogue string

	// Explicit asks for an entry of our own even where a store's users
	// trust the root already because it is built in.
	Explicit bool
	// AnyPurpose accepts stores that cannot limit trust to the purposes.
	AnyPurpose bool
	// Accept names the conditions of certificates that are accepted.
	Accept Acceptance
}

// Want is one certificate of a goal.
type Want struct {
	Certificate *x509.Certificate
	// Purposes are what an anchor is wanted for; none means TLS servers.
	Purposes []Purpose
	// Anchor: the certificate should be a trust anchor. Otherwise it should
	// be present without trust where stores have a place for that, and an
	// anchor where a store knows nothing else ([IntermediatesAnchor]).
	Anchor bool
	// AsAnchor accepts an anchor that is not self-signed.
	AsAnchor bool
}

// Acceptance names conditions that make a certificate refused unless a person
// accepts them by name.
type Acceptance struct {
	Expired bool `json:"expired,omitempty"` // also: not yet valid
	Revoked bool `json:"revoked,omitempty"` // known bad
	Weak    bool `json:"weak,omitempty"`    // SHA-1 signature, RSA below 2048 bits
}

// HongkongPost returns the goal of a profile of Hongkong Post's certification
// authority at a time. The errors are [hkpost.ErrUnknownProfile] and, where no
// root of the profile is left that has not expired, [hkpost.ErrProfileExpired].
// The profile of certificates that were recommended once is returned whatever
// their state: [Goal.Refusals] tells.
func HongkongPost(profile hkpost.Profile, at time.Time) (Goal, error) {
	members, err := hkpost.Members(profile, at)
	if err != nil {
		return Goal{}, err
	}
	goal := Goal{
		Name:      string(profile),
		Catalogue: hkpost.CatalogueDate,
		// Pinned by fingerprint: how such a certificate is signed decides nothing.
		Accept: Acceptance{Weak: true},
	}
	for _, m := range members {
		cert, err := m.Certificate.X509()
		if err != nil {
			return Goal{}, fmt.Errorf("embedded certificate %s: %w", m.Certificate.Slug, err)
		}
		goal.Want = append(goal.Want, Want{
			Certificate: cert, Purposes: purposes(m.Purposes), Anchor: m.Anchor, AsAnchor: true,
		})
	}
	for _, r := range hkpost.Retired() {
		goal.Retired = append(goal.Retired, r.SHA256)
	}
	return goal, nil
}

// Condition is a fact about a certificate that no store changes.
type Condition struct {
	Code Code `json:"code"`
	// Detail tells more, such as why a certificate is known bad.
	Detail string `json:"detail,omitempty"`
	// Date is since when, YYYY-MM-DD; for expiry, when.
	Date string `json:"date,omitempty"`
	// Replacement is the common name of the certificate to use instead.
	Replacement string `json:"replacement,omitempty"`
}

// Conditions lists what is to be said of a certificate at a time.
func Conditions(cert *x509.Certificate, at time.Time) []Condition {
	var out []Condition
	for _, c := range hkpost.Conditions(cert, at) {
		out = append(out, condition(c))
	}
	if weak := weakness(cert); weak != "" {
		out = append(out, Condition{Code: CodeWeak, Detail: weak})
	}
	return out
}

// CatalogueConditions is Conditions for a row of the catalogue.
func CatalogueConditions(cert hkpost.Certificate, at time.Time) []Condition {
	var out []Condition
	for _, c := range cert.Condition(at) {
		out = append(out, condition(c))
	}
	return out
}

// condition puts a fact of the catalogue into this package's words.
func condition(c hkpost.Condition) Condition {
	out := Condition{Code: Code(c.Code), Detail: string(c.Bad.Reason), Date: c.Bad.Date}
	if !c.Since.IsZero() {
		out.Date = c.Since.UTC().Format(time.DateOnly)
	}
	if replacement, ok := hkpost.BySlug(c.Replacement); ok {
		out.Replacement = replacement.CommonName
	}
	return out
}

// weakness names what is outdated about a certificate's cryptography.
func weakness(cert *x509.Certificate) string {
	if key, ok := cert.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() < 2048 {
		return fmt.Sprintf("RSA-%d", key.N.BitLen())
	}
	switch cert.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1, x509.MD2WithRSA:
		return cert.SignatureAlgorithm.String()
	}
	return ""
}

// Refusal is a certificate of a goal that is not to be trusted unless its
// condition is accepted by name.
type Refusal struct {
	Certificate *x509.Certificate
	Conditions  []Condition
}

// RefusedError means that a goal names certificates that should not be
// trusted. Nothing was done.
type RefusedError struct {
	Goal     string
	Refusals []Refusal
}

func (e *RefusedError) Error() string {
	var names []string
	for _, r := range e.Refusals {
		for _, c := range r.Conditions {
			names = append(names, fmt.Sprintf("%s: %s", r.Certificate.Subject.CommonName, c.Code))
		}
	}
	return fmt.Sprintf("goal %s is refused: %s", e.Goal, strings.Join(names, "; "))
}

// Refusals lists the certificates of the goal whose conditions at a time are
// not accepted.
func (g Goal) Refusals(at time.Time) []Refusal {
	var out []Refusal
	for _, w := range g.Want {
		if w.Certificate == nil {
			continue
		}
		var bad []Condition
		for _, c := range append(Conditions(w.Certificate, at), shape(w)...) {
			if !g.accepts(c.Code) {
				bad = append(bad, c)
			}
		}
		if len(bad) > 0 {
			out = append(out, Refusal{w.Certificate, bad})
		}
	}
	return out
}

// shape lists what is wrong with a wanted certificate as such.
func shape(w Want) []Condition {
	cert := w.Certificate
	// Version 1 roots have no basicConstraints; they are CAs if self-issued.
	ca := cert.IsCA || cert.Version < 3 && selfIssued(cert)
	switch {
	case !ca:
		return []Condition{{Code: CodeNotCA}}
	case w.Anchor && !w.AsAnchor && !selfIssued(cert):
		return []Condition{{Code: CodeNotAnchor}}
	}
	return nil
}

func selfIssued(cert *x509.Certificate) bool {
	return slices.Equal(cert.RawIssuer, cert.RawSubject)
}

func (g Goal) accepts(condition Code) bool {
	switch condition {
	case CodeExpired, CodeNotYetValid:
		return g.Accept.Expired
	case CodeKnownBad:
		return g.Accept.Revoked
	case CodeWeak:
		return g.Accept.Weak
	case CodeSuperseded:
		return true
	}
	return false
}

// check returns a *RefusedError if the goal may not be pursued at a time.
func (g Goal) check(at time.Time) error {
	if err := g.sane(); err != nil {
		return err
	}
	if refusals := g.Refusals(at); len(refusals) > 0 {
		return &RefusedError{Goal: g.Name, Refusals: refusals}
	}
	return nil
}

// sane returns an error if the goal cannot be meant.
func (g Goal) sane() error {
	missing := func(w Want) bool { return w.Certificate == nil }
	switch {
	case len(g.Want) == 0 && len(g.Absent) == 0,
		slices.ContainsFunc(g.Want, missing), slices.Contains(g.Absent, nil):
		return errors.New("the goal names no certificate")
	}
	for _, w := range g.Want {
		if slices.ContainsFunc(g.Absent, w.Certificate.Equal) {
			return fmt.Errorf("the goal wants %s both present and absent", w.Certificate.Subject.CommonName)
		}
	}
	return nil
}

// wanted lists each wanted certificate once, with all purposes it is wanted
// for: as an anchor, if any Want says so, and then for what those say.
func (g Goal) wanted() []Want {
	var out []Want
	for _, w := range g.Want {
		if len(w.Purposes) == 0 {
			w.Purposes = []Purpose{ServerAuth}
		}
		i := slices.IndexFunc(out, func(o Want) bool { return o.Certificate.Equal(w.Certificate) })
		switch {
		case i < 0:
			out = append(out, w)
		case out[i].Anchor == w.Anchor:
			out[i].Purposes = slices.Concat(out[i].Purposes, w.Purposes)
		case w.Anchor:
			out[i] = w
		}
	}
	return out
}

// accepted lists the conditions that the goal accepts, for receipts.
func (g Goal) accepted() []string {
	var out []string
	if g.Accept.Expired {
		out = append(out, string(CodeExpired))
	}
	if g.Accept.Revoked {
		out = append(out, string(CodeKnownBad))
	}
	return out
}

func fingerprint(cert *x509.Certificate) Fingerprint { return sha256.Sum256(cert.Raw) }

// slugOf makes the readable part of the names we give: ASCII letters and
// digits of the common name, lower-cased, other runs a hyphen.
func slugOf(cert *x509.Certificate) string {
	var b strings.Builder
	for _, r := range strings.ToLower(cert.Subject.CommonName) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	slug := strings.Trim(b.String(), "-")
	if slug == "" {
		return "ca"
	}
	return slug
}

// EntryName returns the name that hktrust gives to a certificate in stores:
// hktrust-<slug>-<16 hex digits of its SHA-256>. It has no colon, which NSS
// takes for a token's name, and nothing that Java takes for its own.
func EntryName(cert *x509.Certificate) string {
	id := fingerprint(cert)
	return fmt.Sprintf("hktrust-%s-%x", slugOf(cert), id[:8])
}
