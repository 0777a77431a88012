//go:build unix

package truststore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// What remove took away from others comes back with undo, exactly.
func TestNSSUndoOfRemove(t *testing.T) {
	older, newer := olderNSS(t), newerNSS(t)
	for _, place := range []string{"db", "home/.pki/nssdb"} {
		t.Run(filepath.Base(place), func(t *testing.T) {
			t.Parallel()
			w, pki := newWorld(t), javatest.NewPKI(t)
			dir := older.newDB(t, filepath.Join(w.dir, place))
			older.add(t, dir, "Theirs", "c,C,", pki.Root.Raw)
			newer.run(t, dir, "-M", "-n", "Theirs", "-t", "CT,,C")
			original := objects(t, dir)
			m := w.machine("test", dir)
			remove(t, m, truststore.ExitOK, pki.Root.Certificate)
			if got := query(t, filepath.Join(dir, "cert9.db"), "SELECT a0 FROM nssPublic"); len(got) != 0 {
				t.Errorf("left: %v", got)
			}
			undo(t, m, truststore.ExitOK)
			if got := objects(t, dir); got != original {
				t.Errorf("undo leaves\n%s\nwhere there was\n%s", got, original)
			}
			w.wantReceipts(0)
		})
	}
}

// Several programs of ours and certutil change one database at the same time;
// none loses what another wrote.
func TestNSSAtTheSameTime(t *testing.T) {
	t.Parallel()
	w, g := newWorld(t), newerNSS(t)
	dir := g.newDB(t, filepath.Join(w.dir, "db"))
	original := objects(t, dir)
	var wait sync.WaitGroup
	const each = 6
	var ours, theirs [each]*javatest.PKI
	for i := range each {
		ours[i], theirs[i] = javatest.NewPKI(t), javatest.NewPKI(t)
	}
	for i := range each {
		wait.Go(func() {
			m := w.machine(fmt.Sprint("owner ", i), dir)
			if r, err := m.Ensure(t.Context(), ownGoal(ours[i].Root)); r.Exit != truststore.ExitOK {
				t.Errorf("owner %d: %v", i, err)
			}
		})
	}
	for i := range each {
		g.add(t, dir, fmt.Sprint("theirs ", i), "T,,", theirs[i].Root.Raw)
	}
	wait.Wait()
	for i := range each {
		if got := g.flags(t, dir, fmt.Sprint("theirs ", i)); got != "T,," {
			t.Errorf("theirs %d: %s", i, got)
		}
		if got := g.flags(t, dir, truststore.EntryName(ours[i].Root.Certificate)); got != "C,," {
			t.Errorf("ours %d: %s", i, got)
		}
	}
	for i := range each {
		wait.Go(func() {
			m := w.machine(fmt.Sprint("owner ", i), dir)
			if r, err := m.Undo(t.Context(), truststore.UndoOptions{}); r.Exit != truststore.ExitOK {
				t.Errorf("undo of owner %d: %v", i, err)
			}
		})
		g.run(t, dir, "-D", "-n", fmt.Sprint("theirs ", i))
	}
	wait.Wait()
	w.wantReceipts(0)
	if got := objects(t, dir); got != original {
		t.Errorf("left:\n%s", got)
	}
}

// Others give names that NSS would not let us give.
func TestNSSOddNicknames(t *testing.T) {
	t.Parallel()
	for _, nickname := range []string{"", "A Token:theirs", "tab\there", strings.Repeat("x", 500)} {
		w, g, pki := newWorld(t), newerNSS(t), javatest.NewPKI(t)
		dir := g.newDB(t, filepath.Join(w.dir, "db"))
		g.add(t, dir, "theirs", "T,,", pki.Root.Raw)
		query(t, filepath.Join(dir, "cert9.db"), fmt.Sprintf("UPDATE nssPublic SET a3 = x'%x' WHERE a0 = x'00000001'", nickname))
		original := objects(t, dir)
		m := w.machine("test", dir)
		ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
		check(t, m, ownGoal(pki.Root), truststore.ExitOK)
		undo(t, m, truststore.ExitOK)
		if got := objects(t, dir); got != original {
			t.Errorf("%.20q: undo leaves\n%s\nwhere there was\n%s", nickname, got, original)
		}
		w.wantReceipts(0)
		remove(t, m, truststore.ExitOK, pki.Root.Certificate)
		undo(t, m, truststore.ExitOK)
		w.wantReceipts(0)
	}
}

// The machine's database belongs to no user, and is never made.
func TestNSSDatabaseOfTheMachine(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	dir := filepath.Join(filepath.Dir(home), "etc/pki/nssdb")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	m := homeMachine(home)
	m.Select = []truststore.Selector{{Kind: truststore.KindNSS}}
	if r := ensure(t, m, serverGoal(t), truststore.ExitOK); len(r.Stores) != 0 {
		t.Errorf("stores %+v", r.Stores)
	}
	olderNSS(t).newDB(t, dir)
	r := ensure(t, m, serverGoal(t), truststore.ExitOK)
	if len(r.Stores) != 1 || r.Stores[0].Info.Scope != truststore.ScopeMachine {
		t.Errorf("stores %+v", r.Stores)
	}
	wantFlags(t, dir, embedded(t, "root-ca-3"), "C,,")
	m.Scope = truststore.ScopeUser
	if infos := infosOf(t, m); len(infos) != 0 {
		t.Errorf("a user's stores are %+v", infos)
	}
}

// Undo finds a database under each of its names.
func TestNSSUndoInANamedDatabase(t *testing.T) {
	w, g, pki := newWorld(t), newerNSS(t), javatest.NewPKI(t)
	dir, link := g.newDB(t, filepath.Join(w.dir, "db")), filepath.Join(w.dir, "link")
	symlink(t, "db", link)
	m := w.machine("test", dir)
	for _, sel := range []truststore.Selector{
		{Path: dir}, {Path: link}, {Kind: truststore.KindNSS, Path: link, Dir: true}, {Kind: truststore.KindNSS}, {Path: filepath.Join(link, "cert9.db")},
	} {
		ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
		r, err := m.Undo(t.Context(), truststore.UndoOptions{Stores: []truststore.Selector{sel}})
		if sound(t, r, err); !r.Changed {
			t.Errorf("%+v names nothing", sel)
		}
	}
}

// A plan for an NSS database can be kept and carried out later; what has become
// more since is refused.
func TestNSSPlanIsKept(t *testing.T) {
	t.Parallel()
	w, g, pki := newWorld(t), newerNSS(t), javatest.NewPKI(t)
	dir := g.newDB(t, filepath.Join(w.dir, "db"))
	// Its program reads what a newer certutil writes alone.
	put(t, "[Compatibility]\nLastVersion=153.7.0_20260101000000/20260101000000\nLastPlatformDir=/usr/lib/firefox\n", dir, "compatibility.ini")
	m := w.machine("test", dir)
	plan, err := m.Plan(t.Context(), ownGoal(pki.Root, pki.Issuing))
	if err != nil || !plan.Needs() {
		t.Fatal(err)
	}
	g.add(t, dir, "theirs", "T,,", pki.Root.Raw)
	r, err := m.Apply(t.Context(), plan)
	wantExit(t, sound(t, r, err), truststore.ExitBusy)
	g.run(t, dir, "-D", "-n", "theirs")
	g.add(t, dir, "theirs", "C,,", pki.Root.Raw) // less is left to do
	r, err = m.Apply(t.Context(), plan)
	wantExit(t, sound(t, r, err), truststore.ExitOK)
	if got := g.flags(t, dir, truststore.EntryName(pki.Issuing.Certificate)); got != ",," {
		t.Errorf("the issuing CA is listed as %s", got)
	}
}

// Trust that NSS ignores, because its signature is missing or wrong, is told of
// and written anew.
func TestNSSMendsVoidTrust(t *testing.T) {
	perGeneration(t, func(t *testing.T, g generation) {
		for what, statement := range map[string]string{
			"missing": "DELETE FROM metaData WHERE id LIKE 'sig_%'",
			"wrong":   "UPDATE metaData SET item1 = (SELECT item1 FROM metaData WHERE id LIKE 'sig_%' LIMIT 1) WHERE id LIKE 'sig_%'",
		} {
			w, pki := newWorld(t), javatest.NewPKI(t)
			dir := g.newDB(t, filepath.Join(w.dir, "db"))
			g.add(t, dir, "theirs", "C,,", pki.Root.Raw)
			query(t, filepath.Join(dir, "key4.db"), statement)
			m := w.machine("test", dir)
			r := check(t, m, ownGoal(pki.Root), truststore.ExitWrong)
			wantPlanned(t, r, pki.Root.Certificate, "~", truststore.CodeUntrusted)
			wantFinding(t, r, truststore.CodeNSSVoid)
			if g.validates(t, dir, pki) {
				t.Errorf("%s: NSS honours it", what)
			}
			r = ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			for _, c := range codes(r) {
				if c == truststore.CodeNSSVoid {
					t.Errorf("%s: still told of after it was mended", what)
				}
			}
			if !g.validates(t, dir, pki) {
				t.Errorf("%s: not valid after ensure", what)
			}
			undo(t, m, truststore.ExitOK)
			if got := g.flags(t, dir, "theirs"); got != ",," {
				t.Errorf("%s: undo leaves %s", what, got)
			}
			w.wantReceipts(0)
		}
	})
}

// A database with other names is not written to, and the names are told of.
func TestNSSHardLinked(t *testing.T) {
	w, g := newWorld(t), newerNSS(t)
	dir := g.newDB(t, filepath.Join(w.dir, "db"))
	if err := os.Link(filepath.Join(dir, "cert9.db"), filepath.Join(w.dir, "other")); err != nil {
		t.Skip(err)
	}
	before := tree(t, dir)
	m := w.machine("test", dir)
	r := ensure(t, m, ownGoal(javatest.NewPKI(t).Root), truststore.ExitFailed)
	wantFinding(t, r, truststore.CodeHardLinked)
	wantUntouched(t, before, dir)
	w.wantReceipts(0)
}
