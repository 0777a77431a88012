package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// document writes the one JSON document of a run.
func (a *app) document(doc any) {
	// Encoded as a whole before anything is written: there is no half document.
	var whole bytes.Buffer
	enc := json.NewEncoder(&whole)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(doc); err != nil {
		printf(a.stderr, "hktrust: %v\n", err)
		a.exit = truststore.ExitFailed
		return
	}
	io.WriteString(a.stdout, escaped(whole.String())) // run tells of a failure
}

// envelope is a document without stores.
type envelope struct {
	Format  string                  `json:"format"`
	Command string                  `json:"command,omitempty"`
	Exit    truststore.Exit         `json:"exit"`
	Error   *truststore.ErrorReport `json:"error,omitempty"`

	Version      *versionInfo  `json:"version,omitempty"`
	Catalogue    string        `json:"catalogue,omitempty"`
	Certificates []certificate `json:"certificates,omitempty"`
}

// finish says what a run came to, after the stores were told one by one.
func (a *app) finish(r *truststore.Report) {
	a.exit = r.Exit
	if a.json {
		a.document(r)
		return
	}
	for _, f := range r.Findings {
		printf(a.stderr, "%s\n", a.text.finding(f))
	}
	if len(r.Refused) > 0 {
		a.refused(r)
		return
	}
	if r.Error != nil {
		printf(a.stderr, "hktrust: %s\n", a.failed(r.Err))
	}
	fmt.Fprintln(a.stdout, a.summary(r))
	a.advise(r)
}

// tell prints a store as soon as it is done.
func (a *app) tell(e truststore.Event) {
	if a.json {
		return
	}
	s := e.Store
	status := "status." + string(s.Status)
	made, left := partOf(s)
	if len(left) > 0 {
		status = "status.partly"
	}
	printf(a.stdout, "%s %s %s%s\n", pad(a.text.say(status), 8), pad(string(s.Info.Kind), 9), s.Info.Path, a.label(s.Info))
	for _, c := range s.Changes {
		printf(a.stdout, "  %s %s%s\n", c.Sign(), nameOf(c, s.Changes), a.reason(c))
	}
	if len(left) > 0 {
		printf(a.stdout, "  %s\n", a.text.say("summary.partly-made", "made", strconv.Itoa(made), "all", strconv.Itoa(made+len(left)), "left", a.text.list(left...)))
	}
	if s.Err != nil {
		a.tellFailure(s)
	}
	for _, f := range s.Findings {
		printf(a.stdout, "  ? %s\n", a.text.finding(f))
	}
}

// partOf counts the changes of a store that were made where others could not be,
// and names those; it names none where it was all or nothing.
func partOf(s truststore.StoreReport) (made int, left []string) {
	for _, c := range s.Changes {
		switch {
		case c.Changed:
			made++
		case c.Effective():
			left = append(left, nameOf(c, s.Changes))
		}
	}
	if made == 0 {
		left = nil
	}
	return made, left
}

// nameOf tells a certificate from its reissues, which have the same name.
func nameOf(c truststore.Result, all []truststore.Result) string {
	for _, other := range all {
		if other.Name == c.Name && other.SHA256 != c.SHA256 {
			return fmt.Sprintf("%s (%x…)", c.Name, c.SHA256[:4])
		}
	}
	return c.Name
}

// label names a store's programs and, where it is another user's, that user.
func (a *app) label(info truststore.Info) string {
	var parts []string
	if info.Label != "" {
		parts = append(parts, a.text.label(info.Label))
	}
	if info.Owner != nil {
		parts = append(parts, a.text.say("label.user", "user", cmp.Or(info.Owner.Name, strconv.Itoa(info.Owner.UID))))
	}
	if len(parts) == 0 {
		return ""
	}
	return a.text.say("format.open") + strings.Join(parts, a.text.say("format.semicolon")) + a.text.say("format.close")
}

// reason is why a line's change is blocked, or not needed.
func (a *app) reason(c truststore.Result) string {
	switch {
	case c.Blocked != "":
		return a.text.say("format.colon") + a.text.code(c.Blocked)
	case c.Action == truststore.Keep, c.Action == truststore.Remove && c.Reason == truststore.CodeRetired:
		return a.text.say("format.colon") + a.text.code(c.Reason)
	}
	return ""
}

// summary is what a help desk can ask to be read out.
func (a *app) summary(r *truststore.Report) string {
	n := tally(r)
	args := []string{
		"changed", a.count(n.changed), "busy", a.count(n.wrong), "wrong", a.share(n.wrong, len(r.Stores)), "failed", a.count(n.failed), "stores", a.count(len(r.Stores)),
	}
	if failure := (*truststore.StoreError)(nil); errors.As(r.Err, &failure) {
		args = append(args, "store", failure.Info.Path)
	}
	text := a.text.say(a.summaryKey(r, n), append(args, "file", a.saved)...)
	if written := writtenBeside(r); len(written) > 0 {
		text += a.text.say("format.next") + a.text.say("summary.written", "stores", a.text.list(written...))
	}
	if r.Exit != truststore.ExitOK {
		text += a.text.say("format.next") + a.text.say("summary.exit", "exit", strconv.Itoa(int(r.Exit)))
	}
	return text
}

// wantsPassword reports whether what remains needs a password, and nothing else
// of a person.
func wantsPassword(r *truststore.Report) bool {
	password := func(c truststore.Code) bool {
		return c == truststore.CodePasswordRequired || c == truststore.CodeWrongPassword
	}
	wants := false
	for _, s := range r.Stores {
		if s.Error != nil {
			wants = true
			if !password(s.Error.Code) {
				return false
			}
		}
		for _, c := range s.Changes {
			if c.Blocked == "" {
				continue
			}
			wants = true
			if !password(c.Blocked) {
				return false
			}
		}
	}
	return wants
}

// writtenBeside are the stores that were written where the run failed elsewhere
// or afterwards.
func writtenBeside(r *truststore.Report) []string {
	if !r.Changed || !slices.Contains([]truststore.Exit{truststore.ExitFailed, truststore.ExitPartly, truststore.ExitBusy, truststore.ExitInterrupted}, r.Exit) {
		return nil
	}
	var out []string
	for _, s := range r.Stores {
		if slices.ContainsFunc(s.Changes, func(c truststore.Result) bool { return c.Changed }) {
			out = append(out, s.Info.Path)
		}
	}
	return out
}

// waits reports whether a store is not there, so that its undo is still to come.
func waits(s truststore.StoreReport) bool {
	return slices.ContainsFunc(s.Findings, func(f truststore.Finding) bool { return f.Code == truststore.CodeStoreVanished })
}

// forgotten reports whether the undo of a store is not waited for any more.
func forgotten(s truststore.StoreReport) bool {
	return slices.ContainsFunc(s.Findings, func(f truststore.Finding) bool { return f.Code == truststore.CodeUndoForgotten })
}

func (a *app) summaryKey(r *truststore.Report, n counts) string {
	if (r.Exit == truststore.ExitPerson || r.Exit == truststore.ExitFailed) && wantsPassword(r) {
		return "summary.password"
	}
	switch r.Exit {
	case truststore.ExitOK:
		switch {
		case r.Command == "plan" && n.wrong > 0 && a.saved != "":
			return "summary.plan-saved"
		case r.Command == "plan" && n.wrong > 0:
			return "summary.plan"
		case r.Changed && r.Command == "undo" && (a.narrowed || slices.ContainsFunc(r.Stores, waits)):
			return "summary.undone-part"
		case r.Changed && r.Command == "undo":
			return "summary.undone"
		case r.Changed:
			return "summary.changed"
		case r.Command == "undo" && slices.ContainsFunc(r.Stores, forgotten):
			return "summary.forgotten"
		case len(r.Stores) == 0 || r.Command == "undo":
			return "summary.nothing"
		}
		return "summary.ok"
	case truststore.ExitWrong:
		return "summary.wrong"
	case truststore.ExitElevation:
		return "summary.elevation"
	case truststore.ExitPartly:
		return "summary.partly"
	case truststore.ExitBusy:
		if len(r.Stores) == 0 && r.Error != nil && r.Error.Code == truststore.CodeStale {
			return "summary.stale"
		}
		return "summary.busy"
	case truststore.ExitPerson:
		return "summary.person"
	case truststore.ExitInterrupted:
		return "summary.interrupted"
	case truststore.ExitUsage:
		return "summary.usage"
	case truststore.ExitFailed:
		if r.Error == nil && (r.Command == "check" || r.Command == "plan") {
			return "summary.unknown"
		}
	}
	return "summary.failed"
}

// counts are numbers of stores.
type counts struct{ changed, wrong, failed int }

func tally(r *truststore.Report) counts {
	var n counts
	for _, s := range r.Stores {
		switch s.Status {
		case truststore.StatusChanged:
			n.changed++
			if slices.ContainsFunc(s.Findings, truststore.Finding.Wrong) {
				n.wrong++
			}
		case truststore.StatusDiffers, truststore.StatusBlocked:
			n.wrong++
		case truststore.StatusFailed, truststore.StatusUnknown:
			n.failed++
			n.wrong++
		default:
			if slices.ContainsFunc(s.Findings, truststore.Finding.Wrong) {
				n.wrong++
			}
		}
	}
	if r.Command == "plan" {
		n.changed = n.wrong
	}
	return n
}

func (a *app) count(n int) string { return a.text.count("store", n) }

// share says how many stores these are of all.
func (a *app) share(n, all int) string {
	if n == all {
		return a.count(n)
	}
	return a.text.say("count.share", "n", strconv.Itoa(n), "stores", a.count(all))
}

// count says how many there are of something.
func (l language) count(what string, n int) string {
	if n == 1 {
		return l.say("count." + what)
	}
	return l.say("count."+what+"s", "n", strconv.Itoa(n))
}

// refused explains why a goal was refused and what would make it accepted.
func (a *app) refused(r *truststore.Report) {
	fmt.Fprintln(a.stdout, a.text.say("refused.title", "goal", r.Goal))
	flags := map[string]bool{}
	pick := false
	for _, c := range r.Refused {
		printf(a.stdout, "  ! %s (SHA-256 %s)\n", c.Name, c.SHA256)
		for _, cond := range c.Conditions {
			printf(a.stdout, "      %s\n", a.condition(cond))
			if flag := acceptFlags[cond.Code]; flag != "" {
				flags[flag] = true
			}
			pick = pick || cond.Code == truststore.CodeNotCA
		}
	}
	if slices.Contains(hkpost.Profiles(), hkpost.Profile(r.Goal)) {
		fmt.Fprintln(a.stderr, a.text.say("refused.use"))
	}
	if pick {
		fmt.Fprintln(a.stderr, a.text.say("refused.pick"))
	}
	var names []string
	for _, code := range []truststore.Code{truststore.CodeExpired, truststore.CodeKnownBad, truststore.CodeWeak, truststore.CodeNotAnchor} {
		if flags[acceptFlags[code]] {
			names = append(names, acceptFlags[code])
		}
	}
	if len(names) > 0 {
		fmt.Fprintln(a.stderr, a.text.say("refused.accept", "flags", strings.Join(names, " ")))
	}
}

// acceptFlags are the options that accept a condition by name.
var acceptFlags = map[truststore.Code]string{
	truststore.CodeExpired:     "--accept-expired",
	truststore.CodeNotYetValid: "--accept-expired",
	truststore.CodeKnownBad:    "--accept-revoked",
	truststore.CodeWeak:        "--accept-weak",
	truststore.CodeNotAnchor:   "--as-anchor",
}

// condition is a fact about a certificate as a phrase.
func (a *app) condition(c truststore.Condition) string { return a.text.condition(c) }

func (l language) condition(c truststore.Condition) string {
	text := l.say("condition."+string(c.Code), "date", c.Date, "detail", c.Detail)
	if c.Replacement != "" {
		text += l.say("format.semicolon") + l.say("condition.replacement", "replacement", c.Replacement)
	}
	return text
}
