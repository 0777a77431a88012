package javaks

import (
	"bytes"
	"errors"
	"strings"

	"github.com/hktrust/hktrust/truststore/chain"
)

// pathChecks are the checks of a path that PKIXCertPathValidator and the last
// look of SunCertPathBuilder have in common; each certificate passes them from
// the one below the anchor to the leaf.
type pathChecks struct {
	*verification
	path   []*certificate // leaf first, the anchor last
	strict bool           // dates and names too: the validator

	maxPathLen int
	names      *nameConstraints
	policy     *policyState
}

func (v *verification) newPathChecks(path []*certificate, strict bool) *pathChecks {
	n := len(path) - 1
	return &pathChecks{verification: v, path: path, strict: strict, maxPathLen: n, policy: newPolicyState(n)}
}

// run returns the first refusal, nil if there is none.
func (p *pathChecks) run() *refusal {
	anchor := len(p.path) - 1
	if refused := p.anchorKey(); refused != nil {
		return refused
	}
	for i := anchor - 1; i >= 0; i-- {
		if refused := p.check(i); refused != nil {
			if refused.at == nil {
				refused.at = p.path[i]
			}
			return refused
		}
	}
	return nil
}

// anchorKey is what AlgorithmChecker says about the anchor: its key counts,
// its signature does not.
func (p *pathChecks) anchorKey() *refusal {
	anchor := p.path[len(p.path)-1]
	if p.disabled.refusesKey(anchor, p.use()) {
		return &refusal{code: chain.WeakKey, at: anchor, words: wordsWeakAnchor}
	}
	return nil
}

func (p *pathChecks) use() algorithmUse {
	usage := "TLSServer"
	if p.Purpose == chain.Client {
		usage = "TLSClient"
	}
	return algorithmUse{jdkCA: p.jdkCAs[p.path[len(p.path)-1].Fingerprint], usage: usage, now: p.clock()}
}

func (p *pathChecks) check(i int) *refusal {
	c, issuer := p.path[i], p.path[i+1]
	steps := []func(int) *refusal{p.blocked, p.algorithms, p.keyUsage, p.basicConstraints, p.nameConstraints, p.policies}
	if p.strict {
		steps = append(steps, p.validity)
	}
	for _, step := range steps {
		if refused := step(i); refused != nil {
			return refused
		}
	}
	if refused := p.signature(c, issuer); refused != nil {
		return refused
	}
	if refused := p.handshake(c, issuer); refused != nil {
		return refused
	}
	if unknown := c.UnknownCritical(knownCritical); len(unknown) > 0 {
		return &refusal{code: chain.Critical, words: "unrecognized critical extension(s)"}
	}
	return nil
}

func (p *pathChecks) blocked(i int) *refusal {
	if p.blockedCerts[p.path[i].Fingerprint] {
		return &refusal{code: chain.Blocked, words: "Untrusted certificate: " + p.path[i].Subject.String()}
	}
	return nil
}

// algorithms is AlgorithmChecker with jdk.certpath.disabledAlgorithms.
func (p *pathChecks) algorithms(i int) *refusal {
	c := p.path[i]
	if c.schemeError == nil && p.disabled.refusesScheme(c.scheme, p.use()) {
		hash, _, _ := strings.Cut(c.scheme.Name, "with")
		return &refusal{code: chain.WeakAlgorithm, words: wordsDisabled(p.legacy, c, hash)}
	}
	if c.hasUsage && c.usage&^(chain.CRLSign<<1|chain.CRLSign<<2) == 0 {
		return &refusal{code: chain.KeyUsage, words: "incorrect KeyUsage extension bits"}
	}
	if p.disabled.refusesKey(c, p.use()) {
		return &refusal{code: chain.WeakKey, words: "Algorithm constraints check failed on keysize limits: " + keyName(c.Certificate) + " key"}
	}
	return nil
}

func (p *pathChecks) keyUsage(i int) *refusal {
	if c := p.path[i]; i > 0 && c.hasUsage && c.usage&chain.KeyCertSign == 0 {
		return &refusal{code: chain.CAKeyUsage, words: "CA key usage check failed: keyCertSign bit is not set"}
	}
	return nil
}

// basicConstraints is ConstraintsChecker.checkBasicConstraints: a leaf is
// never asked.
func (p *pathChecks) basicConstraints(i int) *refusal {
	if i == 0 {
		return nil
	}
	c := p.path[i]
	limit := c.pathLen
	if c.Version < 3 {
		limit = noCA
		if i == len(p.path)-2 && c.selfIssued {
			limit = unlimited
		}
	}
	if limit == noCA {
		return &refusal{code: chain.NotCA, words: "basic constraints check failed: this is not a CA certificate"}
	}
	if !c.selfIssued {
		if p.maxPathLen <= 0 {
			return &refusal{code: chain.PathLength,
				words: "basic constraints check failed: pathLenConstraint violated - this cert must be the last cert in the certification path"}
		}
		p.maxPathLen--
	}
	p.maxPathLen = min(p.maxPathLen, limit)
	return nil
}

func (p *pathChecks) nameConstraints(i int) *refusal {
	c := p.path[i]
	if p.names != nil && (i == 0 || !c.selfIssued) {
		if err := p.names.verify(c, p.legacy); err != nil {
			return refusedName(err)
		}
	}
	if c.constraints == nil {
		return nil
	}
	if p.names == nil {
		p.names = c.constraints.clone()
		return nil
	}
	if err := p.names.merge(c.constraints); err != nil {
		return refusedName(err)
	}
	return nil
}

func refusedName(err error) *refusal {
	return &refusal{code: chain.NameConstraint, words: err.Error(), abort: errors.Is(err, errThrown)}
}

func (p *pathChecks) policies(i int) *refusal {
	if err := p.policy.process(p.path[i], i == 0); err != nil {
		code := chain.Policy
		if errors.Is(err, errTooManyPolicies) {
			code = chain.TooComplex
		}
		return &refusal{code: code, words: err.Error()}
	}
	return nil
}

func (p *pathChecks) validity(i int) *refusal {
	c := p.path[i]
	switch at := p.at(); {
	case at.Before(c.NotBefore):
		return &refusal{code: chain.NotYetValid, words: "validity check failed"}
	case at.After(c.NotAfter):
		return &refusal{code: chain.Expired, words: "validity check failed"}
	}
	if c.issuer != p.path[i+1].subject {
		return &refusal{code: chain.NoPath, words: "subject/issuer name chaining check failed"}
	}
	return nil
}

func (p *pathChecks) signature(c, issuer *certificate) *refusal {
	err := p.checkSignature(c, issuer)
	if err == nil || errors.Is(err, errCannotCheck) {
		return nil
	}
	return &refusal{code: chain.Signature, words: "signature check failed"}
}

// handshake is AlgorithmChecker with the constraints of the connection: what
// TLS 1.3 offers, and the disabled algorithms once more.
func (p *pathChecks) handshake(c, issuer *certificate) *refusal {
	if c.schemeError != nil || !handshakeScheme(c.scheme) || p.tlsDisabled.refusesScheme(c.scheme, algorithmUse{}) {
		return &refusal{code: chain.WeakAlgorithm, words: "Algorithm constraints check failed on signature algorithm: " + c.scheme.Name}
	}
	for _, k := range []*certificate{c, issuer} {
		if p.tlsDisabled.refusesKey(k, algorithmUse{}) {
			return &refusal{code: chain.WeakKey, at: k, words: "Algorithm constraints check failed on key"}
		}
	}
	return nil
}

// matchesKeyID is AdaptableX509CertSelector: which anchors the validator tries
// above the certificate.
func (c *certificate) matchesKeyID(anchor *certificate) bool {
	if c.keyID != nil && anchor.ownKeyID != nil && !bytes.Equal(c.keyID, anchor.ownKeyID) {
		return false
	}
	return c.keySerial == nil || anchor.Version < 3 || bytes.Equal(c.keySerial, anchor.Serial)
}
