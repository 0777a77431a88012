package javaks

import (
	"errors"
	"slices"
	"time"

	"github.com/hktrust/hktrust/truststore/chain"
)

// Verify says what a JVM that trusts the anchors and nothing else makes of the
// certificates that a TLS peer presented, the peer's own first: the verdict of
// the default TrustManagerFactory ("PKIX") with the host name checked as
// HttpsURLConnection does. Revocation and AIA fetching are off in Java by
// default, and here.
//
// Every anchor is a certificate's DER, as [Keystore.Anchors] lists them. Where
// Java cannot read one of them it reads none: the code is
// [chain.StoreUnreadable].
//
// The algorithm is that of sun.security.validator.PKIXValidator. In this order:
// a leaf that is in the store is trusted without any check but the host's; a
// chain in order, up to a certificate whose issuer's name is in the store, is
// validated as it is (PKIXCertPathValidator), and a no there is final; anything
// else is searched for a path (SunCertPathBuilder). Where the JVM itself
// answers at random, because it takes one of several anchors and does not go
// back, the code is [chain.Unstable].
func (r *Rules) Verify(anchors, presented [][]byte, q chain.Query) chain.Verdict {
	return r.Anchors(anchors).Verify(presented, q)
}

// Anchors are the anchors of a store as a JVM reads them, for any number of
// verdicts. They are not changed by use.
type Anchors struct {
	rules   *Rules
	anchors []*certificate
	bySHA   map[[32]byte]*certificate
	named   map[string][]*certificate // anchors by folded subject
	refused *refusal                  // why there are none
}

// Anchors reads anchors as [Rules.Verify] takes them.
func (r *Rules) Anchors(ders [][]byte) *Anchors {
	a := &Anchors{rules: r, bySHA: map[[32]byte]*certificate{}, named: map[string][]*certificate{}}
	for _, der := range ders {
		c, err := r.read(der)
		if err != nil {
			a.refused = &refusal{code: chain.StoreUnreadable, words: err.Error()}
			return a
		}
		if a.bySHA[c.Fingerprint] != nil {
			continue
		}
		a.bySHA[c.Fingerprint] = c
		a.anchors = append(a.anchors, c)
		a.named[c.subject] = append(a.named[c.subject], c)
	}
	if len(a.anchors) == 0 {
		a.refused = &refusal{code: chain.StoreEmpty, words: wordsNoAnchors}
	}
	return a
}

// Verify is [Rules.Verify] with anchors that were read before.
func (a *Anchors) Verify(presented [][]byte, q chain.Query) chain.Verdict {
	v := verification{Rules: a.rules, Anchors: a, Query: q, host: trimHost(q.ServerName), signatures: map[signatureKey]error{}}
	return v.verify(presented)
}

// MaxPresented is how many certificates JSSE takes from a server
// (jdk.tls.server.maxInboundCertificateChainLength and its client twin,
// sun.security.ssl.SSLConfiguration).
const MaxPresented = 10

// verification is one call of Verify.
type verification struct {
	*Rules
	*Anchors
	chain.Query
	host string
	sent []*certificate

	building   bool // in SunCertPathBuilder, not PKIXCertPathValidator
	signatures map[signatureKey]error
	undecided  error // a check that we cannot make
}

func (v *verification) verify(presented [][]byte) chain.Verdict {
	if v.refused != nil {
		return v.refuse(v.refused)
	}
	if refused := v.readPresented(presented); refused != nil {
		return v.refuse(refused)
	}
	leaf := v.sent[0]
	if v.bySHA[leaf.Fingerprint] != nil {
		return v.identify([]*certificate{leaf})
	}
	if top, ok := v.inOrder(); ok {
		return v.validate(v.sent[:top])
	}
	return v.build()
}

func (v *verification) readPresented(presented [][]byte) *refusal {
	switch {
	case len(presented) == 0:
		return &refusal{code: chain.ChainEmpty, words: "null or zero-length certificate chain"}
	case len(presented) > MaxPresented:
		return &refusal{code: chain.ChainTooLong, words: wordsTooLong(len(presented))}
	}
	for _, der := range presented {
		c, err := v.read(der)
		if err != nil {
			return &refusal{code: chain.ChainUnreadable, words: err.Error(), at: c}
		}
		v.sent = append(v.sent, c)
	}
	return nil
}

// inOrder reports whether the chain is one that Java validates as it came, and
// how many certificates of it.
func (v *verification) inOrder() (top int, ok bool) {
	for i := 1; i < len(v.sent); i++ {
		c := v.sent[i]
		if c.subject != v.sent[i-1].issuer {
			return 0, false
		}
		if v.bySHA[c.Fingerprint] != nil || slices.ContainsFunc(v.named[c.subject], c.sameKey) {
			return i, true
		}
	}
	last := v.sent[len(v.sent)-1]
	return len(v.sent), len(v.named[last.issuer]) > 0
}

// finish judges a complete path as PKIXValidator does after either search.
func (v *verification) finish(path []*certificate) *refusal {
	anchor := path[len(path)-1]
	if refused := checkAnchor(anchor); refused != nil {
		refused.words = wordsAnchor(v.building, refused.words)
		return refused
	}
	if len(path) == 1 {
		return nil
	}
	if refused := v.checkEndEntity(path[0]); refused != nil {
		return refused
	}
	return v.checkDistrust(path)
}

// checkAnchor is PKIXValidator.verifyTrustAnchor.
func checkAnchor(anchor *certificate) *refusal {
	if anchor.Version < 3 {
		return nil
	}
	if anchor.pathLen == noCA {
		return &refusal{code: chain.AnchorNotCA, at: anchor,
			words: `TrustAnchor with subject "` + anchor.Subject.String() + `" is not a CA certificate`}
	}
	if anchor.hasUsage && anchor.usage&chain.KeyCertSign == 0 {
		return &refusal{code: chain.AnchorKeyUsage, at: anchor,
			words: `TrustAnchor with subject "` + anchor.Subject.String() + `" does not have keyCertSign bit set in KeyUsage extension`}
	}
	return nil
}

// identify checks the host name, the last thing that Java does.
func (v *verification) identify(path []*certificate) chain.Verdict {
	if v.host != "" && v.Purpose == chain.Server {
		if refused := v.checkHost(path); refused != nil {
			refused.path = path
			return v.refuse(refused)
		}
	}
	if v.undecided != nil {
		return chain.Verdict{Code: chain.Undecided, Why: v.undecided.Error(), Path: bare(path)}
	}
	return chain.Verdict{Code: chain.Trusted, Path: bare(path)}
}

// refusal is why Java refuses.
type refusal struct {
	code  chain.Code
	words string
	at    *certificate
	path  []*certificate
	// abort: Java throws something that ends the search for other paths.
	abort bool
}

func (v *verification) refuse(r *refusal) chain.Verdict {
	out := chain.Verdict{Code: r.code, Words: r.words, Path: bare(r.path)}
	if r.at != nil {
		out.At = r.at.Certificate
	}
	if v.undecided != nil && r.code != chain.TooComplex {
		// The refusal may rest on the check that could not be made.
		out.Code, out.Why = chain.Undecided, v.undecided.Error()
	}
	return out
}

func bare(path []*certificate) []*chain.Certificate {
	var out []*chain.Certificate
	for _, c := range path {
		out = append(out, c.Certificate)
	}
	return out
}

// signatureKey names a check of a signature, each made once.
type signatureKey struct{ certificate, issuer [32]byte }

// checkSignature checks c's signature with the issuer's key as Java's
// providers do.
func (v *verification) checkSignature(c, issuer *certificate) error {
	key := signatureKey{c.Fingerprint, issuer.Fingerprint}
	err, done := v.signatures[key]
	if !done {
		err = javaSignature(c, issuer)
		v.signatures[key] = err
	}
	if errors.Is(err, errCannotCheck) && v.undecided == nil {
		v.undecided = err
	}
	return err
}

// at is the time of the verdict in the milliseconds that Java reckons in.
func (v *verification) at() time.Time { return v.Time.Truncate(time.Millisecond) }
