package truststore

import (
	"context"
	"strings"
)

func nssServes(string) []string { return []string{servesBrowsers} }

// examineNSS notes browsers that a sandbox gives stores of their own, that were
// started before their store was changed, and databases that none of them reads.
func examineNSS(ctx context.Context, d *diagnosis) {
	for _, s := range d.stores(KindNSS) {
		d.staleBrowser(s)
		d.unreadDatabase(ctx, s)
		path := strings.ReplaceAll(s.Info.Path, `\`, "/")
		for _, mark := range []string{"/snap/", "/.var/app/", "/Packages/Mozilla."} {
			if strings.Contains(path, mark) {
				d.problems = append(d.problems, d.at(s, finding(CodeProgramConfined, "path", s.Info.Path, "program", s.Info.Label)))
			}
		}
	}
}

// staleBrowser notes a browser that was started before its database was changed:
// it remembers what it made of a CA that it has met.
func (d *diagnosis) staleBrowser(s StorePlan) {
	h := d.machine.host()
	if !s.Info.Running || s.Info.runningSince.IsZero() {
		return
	}
	for _, name := range []string{"cert9.db", "key4.db"} {
		info, err := h.Stat(h.Join(s.Info.Path, name))
		if err == nil && info.ModTime().After(s.Info.runningSince) {
			d.problems = append(d.problems, d.at(s, finding(CodeProgramStale, "program", s.Info.Label, "path", s.Info.Path)))
			return
		}
	}
}

// unreadDatabase notes that certificates are in the database that Chromium's
// browsers do not look at while they have an older one.
func (d *diagnosis) unreadDatabase(ctx context.Context, s StorePlan) {
	if s.Info.unread == "" {
		return
	}
	found, err := nssAt(d.machine, Selector{Kind: KindNSS, Path: s.Info.unread, Dir: true})
	if err != nil || len(found.stores) == 0 {
		return
	}
	snap, err := found.stores[0].Read(ctx)
	if err == nil && len(snap.Entries) == 0 {
		return
	}
	d.problems = append(d.problems, d.at(s, finding(CodeStoreUnlooked, "path", s.Info.unread, "program", s.Info.Label, "store", s.Info.Path)))
}
