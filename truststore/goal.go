package truststore

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
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
	Absent []CertRef
	// Retired are certificates that are removed where this owner's ledger
	// says that we added them, and reported where others did.
	Retired []Fingerprint
	// Catalogue is the day, YYYY-MM-DD, of the knowledge behind the goal.
	Catalogue string

	// Explicit asks for an entry of our own even where a store's users
	// trust the root already because it is built in.
	Explicit bool
	// AnyPurpose accepts stores that cannot limit trust to the purposes, such as
	// Java's. Purposes that include TLS servers need no such consent: trust for
	// everything is hardly wider.
	AnyPurpose bool
	// Accept names the conditions of certificates that are accepted.
	Accept Acceptance
}

// Want is one certificate of a goal. With nothing but a Certificate, it is to be
// a trust anchor for TLS servers.
type Want struct {
	Certificate *x509.Certificate
	// Purposes are what the certificate is wanted for; none means TLS servers.
	Purposes []Purpose
	// ChainOnly: the certificate completes chains and is no anchor. It should
	// be present without trust where stores have a place for that; a store
	// that knows nothing else makes it an anchor ([IntermediatesAnchor]).
	ChainOnly bool
	// Learnt: [Goal.Learn] added it.
	Learnt bool
}

// Acceptance names conditions that make a certificate refused unless a person
// accepts them by name.
type Acceptance struct {
	Expired bool `json:"expired,omitempty"` // also: not yet valid
	Revoked bool `json:"revoked,omitempty"` // known bad
	Weak    bool `json:"weak,omitempty"`    // SHA-1 signature, RSA below 2048 bits
	// Unproven: a certificate of which it is not known whether every program
	// that reads a store can take it.
	Unproven bool `json:"unproven,omitempty"`
	// NotSelfSigned: a trust anchor that another CA issued.
	NotSelfSigned bool `json:"notSelfSigned,omitempty"`
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
		goal.Want = append(goal.Want, Want{Certificate: cert, Purposes: purposes(m.Purposes), ChainOnly: !m.Anchor})
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
		if r.Certificate == nil {
			continue
		}
		for _, c := range r.Conditions {
			names = append(names, fmt.Sprintf("%s: %s", nameOf(r.Certificate), c.Code))
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
		for _, c := range append(Conditions(w.Certificate, at), w.unfit()...) {
			if w.Learnt || !g.accepts(c.Code) {
				bad = append(bad, c)
			}
		}
		if w.Learnt {
			bad = append(bad, g.unlearnable(w.Certificate)...)
		}
		if len(bad) > 0 {
			out = append(out, Refusal{w.Certificate, bad})
		}
	}
	return out
}

// unfit lists what keeps a certificate from being what is wanted of it.
func (w Want) unfit() []Condition {
	cert := w.Certificate
	// Version 1 roots have no basicConstraints; they are CAs if self-issued.
	ca := cert.IsCA || cert.Version < 3 && selfIssued(cert)
	switch {
	case !ca && selfIssued(cert):
		return []Condition{{Code: CodeServerCertificate}}
	case !ca:
		return []Condition{{Code: CodeNotCA}}
	case !w.ChainOnly && !selfIssued(cert):
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
	case CodeNotAnchor:
		return g.Accept.NotSelfSigned
	case CodeSuperseded:
		return true
	}
	return false
}

// validate returns ErrGoal if the goal cannot be meant, and a *RefusedError if
// it may not be pursued at a time.
func (g Goal) validate(at time.Time) error {
	if err := g.plausible(); err != nil {
		return err
	}
	if refusals := g.Refusals(at); len(refusals) > 0 {
		return &RefusedError{Goal: g.Name, Refusals: refusals}
	}
	return nil
}

func (g Goal) plausible() error {
	if len(g.Want) == 0 && len(g.Absent) == 0 {
		return fmt.Errorf("%w: it names no certificate", ErrGoal)
	}
	for _, w := range g.Want {
		switch {
		case w.Certificate == nil || len(w.Certificate.Raw) == 0:
			return fmt.Errorf("%w: a wanted certificate is missing", ErrGoal)
		case g.unwants(fingerprint(w.Certificate)):
			return fmt.Errorf("%w: %s is wanted both present and absent", ErrGoal, nameOf(w.Certificate))
		}
	}
	for _, ref := range g.Absent {
		if ref.SHA256 == (Fingerprint{}) {
			return fmt.Errorf("%w: a certificate to be absent has no fingerprint", ErrGoal)
		}
	}
	return nil
}

// names reports whether the goal says of a certificate that it is wanted, or
// wanted gone.
func (g Goal) names(id Fingerprint) bool { return g.wants(id) || g.unwants(id) }

func (g Goal) wants(id Fingerprint) bool {
	return slices.ContainsFunc(g.Want, func(w Want) bool { return fingerprint(w.Certificate) == id })
}

func (g Goal) unwants(id Fingerprint) bool {
	return slices.ContainsFunc(g.Absent, func(ref CertRef) bool { return ref.SHA256 == id })
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
		case out[i].ChainOnly == w.ChainOnly:
			out[i].Purposes = slices.Concat(out[i].Purposes, w.Purposes)
		case out[i].ChainOnly:
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
