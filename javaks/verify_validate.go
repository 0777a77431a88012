package javaks

import "github.com/hktrust/hktrust/truststore/chain"

// validate is PKIXCertPathValidator over the certificates as they came, and
// then what PKIXValidator asks of the anchor found. Anchors are tried in no
// order (a HashSet): the first that passes is taken, whatever finish says.
func (v *verification) validate(sent []*certificate) chain.Verdict {
	top := sent[len(sent)-1]
	var passed [][]*certificate
	last := &refusal{code: chain.NoAnchor, words: wordsValidation("Path does not chain with any of the trust anchors"), path: sent}
	for _, anchor := range v.named[top.issuer] {
		if !top.matchesKeyID(anchor) {
			continue
		}
		path := append(append([]*certificate(nil), sent...), anchor)
		refused := v.validateTo(path)
		if refused == nil {
			passed = append(passed, path)
			continue
		}
		refused.path = path
		refused.words = wordsValidation(refused.words)
		if !last.abort {
			last = refused
		}
	}
	if len(passed) == 0 {
		return v.refuse(last)
	}
	return v.choose(passed, last)
}

func (v *verification) validateTo(path []*certificate) *refusal {
	anchor := path[len(path)-1]
	if v.blockedCerts[anchor.Fingerprint] {
		return &refusal{code: chain.Blocked, at: anchor, words: "Untrusted certificate: " + anchor.Subject.String()}
	}
	return v.newPathChecks(path, true).run()
}

// choose judges the paths that passed, one of which the JVM takes at random.
func (v *verification) choose(passed [][]*certificate, last *refusal) chain.Verdict {
	var yes, no *chain.Verdict
	for _, path := range passed {
		verdict := v.judge(path)
		switch {
		case verdict.OK() && yes == nil:
			yes = &verdict
		case !verdict.OK() && no == nil:
			no = &verdict
		}
	}
	switch {
	case yes == nil:
		return *no
	case no != nil:
		return unstable(*yes, *no)
	case last.abort:
		return chain.Verdict{Code: chain.Unstable, Words: last.words, Path: yes.Path, Why: "an anchor that makes Java give up may come first"}
	}
	return *yes
}

// unstable is the verdict where the JVM answers now this, now that.
func unstable(yes, no chain.Verdict) chain.Verdict {
	return chain.Verdict{Code: chain.Unstable, Words: no.Words, Path: yes.Path, At: no.At,
		Why: "several stored certificates fit, and Java takes one of them at random"}
}

// judge is finish and identify.
func (v *verification) judge(path []*certificate) chain.Verdict {
	if refused := v.finish(path); refused != nil {
		refused.path = path
		return v.refuse(refused)
	}
	return v.identify(path)
}
