package truststore

import (
	"slices"

	"github.com/hktrust/hktrust/truststore/chain"
)

// verdicts are those of a store's readers.
func (s *judgedStore) verdicts(c *judgedChain, q chain.Query) []Verdict {
	switch {
	case s.err != nil:
		return []Verdict{{Store: s.info, Answer: AnswerUnknown, Code: chain.Undecided, Why: s.err.Error(), WhyReason: reasonOf("", s.err), Cure: CureStore}}
	case len(s.readers) == 0:
		return []Verdict{{Store: s.info, Answer: AnswerUnknown, Code: chain.Undecided, Why: because(ReasonNoReader), WhyReason: &Reason{Code: ReasonNoReader}}}
	}
	var out []Verdict
	for i, r := range s.readers {
		judged := r.verdict(c, q)
		v := Verdict{
			Store: s.info, Program: r.program, Version: r.version, Assumed: r.assumed, Profile: r.profile,
			Answer: answerOf(judged), Code: judged.Code, Words: judged.Words, Why: judged.Why, written: s.written().info,
			WhyReason: reasonOf(judged.Why, nil), AssumedReason: reasonOf(r.assumed, nil),
		}
		if judged.At != nil {
			at := nameOfChain(judged.At)
			v.At = &at
		}
		for _, p := range judged.Path {
			v.Path = append(v.Path, nameOfChain(p))
		}
		if v.Answer != AnswerTrusted {
			v.Cure, v.Remedy = s.cure(c, i, judged, q)
		}
		out = append(out, v)
	}
	return out
}

func answerOf(v chain.Verdict) Answer {
	switch {
	case !v.Code.Known():
		return AnswerUnknown
	case v.OK():
		return AnswerTrusted
	}
	return AnswerRefused
}

// verdict is what the program makes of a chain, as far as that can be known: a
// refusal for want of a root is none where the program may have it from
// elsewhere.
func (r reader) verdict(c *judgedChain, q chain.Query) chain.Verdict {
	if r.passedOver != "" {
		return undecided(chain.Verdict{}, r.passedOver)
	}
	presented := c.presented
	if r.follows {
		presented = slices.Concat(presented, c.fetched)
	}
	v := r.judge(presented, q)
	if v.OK() || !v.Code.Known() || len(presented) == 0 {
		return v
	}
	if r.follows && len(c.fetched) == 0 && c.follow != nil && r.completed(c, q) {
		return undecided(v, because(ReasonFollows, "url", c.follow[0]))
	}
	if r.elsewhere != "" && lacksRoot(v.Code) {
		return undecided(v, r.elsewhere)
	}
	if r.among != nil && !c.catalogued && !c.selfSigned() && (c.orphan && lacksRoot(v.Code) || r.among(presented[1:], presented, q).OK()) {
		return undecided(v, because(ReasonOwnRoots))
	}
	return v
}

// completed reports whether an issuer that the program could fetch may make it
// trust the chain. What Hongkong Post's certificates point to is known.
func (r reader) completed(c *judgedChain, q chain.Query) bool {
	if !c.catalogued {
		return c.orphan
	}
	return r.judge(c.with(catalogueIssuers()), q).OK()
}

// lacksRoot reports whether a refusal is one that a further root could lift.
func lacksRoot(code chain.Code) bool {
	switch code {
	case chain.NoPath, chain.NoAnchor, chain.SelfSigned, chain.StoreEmpty:
		return true
	}
	return false
}

func undecided(v chain.Verdict, why string) chain.Verdict {
	v.Code, v.Why = chain.Undecided, why
	return v
}
