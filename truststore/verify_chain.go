package truststore

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hktrust/hktrust/truststore/certfile"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/internal/fetch"
)

// judgedChain is a chain, and what is known of it whoever judges it.
type judgedChain struct {
	presented [][]byte
	parsed    []*chain.Certificate // those that can be read
	fetched   [][]byte             // issuers that were found where certificates point to
	// follow are addresses at which an issuer that is not presented may be.
	follow []string
	// catalogued tells whether the chain leads to a root of the catalogue, by
	// signatures, if need be through issuers that the catalogue has.
	catalogued bool
	// current: that root is one that the profile server installs.
	current bool
	// orphan: the server's certificate has no issuer among those presented,
	// and nothing else is seen to be wrong with it.
	orphan   bool
	fetchErr []Finding
}

func examined(presented [][]byte, q chain.Query) *judgedChain {
	c := &judgedChain{presented: presented}
	for _, der := range presented[:min(len(presented), chain.MaxSent)] {
		if p, err := chain.Parse(der); err == nil {
			c.parsed = append(c.parsed, p)
		}
	}
	c.catalogued, c.current = c.leadsToCatalogue(q.Time)
	c.orphan = len(c.parsed) > 0 && signerOf(c.parsed[0], c.parsed) == nil && !slices.ContainsFunc(chain.Examine(c.parsed[:1], q), func(f chain.Finding) bool {
		return f.Code == chain.FindingHost || f.Code == chain.FindingExpired || f.Code == chain.FindingNotYetValid
	})
	c.follow = c.missingIssuer(q)
	return c
}

// leadsToCatalogue goes up from the leaf, through what is presented and then
// through the catalogue.
func (c *judgedChain) leadsToCatalogue(at time.Time) (catalogued, current bool) {
	if len(c.parsed) == 0 {
		return false, false
	}
	known := slices.Concat(c.parsed, catalogueChain())
	members, _ := hkpost.Members(hkpost.Server, at)
	for top, n := c.parsed[0], 0; top != nil && n < chain.DefaultLimits.Depth; n++ {
		if id, ok := hkpost.Lookup(top.Fingerprint); ok && id.Role == hkpost.RoleRoot {
			return true, slices.ContainsFunc(members, func(m hkpost.Member) bool { return m.Anchor && m.SHA256 == id.SHA256 })
		}
		top = signerOf(top, known)
	}
	return false, false
}

// catalogueChain are the catalogue's certificates whose bytes it has. The
// caller changes neither the list nor what is in it.
var catalogueChain = sync.OnceValue(func() []*chain.Certificate {
	var out []*chain.Certificate
	for _, known := range hkpost.Certificates() {
		if p, err := chain.Parse(known.DER()); err == nil {
			out = append(out, p)
		}
	}
	return slices.Clip(out)
})

// signerOf is the certificate that issued another, by name and signature.
func signerOf(c *chain.Certificate, among []*chain.Certificate) *chain.Certificate {
	for _, p := range among {
		if bytes.Equal(p.RawSubject, c.RawIssuer) && p.Fingerprint != c.Fingerprint && c.CheckSignature(p.Key) == nil {
			return p
		}
	}
	return nil
}

// selfSigned: the server's certificate is its own issuer and no CA, which is
// nobody's built-in root.
func (c *judgedChain) selfSigned() bool {
	return len(c.parsed) > 0 && c.parsed[0].SelfIssued()
}

// catalogueIssuers are the issuing CAs of the catalogue, as DER.
func catalogueIssuers() [][]byte {
	var out [][]byte
	for _, p := range catalogueChain() {
		if known, _ := hkpost.Lookup(p.Fingerprint); known.Role == hkpost.RoleIssuing {
			out = append(out, p.Raw)
		}
	}
	return out
}

// missingIssuer is where the certificate, whose issuer is not presented, says
// that the issuer is: nil if none does.
func (c *judgedChain) missingIssuer(q chain.Query) []string {
	for _, f := range chain.Examine(c.parsed, q) {
		if f.Code != chain.FindingOmitted || f.At == nil {
			continue
		}
		if urls := issuerURLs(f.At); len(urls) > 0 {
			return urls
		}
	}
	return nil
}

// fetch looks for an issuer that is not presented, at one address after the other,
// and for the issuer of what it found, up to a root. Behind a proxy, only the
// authority's own hosts are asked: a proxy would ask anybody for us.
func (c *judgedChain) fetch(ctx context.Context, m *Machine) {
	f := fetch.Fetcher{Host: m.host()}
	asked := map[string]bool{}
	for urls := c.follow; len(urls) > 0 && len(asked) < fetch.MaxIssuerFetches; {
		url := urls[0]
		urls = urls[1:]
		if asked[url] {
			continue
		}
		asked[url] = true
		certs, err := issuersAt(ctx, &f, url)
		if err != nil {
			c.fetchErr = append(c.fetchErr, note(CodeIssuerUnfetched, LevelWarning, "url", url, "error", err.Error()))
			continue
		}
		urls = nil
		for _, cert := range certs {
			c.fetched = append(c.fetched, cert.DER)
			if p, err := chain.Parse(cert.DER); err == nil && !p.SelfIssued() {
				urls = append(urls, issuerURLs(p)...)
			}
		}
	}
}

func issuersAt(ctx context.Context, f *fetch.Fetcher, url string) ([]certfile.Certificate, error) {
	got := f.Issuers(ctx, []string{url}, catalogueHost)[0]
	if got.Err != nil {
		return nil, got.Err
	}
	return certfile.Read(got.Body)
}

// issuerURLs are those of the places where a certificate says that its issuer's
// is that may be asked: none of LDAP's.
func issuerURLs(c *chain.Certificate) []string {
	urls, _, _ := c.IssuerURLs()
	return slices.DeleteFunc(urls, func(url string) bool { return !strings.HasPrefix(strings.ToLower(url), "http:") })
}

// catalogueHost reports whether a host publishes Hongkong Post's certificates.
func catalogueHost(host string) bool {
	return slices.Contains([]string{"www1.ecert.gov.hk", "www.ecert.gov.hk", "www1.hongkongpost.gov.hk", "www.hongkongpost.gov.hk"}, host)
}

// Codes of findings about a chain, beside those of package chain.
const (
	CodeChainKnownBad   Code = "chain.known-bad"        // it holds a CA certificate that must not be relied on
	CodeChainSuperseded Code = "chain.superseded"       // it holds one that was replaced
	CodeIssuerUnfetched Code = "chain.issuer-unfetched" // an issuer could not be fetched
	CodeIntercepted     Code = "chain.intercepted"      // something on the way signed it anew
	CodeIssuerUnlisted  Code = "chain.issuer-unlisted"  // Hongkong Post signed a CA that the catalogue does not have
)

func note(code Code, level FindingLevel, args ...string) Finding {
	f := finding(code, args...)
	f.Level = level
	return f
}

// findings say what is remarkable about the chain, whoever judges it.
func (c *judgedChain) findings(q chain.Query) []Finding {
	var out []Finding
	for _, f := range chain.Examine(c.parsed, q) {
		var args []string
		if f.At != nil { // the clock is wrong for all
			args = append(args, "certificate", certificateName(f.At.Raw), "index", strconv.Itoa(f.Index))
		}
		if !f.When.IsZero() {
			args = append(args, "date", f.When.UTC().Format(time.DateOnly))
		}
		out = append(out, note(Code(f.Code), LevelWarning, args...))
	}
	for i, der := range c.presented {
		for _, cond := range conditionsOfDER(der, q.Time) {
			code := map[Code]Code{CodeKnownBad: CodeChainKnownBad, CodeSuperseded: CodeChainSuperseded}[cond.Code]
			if code == "" {
				continue
			}
			out = append(out, note(code, LevelWarning, "certificate", certificateName(der), "index", strconv.Itoa(i),
				"reason", cond.Detail, "date", cond.Date, "replacement", cond.Replacement))
		}
	}
	if by, name, ok := c.resigned(); ok {
		out = append(out, note(CodeIntercepted, LevelWarning, "product", by, "certificate", name))
	}
	for _, der := range slices.Concat(c.presented, c.fetched) {
		if name, ok := unlisted(der); ok {
			out = append(out, note(CodeIssuerUnlisted, LevelWarning, "certificate", name, "sha256", hkpost.FingerprintOf(der).String()))
		}
	}
	return append(out, c.fetchErr...)
}

// unlisted reports whether a certificate is a CA that a root of the catalogue
// signed, and that the catalogue does not have.
func unlisted(der []byte) (name string, ok bool) {
	p, err := chain.Parse(der)
	if err != nil {
		return "", false
	}
	b, _, err := p.BasicConstraints()
	if _, listed := hkpost.Lookup(p.Fingerprint); err != nil || !b.CA || listed || p.SelfIssued() {
		return "", false
	}
	signer := signerOf(p, catalogueChain())
	if signer == nil {
		return "", false
	}
	by, _ := hkpost.Lookup(signer.Fingerprint)
	return certificateName(der), by.Role == hkpost.RoleRoot
}

// conditionsOfDER is [Conditions] of a certificate that Go may not parse.
func conditionsOfDER(der []byte, at time.Time) []Condition {
	if cert, err := x509.ParseCertificate(der); err == nil {
		return Conditions(cert, at)
	}
	if bad, ok := hkpost.KnownBadFingerprint(hkpost.FingerprintOf(der)); ok {
		return []Condition{condition(hkpost.Condition{Code: hkpost.ConditionKnownBad, Bad: bad, Replacement: bad.Replacement})}
	}
	return nil
}
