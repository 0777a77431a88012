package truststore

import (
	"context"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/chain"
)

// ask gets the server's chain, and folds what programs make of it under what was
// found.
func (d *diagnosis) ask(ctx context.Context, server string) {
	v, _ := d.machine.VerifyServer(ctx, Server{Address: server}, VerifyOptions{})
	d.verification = v
	if v.Error != nil {
		f := finding(CodeServerUnasked, "server", server, "reason", string(v.Error.Code))
		d.problems = append(d.problems, Problem{Finding: f, Remedy: plainRemedy(RemedyNetwork)})
		return
	}
	d.checks = append(d.checks, CheckServer)
	d.problems = append(d.problems, d.chainProblems(v)...)
	for _, verdict := range v.Verdicts {
		switch verdict.Answer {
		case AnswerRefused:
			d.refused(v, verdict)
		case AnswerUnknown:
			d.undecided(v, verdict)
		}
	}
}

// chainProblems are what is remarkable about the chain. Where no program refuses
// it, that is worth a note.
func (d *diagnosis) chainProblems(v *Verification) []Problem {
	refused := slices.ContainsFunc(v.Verdicts, func(one Verdict) bool { return one.Answer == AnswerRefused })
	var out []Problem
	for _, f := range v.Findings {
		if !strings.HasPrefix(string(f.Code), "chain.") {
			continue // of the search for stores, which is told already
		}
		f.Level = LevelNote
		if refused || f.Code == CodeIntercepted {
			f.Level = chainLevel(f.Code)
		}
		p := Problem{Finding: f, Remedy: chainRemedy(f.Code, v)}
		if f.Code == Code(chain.FindingOmitted) && !refused {
			p.Remedy = nil // the programs here have the issuer
		}
		if f.Code == CodeIntercepted && f.Args["product"] == "Kaspersky" {
			p.Remedy = d.kasperskyRemedy(v.Target)
		}
		out = append(out, p)
	}
	return out
}

// kasperskyRemedy is in the words of the version that is installed here, or else
// of a current one: it may be on the network's own computer.
func (d *diagnosis) kasperskyRemedy(server string) *Remedy {
	code := RemedyKaspersky
	for _, p := range d.problems {
		if p.Code == CodeKaspersky && p.Remedy != nil {
			code = p.Remedy.Code
		}
	}
	return plainRemedy(code, "server", server)
}

func chainLevel(code Code) FindingLevel {
	switch code {
	case CodeIntercepted, Code(chain.FindingExpired), Code(chain.FindingNotYetValid), Code(chain.FindingClock), Code(chain.FindingHost):
		return LevelError
	case Code(chain.FindingOmitted), CodeChainKnownBad, CodeIssuerUnfetched:
		return LevelWarning
	}
	return LevelNote
}

func chainRemedy(code Code, v *Verification) *Remedy {
	switch code {
	case CodeIntercepted:
		return plainRemedy(RemedyProxy, "server", v.Target)
	case Code(chain.FindingClock), Code(chain.FindingNotYetValid):
		return plainRemedy(RemedyClock)
	case Code(chain.FindingHost):
		return plainRemedy(RemedyAddress)
	case Code(chain.FindingOmitted), Code(chain.FindingExpired), CodeChainKnownBad, CodeChainSuperseded, Code(chain.FindingSignature):
		return plainRemedy(RemedyServer)
	}
	return nil
}

// refused folds a refusal under its cause, or tells it as a problem of its own.
func (d *diagnosis) refused(v *Verification, verdict Verdict) {
	f := finding(CodeProgramRefuses, "path", verdict.Store.Path, "program", strings.TrimSpace(verdict.Program+" "+verdict.Version),
		"server", v.Target, "reason", string(verdict.Code), "words", verdict.Words)
	p := Problem{Finding: f, Store: placeOf(verdict.Store)}
	if i := d.causeOf(verdict); i >= 0 {
		d.problems[i].fold(p)
		if verdict.Cure == CureOrphan && d.problems[i].Code == Code(chain.FindingOmitted) {
			d.problems[i].Remedy = commandRemedy(RemedyIssuer, commandName, "ensure", "--cert", "FILE")
		}
		if d.problems[i].Level == LevelNote {
			d.problems[i].Level = LevelWarning // something fails because of it
		}
		return
	}
	switch led := d.ledBy(v, verdict); {
	case led != nil:
		p.Remedy = led
		d.problems = append(d.problems, p)
	case lacksRoot(verdict.Code) && verdict.Code != chain.StoreEmpty && !v.catalogued:
		d.strange(v, p)
	default:
		if p.Remedy = verdict.Remedy; p.Remedy == nil {
			p.Remedy = cureRemedy(verdict.Cure)
		}
		d.problems = append(d.problems, p)
	}
}

// ledBy is the remedy where a variable leads the program to certificates of its
// own, and another one trusts the chain by a store that has the root; else nil.
func (d *diagnosis) ledBy(v *Verification, verdict Verdict) *Remedy {
	named := slices.IndexFunc(v.Findings, func(f Finding) bool {
		return f.Code == CodeEnvironmentBundle && f.Args["path"] == verdict.Store.Path
	})
	if verdict.Cure != CureFile || named < 0 || !slices.ContainsFunc(v.Verdicts, Verdict.OK) {
		return nil
	}
	r := plainRemedy(RemedyBundle, "path", verdict.Store.Path, "variable", v.Findings[named].Args["variable"])
	r.Command = d.unset(r.Args["variable"])
	return r
}

// strange folds refusals of a chain whose root nobody here knows under that.
func (d *diagnosis) strange(v *Verification, refusal Problem) {
	i := slices.IndexFunc(d.problems, func(p Problem) bool { return p.Code == CodeServerStrange })
	if i < 0 {
		top := ""
		if len(v.Chain) > 0 {
			top = v.Chain[len(v.Chain)-1].Issuer
		}
		f := finding(CodeServerStrange, "server", v.Target, "certificate", top)
		d.problems = append(d.problems, Problem{Finding: f, Remedy: anchorRemedy()})
		i = len(d.problems) - 1
	}
	d.problems[i].fold(refusal)
}

// causeOf is the index of the problem that a refusal follows from; -1 if none
// explains it. What holds for every program goes before what holds for the store.
func (d *diagnosis) causeOf(v Verdict) int {
	for _, code := range refusalCauses(v) {
		for i, p := range d.problems {
			if p.Code == code && (p.Store == nil || p.Store.Kind == v.written.Kind && p.Store.Path == v.written.Path) && (p.Level != LevelNote || p.Store != nil) {
				return i
			}
		}
	}
	return -1
}

// refusalCauses are the codes that explain a refusal, the likeliest first. That
// certificates are missing explains it only where the program, judged again
// with them, trusts this very chain: that is what the verdict's cure says.
func refusalCauses(v Verdict) []Code {
	unread := []Code{CodeStoreUnloadable, CodePasswordedCA, CodeStoreUnreadable, CodeStoreUnread}
	switch v.Code {
	case chain.StoreUnreadable:
		return unread
	case chain.StoreEmpty:
		return append(unread, lackCauses(v.Cure)...)
	case chain.NoPath, chain.NoAnchor, chain.SelfSigned:
		return append([]Code{CodeIntercepted}, lackCauses(v.Cure)...)
	case chain.Expired, chain.NotYetValid, chain.AnchorExpired:
		return []Code{CodeClockWrong, Code(chain.FindingClock), CodeIntercepted, Code(chain.FindingExpired), Code(chain.FindingNotYetValid), CodeRetiredPresent}
	case chain.HostMismatch, chain.HostIllegal:
		return []Code{CodeIntercepted, Code(chain.FindingHost)}
	case chain.Distrusted, chain.CADistrusted, chain.Blocked:
		return []Code{CodeRootDistrusted}
	case chain.Revoked:
		return []Code{CodeChainKnownBad}
	case chain.Signature:
		return []Code{CodeIntercepted, Code(chain.FindingSignature)}
	}
	return nil
}

// lackCauses are what a program's lack of a root follows from, by what cures it.
func lackCauses(c Cure) []Code {
	switch c {
	case CureEnsure, CureBoth:
		return []Code{CodeRootMissing, CodeIssuerMissing, CodeStoreShadowed, CodePendingRefresh, CodeBundleMissing}
	case "": // it is added, and not seen
		return []Code{CodePendingRefresh, CodeBundleMissing}
	case CureStore:
		return []Code{CodeStoreBlocked}
	case CurePolicy:
		return []Code{CodeRootDistrusted}
	case CureIssuer, CureOrphan:
		return []Code{Code(chain.FindingOmitted)}
	case CureRenew:
		return []Code{CodeChainKnownBad, CodeChainSuperseded, Code(chain.FindingExpired)}
	}
	return nil
}

func cureRemedy(c Cure) *Remedy {
	switch c {
	case CureIssuer, CureRenew:
		return plainRemedy(RemedyServer)
	case CureHost:
		return plainRemedy(RemedyAddress)
	case CureClock:
		return plainRemedy(RemedyClock)
	case CureAnchor, CureFile, CureOrphan:
		return anchorRemedy()
	case CurePolicy:
		return plainRemedy(RemedyDistrust)
	case CureStore:
		return plainRemedy(RemedyRestore)
	}
	return nil
}

// anchorRemedy is the command that adds a root that nobody here knows.
func anchorRemedy() *Remedy {
	return commandRemedy(RemedyAnchor, commandName, "ensure", "--cert", "FILE")
}

// undecided notes what a program makes of the server is not known, unless why is
// told already.
func (d *diagnosis) undecided(v *Verification, verdict Verdict) {
	told := slices.ContainsFunc(d.problems, func(p Problem) bool {
		return p.Store != nil && p.Store.Path == verdict.Store.Path && slices.Contains([]Code{CodeStoreUnread, CodeStoreIgnored, CodeStoreOverridden, CodeOptionElsewhere, CodeOptionNone, CodeOptionType, CodeOptionPassword, CodeOptionNoPassword, CodeOptionUnread, CodeSecurityUnknown}, p.Code)
	})
	if told || verdict.Program == "" {
		return
	}
	f := finding(CodeProgramUndecided, "path", verdict.Store.Path, "program", strings.TrimSpace(verdict.Program+" "+verdict.Version),
		"server", v.Target, "why", verdict.Why)
	d.problems = append(d.problems, Problem{Finding: f, Store: placeOf(verdict.Store)})
}
