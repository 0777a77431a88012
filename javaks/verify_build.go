package javaks

import (
	"slices"

	"github.com/hktrust/hktrust/truststore/chain"
)

// maxBuildLength is PKIXBuilderParameters' default for how many CA
// certificates that are not self-issued may lie between leaf and anchor.
const maxBuildLength = 5

// build is SunCertPathBuilder over everything that was sent. Anchors that share
// a bucket of its HashSet were put there in an order that changes from run to
// run.
func (v *verification) build() chain.Verdict {
	v.building = true
	verdict, chance := v.buildBy(false)
	if chance && verdict.Code.Known() {
		if other, _ := v.buildBy(true); other.OK() != verdict.OK() {
			yes, no := verdict, other
			if !yes.OK() {
				yes, no = no, yes
			}
			return unstable(yes, no)
		}
	}
	return verdict
}

// buildBy also reports whether chance had a part in the order of the search.
func (v *verification) buildBy(reversed bool) (verdict chain.Verdict, chance bool) {
	leaf := v.sent[0]
	b := &builder{verification: v, last: &refusal{code: chain.NoPath}, index: map[[32]byte]*certificate{}, reversed: reversed}
	for _, c := range slices.Concat(v.sent, v.anchors) {
		b.index[c.Fingerprint] = c
	}
	if refused := v.buildable(leaf); refused != nil {
		refused.at = leaf
		return b.refused(refused), false
	}
	walk := chain.Walk{Issuers: b.issuers, Reached: b.reached}
	if err := walk.From(leaf.Certificate); err != nil {
		return chain.Verdict{Code: chain.TooComplex, Why: err.Error()}, false
	}
	if b.passed == nil {
		return b.refused(b.last), b.chance
	}
	return v.judge(b.passed), b.chance
}

// buildable is what the builder asks of the leaf before it looks further.
func (v *verification) buildable(leaf *certificate) *refusal {
	switch at := v.at(); {
	case at.Before(leaf.NotBefore):
		return &refusal{code: chain.NotYetValid}
	case at.After(leaf.NotAfter):
		return &refusal{code: chain.Expired}
	case v.blockedCerts[leaf.Fingerprint]:
		return &refusal{code: chain.Blocked}
	case len(leaf.UnknownCritical(knownCritical)) > 0:
		return &refusal{code: chain.Critical}
	}
	return nil
}

type builder struct {
	*verification
	index  map[[32]byte]*certificate
	passed []*certificate // the first path without a fault
	last   *refusal

	reversed bool // the anchors that share a bucket come in the other order
	chance   bool // some do
}

// refused renders a refusal: whatever the reason, the builder says the same.
func (b *builder) refused(r *refusal) chain.Verdict {
	r.words = wordsBuilding
	if r.path == nil {
		r.path = b.sent[:1]
	}
	return b.refuse(r)
}

// issuers lists whom the builder tries above the last certificate of path, in
// its order (ForwardBuilder.getMatchingCACerts and PKIXCertComparator).
func (b *builder) issuers(bare []*chain.Certificate) []chain.Step {
	path := b.wrap(bare)
	prev := path[len(path)-1]
	var anchors []*certificate
	for _, anchor := range b.named[prev.issuer] {
		if b.offers(anchor, prev, len(path) == 1) {
			anchors = append(anchors, anchor)
		}
	}
	var steps []chain.Step
	for _, c := range b.order(prev, anchors, b.sentIssuers(path)) {
		if slices.ContainsFunc(path, c.repeats) {
			continue
		}
		isAnchor := b.bySHA[c.Fingerprint] != nil
		if refused := b.fits(c, isAnchor); refused != nil {
			b.note(refused, c, path)
			continue
		}
		if !isAnchor && prev.selfIssued && c.selfIssued {
			// "Successive certs are self-issued": the JDK leaves the
			// whole level, not just this candidate.
			break
		}
		steps = append(steps, chain.Step{Certificate: c.Certificate, Anchor: isAnchor})
	}
	return steps
}

// offers reports whether an anchor of the right name is a candidate. The
// selector is used again from level to level and keeps its date, so that an
// expired anchor counts only directly above the leaf.
func (b *builder) offers(anchor, prev *certificate, first bool) bool {
	if !first && !anchor.ValidAt(b.at()) {
		b.note(&refusal{code: chain.AnchorExpired}, anchor, []*certificate{prev})
		return false
	}
	return anchor.Version >= 3 || anchor.ValidAt(prev.NotBefore) && anchor.ValidAt(prev.NotAfter)
}

// sentIssuers lists the certificates sent that the builder's selector matches.
func (b *builder) sentIssuers(path []*certificate) []*certificate {
	prev := path[len(path)-1]
	traversed := 0
	for _, c := range path[1:] {
		if !c.selfIssued {
			traversed++
		}
	}
	if traversed >= maxBuildLength {
		return nil
	}
	var found []*certificate
	for _, c := range b.sent {
		if c.subject != prev.issuer {
			continue
		}
		switch {
		case !c.ValidAt(b.at()):
			code := chain.Expired
			if b.at().Before(c.NotBefore) {
				code = chain.NotYetValid
			}
			b.note(&refusal{code: code}, c, path)
		case c.Version < 3 && !(c.ValidAt(prev.NotBefore) && c.ValidAt(prev.NotAfter)):
		case c.pathLen == noCA:
			b.note(&refusal{code: chain.NotCA}, c, path)
		case c.pathLen < traversed:
			b.note(&refusal{code: chain.PathLength}, c, path)
		default:
			found = append(found, c)
		}
	}
	return found
}

// fits is ForwardBuilder.verifyCert.
func (b *builder) fits(c *certificate, isAnchor bool) *refusal {
	switch {
	case b.blockedCerts[c.Fingerprint]:
		return &refusal{code: chain.Blocked}
	case isAnchor:
		return nil
	case len(c.UnknownCritical(knownCritical)) > 0:
		return &refusal{code: chain.Critical}
	case c.hasUsage && c.usage&chain.KeyCertSign == 0:
		return &refusal{code: chain.CAKeyUsage}
	}
	return nil
}

func (b *builder) reached(bare []*chain.Certificate) bool {
	path := b.wrap(bare)
	refused := b.newPathChecks(path, false).run()
	if refused == nil {
		b.passed = path
		return true
	}
	b.note(refused, refused.at, path)
	return refused.abort
}

// note keeps the refusal that says most: the last, but a missing path never
// hides a reason.
func (b *builder) note(r *refusal, at *certificate, path []*certificate) {
	r.at, r.path = at, slices.Clone(path)
	b.last = r
}

func (b *builder) wrap(bare []*chain.Certificate) []*certificate {
	path := make([]*certificate, len(bare))
	for i, c := range bare {
		path[i] = b.index[c.Fingerprint]
	}
	return path
}
