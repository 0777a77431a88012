package nss

import (
	"crypto/x509"
	"slices"

	"github.com/hktrust/hktrust/truststore/chain"
)

// Reader is a program that judges chains by an NSS database, each in its own
// way.
type Reader struct {
	// Rules are how it judges a path.
	Rules *chain.Rules

	// peerDistrusts: P on a CA is a distrust (mozilla::pkix knows P for end
	// entities alone and then asks whether the certificate is one).
	peerDistrusts bool
	// peerTrusts: P on a leaf trusts it.
	peerTrusts bool
	// ghosts: a trust object whose certificate is gone counts as soon as a
	// server sends the certificate.
	ghosts bool
}

// TrustStore is a database as a reader sees it, for a purpose. builtin are the
// roots that it trusts by itself; hints are certificates that it knows
// without trusting them, such as Firefox's preloaded issuing CAs. An entry
// that cannot be parsed as a certificate is left out, as NSS leaves it.
func (c *Contents) TrustStore(r Reader, purpose x509.ExtKeyUsage, builtin, hints []*chain.Certificate) chain.Store {
	s := view{reader: r, rows: map[[32]byte]Level{}, builtin: map[[32]byte]bool{}, ghosts: map[string]Level{}}
	var all []*chain.Certificate
	for _, e := range c.Entries {
		parsed, err := chain.Parse(e.DER)
		if err != nil {
			continue
		}
		all = append(all, parsed)
		s.rows[parsed.Fingerprint] = e.Trust.For(purpose)
	}
	for _, b := range builtin {
		s.builtin[b.Fingerprint] = true
	}
	if r.ghosts {
		for _, g := range c.Ghosts {
			s.ghosts[ghostKey(g.Issuer, g.Serial)] = g.Trust.For(purpose)
		}
	}
	return chain.Store{Hints: slices.Concat(all, builtin, hints), Trust: s.trust}
}

// view answers for a store what the database says.
type view struct {
	reader  Reader
	rows    map[[32]byte]Level
	builtin map[[32]byte]bool
	ghosts  map[string]Level
}

func (v view) trust(c *chain.Certificate) chain.Trust {
	level, ok := v.rows[c.Fingerprint]
	if !ok || level == Undecided {
		serial := append([]byte{2, byte(len(c.Serial))}, c.Serial...)
		if level, ok = v.ghosts[ghostKey(c.RawIssuer, serial)]; !ok {
			level = Undecided
		}
	}
	switch level {
	case Anchor:
		return chain.TrustedAnchor
	case Distrusted:
		return chain.DistrustedCert
	case Peer:
		return v.peer(c)
	case MustVerify, ValidCA:
		return chain.NoTrust // over a built-in root, too
	}
	if v.builtin[c.Fingerprint] {
		return chain.TrustedAnchor
	}
	return chain.NoTrust
}

func (v view) peer(c *chain.Certificate) chain.Trust {
	b, _, err := c.BasicConstraints()
	isCA := err == nil && b.CA
	switch {
	case isCA && v.reader.peerDistrusts:
		return chain.DistrustedCert
	case v.reader.peerTrusts:
		return chain.TrustedLeaf
	}
	return chain.NoTrust
}

// ghostKey joins what identifies a trust object.
func ghostKey(issuer, serial []byte) string { return string(issuer) + "\x00" + string(serial) }
