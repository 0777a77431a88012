package main

import (
	"strings"

	"github.com/hktrust/hktrust/truststore"
)

// tellEntries prints a store and what it holds.
func (a *app) tellEntries(e truststore.Event) {
	if a.json {
		return
	}
	s := e.Store
	count := a.text.say("status." + string(s.Status))
	if s.Err == nil {
		count = a.text.count("certificate", s.Count)
	}
	printf(a.stdout, "%s %s%s%s%s\n", pad(string(s.Info.Kind), 9), s.Info.Path, a.label(s.Info), a.text.say("format.colon"), count)
	if s.Err != nil {
		a.tellFailure(s)
		return
	}
	if len(s.Entries) == 0 {
		printf(a.stdout, "  %s\n", a.text.say("list.none"))
	}
	for _, entry := range s.Entries {
		printf(a.stdout, "  %s%s\n", entry.CommonName, a.entryNotes(entry))
		printf(a.stdout, "      %s\n", strings.TrimSpace(entry.Trust.Name+"  "+entry.SHA256.String()))
	}
	for _, f := range s.Findings {
		printf(a.stdout, "  ? %s\n", a.text.finding(f))
	}
}

func (a *app) entryNotes(e truststore.ListedEntry) string {
	notes := ""
	if e.Trust.Native != "" {
		notes += " [" + e.Trust.Native + "]"
	}
	if !e.Trust.Present {
		notes += a.text.say("format.clause") + a.text.code(e.Trust.Reason)
	}
	if len(e.Owners) > 0 {
		what := "list.trusted"
		if e.Ours {
			what = "list.ours"
		}
		notes += a.text.say("format.clause") + a.text.say(what, "programs", strings.Join(e.Owners, ", "))
	}
	for _, c := range e.Conditions {
		notes += a.text.say("format.clause") + a.condition(c)
	}
	return notes
}

// listed ends a listing.
func (a *app) listed(r *truststore.Report) {
	if a.json {
		a.document(r)
		return
	}
	for _, f := range r.Findings {
		printf(a.stderr, "%s\n", a.text.finding(f))
	}
	if r.Error != nil {
		printf(a.stderr, "hktrust: %s\n", a.failed(r.Err))
	}
}
