package main

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore"
)

// tell prints what programs make of one chain: a line a verdict, the chain, and
// then the causes.
func (r *verification) tell(v *truststore.Verification) {
	out := r.app.stdout
	title := v.Target
	if v.ServerName != "" && !strings.HasPrefix(v.Target, v.ServerName) {
		title += " (" + v.ServerName + ")"
	}
	fmt.Fprintf(out, "%s\n", title)
	if v.Error != nil {
		fmt.Fprintf(out, "  ! %s\n", r.app.text.serverFailure(v.Error.Code))
		if !r.app.text.has("verify.failure." + string(v.Error.Code)) {
			fmt.Fprintf(r.app.stderr, "hktrust: %s\n", r.app.text.words(v.Error.Message))
		}
		return
	}
	for i, one := range v.Verdicts {
		r.tellVerdict(one)
		if i+1 == len(v.Verdicts) || !sameCure(one, v.Verdicts[i+1]) {
			r.tellCure(one)
		}
	}
	fmt.Fprintf(out, "  %s\n", r.app.text.say("verify.chain"))
	for i, c := range v.Chain {
		r.tellCertificate(i, c)
	}
	for _, f := range v.Findings {
		fmt.Fprintf(out, "  ? %s\n", r.finding(f))
	}
	fmt.Fprintln(out, r.summary(v))
}

func (r *verification) tellVerdict(v truststore.Verdict) {
	out := r.app.stdout
	fmt.Fprintf(out, "  %s %s %s%s\n", pad(r.app.text.say("verify.answer."+string(v.Answer)), 8), pad(string(v.Store.Kind), 9), v.Store.Path, r.app.label(v.Store))
	who := strings.TrimSpace(v.Program + " " + v.Version)
	switch {
	case v.OK() && len(v.Path) > 0:
		fmt.Fprintf(out, "      %s\n", strings.TrimLeft(r.app.text.say("verify.rests", "program", who, "anchor", v.Path[len(v.Path)-1].Name), ":： "))
	case who != "":
		fmt.Fprintf(out, "      %s%s%s (%s)\n", who, r.app.text.say("format.colon"), r.app.text.say("verify.code."+string(v.Code)), v.Code)
	}
	for _, line := range []struct{ key, value string }{
		{"verify.profile", v.Profile}, {"verify.words", v.Words},
		{"verify.why", r.app.text.reason(v.Why, v.WhyReason)}, {"verify.assumed", r.app.text.reason(v.Assumed, v.AssumedReason)},
	} {
		if line.value != "" {
			fmt.Fprintf(out, "      %s\n", r.app.text.say(line.key, "text", line.value))
		}
	}
	if v.At != nil {
		fmt.Fprintf(out, "      %s\n", r.app.text.say("verify.at", "certificate", v.At.Name))
	}
}

// reason says why something is not known, or is assumed.
func (l language) reason(text string, why *truststore.Reason) string {
	for _, family := range []string{"verify.reason.", "code."} {
		if why != nil && l.has(family+string(why.Code)) {
			return l.say(family+string(why.Code), pairs(why.Args)...)
		}
	}
	return l.words(text)
}

// sameCure reports whether two verdicts are about one store and have one cure,
// which then is told once.
func sameCure(a, b truststore.Verdict) bool {
	return a.Store.Kind == b.Store.Kind && a.Store.Path == b.Store.Path && a.Cure == b.Cure && reflect.DeepEqual(a.Remedy, b.Remedy)
}

func (r *verification) tellCure(v truststore.Verdict) {
	if v.Remedy != nil {
		r.app.tellRemedy("      ", v.Remedy)
	}
	if v.Cure != "" && (v.Remedy == nil || v.Cure == truststore.CureBoth || v.Cure == truststore.CureOrphan) {
		fmt.Fprintf(r.app.stdout, "      -> %s\n", r.app.text.say("verify.cure."+string(v.Cure)))
	}
}

func (r *verification) tellCertificate(i int, c truststore.PresentedCertificate) {
	line := fmt.Sprintf("    %d %s", i, c.Name)
	if !c.NotAfter.IsZero() {
		line += r.app.text.say("format.semicolon") + r.app.text.say("verify.valid", "from", c.NotBefore.Format(time.DateOnly), "to", c.NotAfter.Format(time.DateOnly))
	}
	if c.Fetched {
		line += r.app.text.say("format.semicolon") + r.app.text.say("verify.fetched")
	}
	fmt.Fprintln(r.app.stdout, line)
	fmt.Fprintf(r.app.stdout, "      SHA-256 %s\n", c.SHA256)
}

// finding is a finding about a chain, or one that all commands know.
func (r *verification) finding(f truststore.Finding) string {
	if key := "verify.finding." + string(f.Code); r.app.text.has(key) {
		return r.app.text.say(key, pairs(f.Args)...)
	}
	return r.app.text.finding(f)
}

// serverFailure says why there is no chain.
func (l language) serverFailure(c truststore.Code) string {
	if key := "verify.failure." + string(c); l.has(key) {
		return l.say(key)
	}
	return l.code(c)
}

func (r *verification) summary(v *truststore.Verification) string {
	counts := map[truststore.Answer]int{}
	for _, one := range v.Verdicts {
		counts[one.Answer]++
	}
	text := r.app.text.say("verify.summary", "trusted", strconv.Itoa(counts[truststore.AnswerTrusted]),
		"refused", strconv.Itoa(counts[truststore.AnswerRefused]), "unknown", strconv.Itoa(counts[truststore.AnswerUnknown]))
	if v.Exit != truststore.ExitOK {
		text += r.app.text.say("format.next") + r.app.text.say("summary.exit", "exit", strconv.Itoa(int(v.Exit)))
	}
	return text
}
