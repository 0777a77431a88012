//go:build unix

package truststore_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// newHome makes an empty home directory for homeMachine.
func newHome(t testing.TB) string {
	t.Helper()
	home := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	return home
}

// put writes a file and the directories above it.
func put(t testing.TB, content string, elem ...string) string {
	t.Helper()
	path := filepath.Join(elem...)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, path, []byte(content))
	return path
}

// chromiumUsed leaves what a Chromium of a version leaves in a home.
func chromiumUsed(t testing.TB, home, version string) {
	t.Helper()
	put(t, version, home, ".config", "chromium", "Last Version")
}

func TestNSSDiscovery(t *testing.T) {
	g := newerNSS(t)
	home := newHome(t)
	elsewhere := filepath.Join(filepath.Dir(home), "srv", "prófile & #1")
	for _, dir := range []string{
		filepath.Join(home, ".mozilla/firefox/abc.default-esr"),
		filepath.Join(home, ".mozilla/firefox/unlisted"),
		filepath.Join(home, ".config/mozilla/firefox/工作.default"),
		filepath.Join(home, "snap/firefox/common/.mozilla/firefox/s.default"),
		filepath.Join(home, ".var/app/org.mozilla.firefox/config/mozilla/firefox/f.default"),
		filepath.Join(home, ".thunderbird/t.default"),
		elsewhere,
	} {
		firefoxProfile(t, g.newDB(t, dir), "153.7.0")
	}
	put(t, "[Profile0]\nName=default-esr\nIsRelative=1\nPath=abc.default-esr\n\n"+
		"[Profile1]\nName=Prófile\nIsRelative=0\nPath=/srv/prófile & #1\n\n"+
		"[Profile2]\nName=never used\nIsRelative=1\nPath=never.used\n", home, ".mozilla/firefox/profiles.ini")
	put(t, "[Profile0]\nName=工作\nIsRelative=1\nPath=工作.default\n", home, ".config/mozilla/firefox/profiles.ini")
	put(t, "[Profile0]\nName=t\nIsRelative=1\nPath=t.default\n", home, ".thunderbird/profiles.ini")
	if err := os.MkdirAll(filepath.Join(home, ".mozilla/firefox/never.used"), 0o700); err != nil {
		t.Fatal(err)
	}
	older := olderNSS(t).newDB(t, filepath.Join(home, ".pki/nssdb"))
	chromiumUsed(t, home, "156.0.8078.79")

	want := map[string]string{ // path: label
		"/home/.mozilla/firefox/abc.default-esr":                              "Firefox 153.7.0, profile default-esr",
		"/home/.mozilla/firefox/unlisted":                                     "Firefox 153.7.0",
		"/srv/prófile & #1":                                                   "Firefox 153.7.0, profile Prófile",
		"/home/.config/mozilla/firefox/工作.default":                            "Firefox 153.7.0, profile 工作",
		"/home/snap/firefox/common/.mozilla/firefox/s.default":                "Firefox 153.7.0 snap",
		"/home/.var/app/org.mozilla.firefox/config/mozilla/firefox/f.default": "Firefox 153.7.0 flatpak",
		"/home/.thunderbird/t.default":                                        "Thunderbird 153.7.0, profile t",
		"/home/.pki/nssdb":                                                    "Chromium 156.0.8078.79",
	}
	m := homeMachine(home)
	m.Select = []truststore.Selector{{Kind: truststore.KindNSS}}
	got := map[string]string{}
	for _, info := range infosOf(t, m) {
		got[info.Path] = info.Label
		if info.Scope != truststore.ScopeUser && info.Path != "/srv/prófile & #1" {
			t.Errorf("%s: scope %s", info.Path, info.Scope)
		}
	}
	for path, label := range want {
		if got[path] != label {
			t.Errorf("%s: %q, want %q", path, got[path], label)
		}
	}
	if len(got) != len(want) {
		t.Errorf("found %q", slices.Sorted(maps.Keys(got)))
	}

	pki := javatest.NewPKI(t)
	r := ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	if len(r.Stores) != len(want) {
		t.Errorf("%d stores", len(r.Stores))
	}
	for path := range want {
		dir := filepath.Join(filepath.Dir(home), path)
		if got := g.flags(t, dir, truststore.EntryName(pki.Root.Certificate)); got != "C,," {
			t.Errorf("%s: %s", path, got)
		}
	}
	wantFlags(t, older, pki.Root.Certificate, "C,,")
	undo(t, m, truststore.ExitOK)
	wantFlags(t, older, pki.Root.Certificate, "-")
	// A server's goal is met in all of them, and by e-mail in none.
	check(t, m, serverGoal(t), truststore.ExitOK)
	check(t, m, profileGoal(t, hkpost.ECert), truststore.ExitWrong)
}

// One database that cannot be used keeps no other from being served.
// What certutil takes for a database is one: an empty file, and files that are
// links.
func TestNSSOddDatabases(t *testing.T) {
	g := newerNSS(t)
	pki := javatest.NewPKI(t)
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"empty file": func(t *testing.T, dir string) { write(t, filepath.Join(dir, "cert9.db"), nil) },
		"file that is a link": func(t *testing.T, dir string) {
			rename(t, filepath.Join(dir, "cert9.db"), filepath.Join(dir, "real.db"))
			symlink(t, "real.db", filepath.Join(dir, "cert9.db"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := newHome(t)
			dir := g.newDB(t, filepath.Join(home, ".mozilla/firefox/odd"))
			put(t, "[Profile0]\nName=odd\nIsRelative=1\nPath=odd\n", home, ".mozilla/firefox/profiles.ini")
			spoil(t, dir)
			m := homeMachine(home)
			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			if got := g.flags(t, dir, truststore.EntryName(pki.Root.Certificate)); got != "C,," {
				t.Errorf("it lists %s", got)
			}
			undo(t, m, truststore.ExitOK)
		})
	}
}

func TestNSSOneThatFails(t *testing.T) {
	g := newerNSS(t)
	pki := javatest.NewPKI(t)
	damaged := func(t *testing.T, dir string) {
		data := read(t, filepath.Join(dir, "cert9.db"))
		write(t, filepath.Join(dir, "cert9.db"), data[:len(data)/2])
	}
	tests := map[string]struct {
		spoil func(t *testing.T, dir string)
		exit  truststore.Exit
		is    error
		code  truststore.Code // a finding
	}{
		"damaged":        {damaged, truststore.ExitPartly, truststore.ErrDamaged, ""},
		"not a database": {func(t *testing.T, dir string) { write(t, filepath.Join(dir, "cert9.db"), []byte("hello")) }, truststore.ExitPartly, truststore.ErrDamaged, ""},
		"key4 damaged":   {func(t *testing.T, dir string) { write(t, filepath.Join(dir, "key4.db"), []byte("hello")) }, truststore.ExitPartly, truststore.ErrDamaged, ""},
		"link loop": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			symlink(t, filepath.Base(dir), dir)
		}, truststore.ExitPartly, nil, ""},
		"legacy": {func(t *testing.T, dir string) {
			os.Remove(filepath.Join(dir, "key4.db"))
			if err := os.Rename(filepath.Join(dir, "cert9.db"), filepath.Join(dir, "cert8.db")); err != nil {
				t.Fatal(err)
			}
		}, truststore.ExitOK, nil, truststore.CodeNSSLegacy},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := newHome(t)
			root := filepath.Join(home, ".mozilla/firefox")
			good, bad := g.newDB(t, filepath.Join(root, "good")), g.newDB(t, filepath.Join(root, "bad"))
			put(t, "[Profile0]\nName=good\nIsRelative=1\nPath=good\n[Profile1]\nName=bad\nIsRelative=1\nPath=bad\n", root, "profiles.ini")
			test.spoil(t, bad)
			before := tree(t, bad)
			m := homeMachine(home)
			r := ensure(t, m, ownGoal(pki.Root), test.exit)
			if test.is != nil && !errors.Is(r.Err, test.is) {
				t.Errorf("error %v is not %v", r.Err, test.is)
			}
			if test.code != "" {
				wantFinding(t, r, test.code)
			}
			wantUntouched(t, before, bad)
			if got := g.flags(t, good, truststore.EntryName(pki.Root.Certificate)); got != "C,," {
				t.Errorf("the good one lists %s", got)
			}
			undo(t, m, truststore.ExitOK)
		})
	}
}

// A database is made only for browsers that would use it, where they would look
// for it, and only if something must be written.
func TestNSSDatabaseIsMadeWhereChromiumLooks(t *testing.T) {
	pki := javatest.NewPKI(t)
	tests := map[string]struct {
		version string
		older   bool // ~/.pki/nssdb exists, empty
		goal    truststore.Goal
		want    string // directory of the database; "" for none
	}{
		"built in":                     {"156.0.8078.79", false, serverGoal(t), ""},
		"built in, version not known":  {"", false, serverGoal(t), ""},
		"own root":                     {"156.0.8078.79", false, ownGoal(pki.Root), ".local/share/pki/nssdb"},
		"own root, older place exists": {"156.0.8078.79", true, ownGoal(pki.Root), ".pki/nssdb"},
		"own root, before 146":         {"140.0.7339.5", false, ownGoal(pki.Root), ".pki/nssdb"},
		"before the Chrome Root Store": {"113.0.5672.126", false, serverGoal(t), ".pki/nssdb"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := newHome(t)
			chromiumUsed(t, home, test.version)
			if test.older {
				if err := os.MkdirAll(filepath.Join(home, ".pki/nssdb"), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			before := tree(t, home)
			m := homeMachine(home)
			r, _ := m.Check(t.Context(), test.goal)
			if (r.Exit == truststore.ExitOK) != (test.want == "") {
				t.Errorf("check: exit %d", r.Exit)
			}
			wantUntouched(t, before, home)
			ensure(t, m, test.goal, truststore.ExitOK)
			if test.want == "" {
				wantUntouched(t, before, home)
				return
			}
			dir := filepath.Join(home, test.want)
			wantFlags(t, dir, test.goal.Want[0].Certificate, "C,,")
			for path, want := range map[string]string{dir: "drwx------", filepath.Join(dir, "cert9.db"): "-rw-------", filepath.Join(dir, "key4.db"): "-rw-------"} {
				if info, err := os.Lstat(path); err != nil || info.Mode().String() != want {
					t.Errorf("%s: %v, %v; want %s", path, info.Mode(), err, want)
				}
			}
			if left := names(t, dir); len(left) != 2 {
				t.Errorf("made %q", left)
			}
			check(t, m, test.goal, truststore.ExitOK)
			undo(t, m, truststore.ExitOK)
			// An empty database stays: a browser may have opened it since.
			wantFlags(t, dir, test.goal.Want[0].Certificate, "-")
			if r := undo(t, m, truststore.ExitOK); r.Changed {
				t.Error("undone twice")
			}
			ensure(t, m, test.goal, truststore.ExitOK)
			wantFlags(t, dir, test.goal.Want[0].Certificate, "C,,")
		})
	}
}

// No browser, no database; a shared one of which no browser is known gets what
// any NSS database gets.
func TestNSSSharedDatabaseWithoutBrowser(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	m := homeMachine(home)
	m.Select = []truststore.Selector{{Kind: truststore.KindNSS}}
	before := tree(t, home)
	if r := ensure(t, m, serverGoal(t), truststore.ExitOK); len(r.Stores) != 0 {
		t.Errorf("stores %+v", r.Stores)
	}
	wantUntouched(t, before, home)
	dir := olderNSS(t).newDB(t, filepath.Join(home, ".pki/nssdb"))
	ensure(t, m, serverGoal(t), truststore.ExitOK)
	wantFlags(t, dir, embedded(t, "root-ca-3"), "C,,")
	wantFlags(t, dir, embedded(t, serverCAs[1]), ",,")
}

// The two generations in a shared database: what we write both see, and what
// somebody else's newer NSS wrote is updated, too.
func TestNSSSharedDatabaseServesBothGenerations(t *testing.T) {
	for _, made := range generations(t) {
		t.Run(made.name, func(t *testing.T) {
			t.Parallel()
			home, pki := newHome(t), javatest.NewPKI(t)
			dir := made.newDB(t, filepath.Join(home, ".pki/nssdb"))
			chromiumUsed(t, home, "156.0.8078.79")
			m := homeMachine(home)
			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			wantFlags(t, dir, pki.Root.Certificate, "C,,")
			name := truststore.EntryName(pki.Root.Certificate)
			newerNSS(t).run(t, dir, "-M", "-n", name, "-t", "T,,")
			r := ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			wantPlanned(t, r, pki.Root.Certificate, "~", truststore.CodeUntrusted)
			if got := newerNSS(t).flags(t, dir, name); got != "CT,," {
				t.Errorf("newer certutil lists %s", got)
			}
			if got := olderNSS(t).flags(t, dir, name); got != "C,," {
				t.Errorf("older certutil lists %s", got)
			}
		})
	}
}

// Reports name a database by what its user knows it by.
func TestNSSReportNamesTheProgram(t *testing.T) {
	t.Parallel()
	home, pki := newHome(t), javatest.NewPKI(t)
	dir := newerNSS(t).newDB(t, filepath.Join(home, ".mozilla/firefox/p"))
	firefoxProfile(t, dir, "153.7.0")
	put(t, "[Profile0]\nName=p\nIsRelative=1\nPath=p\n", home, ".mozilla/firefox/profiles.ini")
	m := homeMachine(home)
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	r := undo(t, m, truststore.ExitOK)
	if got := r.Stores[0].Info.Label; !strings.HasPrefix(got, "Firefox 153.7.0") {
		t.Errorf("undo calls it %q", got)
	}
}
