package chain

import (
	"slices"
	"time"
)

// FindingCode names something about a chain itself, whoever judges it.
type FindingCode string

// The findings.
const (
	// FindingOrder: a certificate does not follow the one that it issued.
	FindingOrder FindingCode = "chain.order"
	// FindingOmitted: the issuer of a certificate that is no root is not
	// among those presented; programs that do not complete a chain fail.
	FindingOmitted FindingCode = "chain.issuer-omitted"
	// FindingSurplus: a certificate that issued none of the others.
	FindingSurplus FindingCode = "chain.surplus"
	// FindingRepeated: a certificate that is presented twice.
	FindingRepeated FindingCode = "chain.repeated"
	// FindingSelfSigned: the server's certificate is signed with its own key.
	FindingSelfSigned FindingCode = "chain.self-signed"
	// FindingSignature: an issuer by name did not sign.
	FindingSignature FindingCode = "chain.signature"
	// FindingHost: the certificate is for other names.
	FindingHost FindingCode = "chain.host"
	// FindingExpired, FindingNotYetValid: by the clock.
	FindingExpired     FindingCode = "chain.expired"
	FindingNotYetValid FindingCode = "chain.not-yet-valid"
	// FindingExpiresSoon: within [SoonDays] days.
	FindingExpiresSoon FindingCode = "chain.expires-soon"
	// FindingClock: every certificate is out of its dates on the same side,
	// or the leaf is not valid yet: the clock is more likely wrong than they.
	FindingClock FindingCode = "chain.clock"
)

// SoonDays is how long before its end a certificate is worth a word.
const SoonDays = 90

// Finding is one of them.
type Finding struct {
	Code  FindingCode
	Index int          // of the certificate presented, 0 for the leaf
	At    *Certificate // that certificate
	When  time.Time    // the date at fault, for those about dates
}

// Examine lists what is remarkable about the certificates that a server
// presents, in their order. Whether anybody trusts them it does not ask.
func Examine(presented []*Certificate, q Query) []Finding {
	var out []Finding
	for i, c := range presented {
		out = append(out, place(presented, i)...)
		out = append(out, dated(c, i, q.Time)...)
	}
	if len(presented) > 0 {
		hosts := HostRules{CommonName: true}
		if q.ServerName != "" && q.Purpose == Server && !hosts.matches(presented[0], q.ServerName) {
			out = append(out, Finding{Code: FindingHost, At: presented[0]})
		}
		if clockSuspect(presented, q.Time) {
			out = append(out, Finding{Code: FindingClock})
		}
	}
	return out
}

// place says what is remarkable about where a certificate stands.
func place(presented []*Certificate, i int) []Finding {
	c := presented[i]
	at := func(code FindingCode) []Finding { return []Finding{{Code: code, Index: i, At: c}} }
	if slices.ContainsFunc(presented[:i], func(p *Certificate) bool { return p.Fingerprint == c.Fingerprint }) {
		return at(FindingRepeated)
	}
	var out []Finding
	if i > 0 {
		switch issued := slices.IndexFunc(presented, func(p *Certificate) bool { return p != c && issuedBy(p, c) }); {
		case issued < 0:
			return at(FindingSurplus)
		case !issuedBy(presented[i-1], c):
			out = at(FindingOrder)
		}
	}
	if c.SelfIssued() {
		if i == 0 && c.CheckSignature(c.Key) == nil {
			out = append(out, at(FindingSelfSigned)...)
		}
		return out
	}
	issuers := slices.DeleteFunc(slices.Clone(presented), func(p *Certificate) bool { return !issuedBy(c, p) })
	switch {
	case len(issuers) == 0 && (i == 0 || !followsRoot(c)):
		out = append(out, at(FindingOmitted)...)
	case len(issuers) > 0 && !slices.ContainsFunc(issuers, func(p *Certificate) bool { return c.CheckSignature(p.Key) == nil }):
		out = append(out, at(FindingSignature)...)
	}
	return out
}

func issuedBy(c, issuer *Certificate) bool { return string(c.RawIssuer) == string(issuer.RawSubject) }

// followsRoot reports whether a CA may well be directly below a root, which a
// server need not send.
func followsRoot(c *Certificate) bool {
	b, _, err := c.BasicConstraints()
	return err == nil && b.CA
}

func dated(c *Certificate, i int, now time.Time) []Finding {
	switch {
	case now.Before(c.NotBefore):
		return []Finding{{FindingNotYetValid, i, c, c.NotBefore}}
	case now.After(c.NotAfter):
		return []Finding{{FindingExpired, i, c, c.NotAfter}}
	case now.AddDate(0, 0, SoonDays).After(c.NotAfter):
		return []Finding{{FindingExpiresSoon, i, c, c.NotAfter}}
	}
	return nil
}

// clockSuspect: a machine whose battery died wakes up years before every
// certificate.
func clockSuspect(presented []*Certificate, now time.Time) bool {
	return now.Before(presented[0].NotBefore.Add(-24*time.Hour)) ||
		len(presented) > 1 && !slices.ContainsFunc(presented, func(c *Certificate) bool { return !now.After(c.NotAfter) })
}
