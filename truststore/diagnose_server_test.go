package truststore

import (
	"testing"

	"github.com/hktrust/hktrust/truststore/chain"
)

// Missing certificates are the cause of a refusal only where they would lift it.
func TestWhatIsMissingExplainsWhatItWouldLift(t *testing.T) {
	info := Info{Kind: KindJava, Path: "/opt/jdk/lib/security/cacerts"}
	for _, c := range []struct {
		name       string
		catalogued bool
		cure       Cure
		want       Code // under which the refusal is told
	}{
		{"with it, the program trusts the chain", true, CureEnsure, CodeIssuerMissing},
		{"somebody's chain", false, CureAnchor, CodeServerStrange},
		{"somebody's chain, without its issuer", false, CureOrphan, CodeServerStrange},
		{"Hongkong Post's, under a root that is retired", true, CureRenew, CodeProgramRefuses},
	} {
		d := diagnosis{machine: &Machine{}, problems: []Problem{{Finding: finding(CodeIssuerMissing), Store: placeOf(info)}}}
		d.refused(&Verification{Target: "www.example.org", catalogued: c.catalogued},
			Verdict{Store: info, written: info, Program: "java", Answer: AnswerRefused, Code: chain.NoPath, Cure: c.cure})
		var under Code
		for _, p := range d.problems {
			if p.Code == CodeProgramRefuses || len(p.Consequences) > 0 {
				under = p.Code
			}
		}
		if under != c.want {
			t.Errorf("%s: told under %s, want %s", c.name, under, c.want)
		}
	}
}

// A variable that leads a program to a file without the root is what is wrong,
// where another program has the root.
func TestVariableThatLeadsElsewhereIsTheCause(t *testing.T) {
	bundle := Info{Kind: KindBundle, Path: "/srv/ca.pem"}
	refused := Verdict{Store: bundle, written: bundle, Program: "openssl", Answer: AnswerRefused, Code: chain.NoPath, Cure: CureFile}
	for others, want := range map[Answer]RemedyCode{AnswerTrusted: RemedyBundle, AnswerRefused: RemedyAnchor} {
		d := diagnosis{machine: &Machine{}}
		d.refused(&Verification{
			Target: "www.example.org", Verdicts: []Verdict{refused, {Answer: others}},
			Findings: []Finding{finding(CodeEnvironmentBundle, "variable", "SSL_CERT_FILE", "path", bundle.Path, "programs", "openssl")},
		}, refused)
		if len(d.problems) != 1 || d.problems[0].Remedy == nil || d.problems[0].Remedy.Code != want {
			t.Errorf("others: %s: %+v", others, d.problems)
		}
	}
}

// GovHK's ways to log in depend on GovHK's servers, on what reads the stores,
// and on what can be known.
func TestWaysToLogIn(t *testing.T) {
	at := func(code Code, level FindingLevel, kind Kind) Problem {
		p := Problem{Finding: note(code, level)}
		if kind != "" {
			p.Store = &Place{Kind: kind}
		}
		return p
	}
	for _, c := range []struct {
		name, server string
		problem      Problem
		browsers     WayState // the ways of a browser alone
		certificate  WayState // the way that needs Java as well
	}{
		{"nobody knows the root of another server", "www.example.org", at(CodeServerStrange, LevelError, ""), WayClear, WayClear},
		{"nobody knows GovHK's", "www.gov.hk", at(CodeServerStrange, LevelError, ""), WayAffected, WayAffected},
		{"by its Chinese name", "www.xn--mxtq1m.xn--j6w193g:443", at(CodeIntercepted, LevelError, ""), WayAffected, WayAffected},
		{"another server's name does not resolve", "gov.hk.example.org", at(CodeServerUnasked, LevelWarning, ""), WayClear, WayClear},
		{"GovHK's does not", "WWW.GOV.HK.:443", at(CodeServerUnasked, LevelWarning, ""), WayUnknown, WayUnknown},
		{"Java refuses another server", "www.example.org", at(CodeProgramRefuses, LevelError, KindJava), WayClear, WayClear},
		{"Java refuses GovHK", "www.gov.hk", at(CodeProgramRefuses, LevelError, KindJava), WayClear, WayAffected},
		{"Java lacks something", "", at(CodeRootMissing, LevelError, KindJava), WayClear, WayAffected},
		{"a browser's store cannot be read", "", at(CodeStoreUnread, LevelError, KindNSS), WayUnknown, WayUnknown},
		{"the clock is wrong", "", at(CodeClockWrong, LevelError, ""), WayAffected, WayAffected},
	} {
		d := diagnosis{machine: &Machine{}, problems: []Problem{c.problem}}
		for _, w := range d.ways(c.server) {
			want := c.browsers
			if w.Code == "certificate" {
				want = c.certificate
			}
			if w.State != want {
				t.Errorf("%s: %s is %s, want %s", c.name, w.Code, w.State, want)
			}
		}
	}
}
