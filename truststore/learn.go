package truststore

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/internal/fetch"
)

// Learn adds to a goal the issuing CAs, among certificates given as DER, that
// one of the goal's own trust anchors signed and that neither the goal nor the
// catalogue knows: what the authority issued after the catalogue was made. They
// complete chains ([Want.ChainOnly]) for what their root is wanted for, and
// receipts record them as learnt. A root is never learnt, and where the
// certificates come from does not matter: the anchor's signature speaks for
// them. What no anchor of the goal signed is left out.
//
// [Goal.Refusals] tells of those that are not to be relied on: expired, known
// bad, weak, more CAs than the root allows, or not for the purposes.
func (g Goal) Learn(ders [][]byte) Goal {
	g.Want = slices.Clone(g.Want)
	for _, der := range ders {
		if cert, root, ok := g.learnable(der); ok {
			g.Want = append(g.Want, Want{Certificate: cert, Purposes: root.Purposes, ChainOnly: true, Learnt: true})
		}
	}
	return g
}

// Learnt lists the certificates that [Goal.Learn] added.
func (g Goal) Learnt() []*x509.Certificate {
	var out []*x509.Certificate
	for _, w := range g.Want {
		if w.Learnt {
			out = append(out, w.Certificate)
		}
	}
	return out
}

func (g Goal) learnt(id Fingerprint) bool {
	return slices.ContainsFunc(g.Learnt(), func(c *x509.Certificate) bool { return fingerprint(c) == id })
}

// learntFindings say what a call relies on that no catalogue has.
func (g Goal) learntFindings() []Finding {
	var out []Finding
	for _, c := range g.Learnt() {
		out = append(out, finding(CodeLearnt, "certificate", nameOf(c), "sha256", fingerprint(c).String()))
	}
	return out
}

// learnable returns a CA certificate that is not known yet, and the anchor of
// the goal that signed it.
func (g Goal) learnable(der []byte) (cert *x509.Certificate, root Want, ok bool) {
	cert, err := x509.ParseCertificate(der)
	if err != nil || !cert.IsCA || g.names(hkpost.FingerprintOf(der)) {
		return nil, Want{}, false
	}
	if _, listed := hkpost.Lookup(hkpost.FingerprintOf(der)); listed {
		return nil, Want{}, false
	}
	root, ok = g.signer(cert)
	return cert, root, ok
}

// signer is the anchor of the goal that signed a certificate that is no root
// itself.
func (g Goal) signer(cert *x509.Certificate) (Want, bool) {
	parsed, err := chain.Parse(cert.Raw)
	if err != nil || g.namesRoot(cert.RawSubject) {
		return Want{}, false
	}
	for _, w := range g.Want {
		if !w.ChainOnly && slices.Equal(w.Certificate.RawSubject, cert.RawIssuer) && parsed.CheckSignature(w.Certificate.PublicKey) == nil {
			return w, true
		}
	}
	return Want{}, false
}

// namesRoot reports whether a name is that of a root: of the goal, or of the
// catalogue. What bears it, be it issued by another CA, is not learnt.
func (g Goal) namesRoot(subject []byte) bool {
	return slices.ContainsFunc(g.Want, func(w Want) bool { return !w.ChainOnly && slices.Equal(w.Certificate.RawSubject, subject) }) ||
		slices.ContainsFunc(catalogueChain(), func(c *chain.Certificate) bool { return c.SelfIssued() && slices.Equal(c.RawSubject, subject) })
}

// unlearnable lists what keeps a certificate from being learnt, beside what is
// to be said of any.
func (g Goal) unlearnable(cert *x509.Certificate) []Condition {
	root, signed := g.signer(cert)
	if !signed {
		return []Condition{{Code: CodeLearnUnsigned}}
	}
	var bad []Condition
	if root.Certificate.MaxPathLenZero {
		bad = append(bad, Condition{Code: CodeLearnPathLength})
	}
	if cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageCertSign == 0 || !issuesFor(cert, root) {
		bad = append(bad, Condition{Code: CodeLearnUsage})
	}
	return bad
}

// issuesFor reports whether the extended key usage of a CA allows one of the
// purposes that its root is wanted for.
func issuesFor(cert *x509.Certificate, root Want) bool {
	if len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage) == 0 || slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageAny) {
		return true
	}
	purposes := root.Purposes
	if len(purposes) == 0 {
		purposes = []Purpose{ServerAuth}
	}
	return slices.ContainsFunc(purposes, func(p Purpose) bool {
		return p == AnyPurpose || slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsage(p))
	})
}

// Presented gets the certificates, as DER, that a server presents, without
// trusting it, for [Goal.Learn]. With issuers set, it also gets those that a
// certificate names as its issuer's, as [VerifyOptions.FetchIssuers] does. The
// error is a *[ServerError]; that of an issuer that cannot be had is none.
func (m *Machine) Presented(ctx context.Context, server Server, issuers bool) ([][]byte, error) {
	m, err := m.prepared()
	if err != nil {
		return nil, err
	}
	target, err := fetch.ParseTarget(server.Address)
	if err != nil {
		return nil, serverError(server.Address, err)
	}
	target.StartTLS = server.StartTLS
	fetcher := fetch.Fetcher{Host: m.host()}
	presented, err := fetcher.Server(ctx, target)
	if err != nil {
		return nil, serverError(server.Address, err)
	}
	if !issuers {
		return presented.Certificates, nil
	}
	c := examined(presented.Certificates, chain.Query{ServerName: target.Host, Time: m.host().Now()})
	c.fetch(ctx, m)
	return slices.Concat(c.presented, c.fetched), nil
}
