//go:build unix

package truststore_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// generation is certutil with the NSS of one generation: the distribution's
// own, before NSS 3.114, or Firefox's, after it.
type generation struct {
	name     string
	certutil string
	env      []string
}

func olderNSS(t testing.TB) generation {
	t.Helper()
	return generation{name: "older", certutil: oracle.Need(t, "certutil")}
}

func newerNSS(t testing.TB) generation {
	t.Helper()
	return generation{"newer", oracle.Need(t, "certutil"), []string{"LD_LIBRARY_PATH=" + oracle.NewNSS(t)}}
}

func generations(t testing.TB) []generation {
	t.Helper()
	return []generation{olderNSS(t), newerNSS(t)}
}

// perGeneration runs a test for databases of either generation.
func perGeneration(t *testing.T, test func(t *testing.T, g generation)) {
	t.Helper()
	for _, g := range generations(t) {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			test(t, g)
		})
	}
}

func (g generation) try(dir string, args ...string) (string, error) {
	cmd := exec.Command(g.certutil, append(args, "-d", "sql:"+dir)...)
	cmd.Env = append(os.Environ(), g.env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (g generation) run(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := g.try(dir, args...)
	if err != nil {
		t.Fatalf("%s certutil %q: %v\n%s", g.name, args, err, out)
	}
	return out
}

// empty are the files of new databases with the empty password, by generation.
var empty sync.Map

// newDB makes a database with the empty password in a directory that may exist.
func (g generation) newDB(t testing.TB, dir string) string {
	t.Helper()
	files, _ := empty.LoadOrStore(g.name, sync.OnceValue(func() map[string][]byte {
		dir, files := t.TempDir(), map[string][]byte{}
		g.run(t, dir, "-N", "--empty-password")
		for _, name := range []string{"cert9.db", "key4.db"} {
			files[name] = read(t, filepath.Join(dir, name))
		}
		return files
	}))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range files.(func() map[string][]byte)() {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// add has certutil add a certificate.
func (g generation) add(t testing.TB, dir, nickname, flags string, der []byte, args ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cert.der")
	write(t, file, der)
	g.run(t, dir, append([]string{"-A", "-n", nickname, "-t", flags, "-i", file}, args...)...)
}

// flags is what certutil lists as the trust of a nickname; "-" if it does not
// list it.
func (g generation) flags(t testing.TB, dir, nickname string, args ...string) string {
	t.Helper()
	for line := range strings.Lines(g.run(t, dir, append([]string{"-L"}, args...)...)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), nickname+" "); ok && strings.Count(rest, ",") == 2 {
			return strings.TrimSpace(rest)
		}
	}
	return "-"
}

// wantFlags wants both generations to list a certificate of ours with flags.
func wantFlags(t testing.TB, dir string, cert *x509.Certificate, want string) {
	t.Helper()
	for _, g := range generations(t) {
		if got := g.flags(t, dir, truststore.EntryName(cert)); got != want {
			t.Errorf("%s certutil lists %s as %q, want %q", g.name, cert.Subject.CommonName, got, want)
		}
	}
}

// validates reports whether NSS accepts the PKI's server certificate.
func (g generation) validates(t testing.TB, dir string, pki *javatest.PKI, args ...string) bool {
	t.Helper()
	g.add(t, dir, "probe issuing", ",,", pki.Issuing.Raw, args...)
	g.add(t, dir, "probe leaf", ",,", pki.Leaf.Raw, args...)
	out, err := g.try(dir, append([]string{"-V", "-n", "probe leaf", "-u", "V", "-e"}, args...)...)
	g.run(t, dir, append([]string{"-D", "-n", "probe leaf"}, args...)...)
	g.run(t, dir, append([]string{"-D", "-n", "probe issuing"}, args...)...)
	return err == nil && strings.Contains(out, "certificate is valid")
}

// firefoxProfile makes the database look as one that a version of Firefox used.
func firefoxProfile(t testing.TB, dir, version string) {
	t.Helper()
	write(t, filepath.Join(dir, "compatibility.ini"), []byte("[Compatibility]\nLastVersion="+version+
		"_20261101000000/20261101000000\nLastOSABI=Linux_x86_64-gcc3\nLastPlatformDir=/usr/lib/firefox-esr\n"))
}

// objects dumps the objects of a database, without their numbers and the order
// that these give, and the number of signatures.
func objects(t testing.TB, dir string) string {
	t.Helper()
	all := query(t, filepath.Join(dir, "cert9.db"), "SELECT * FROM nssPublic")
	slices.Sort(all)
	signatures := query(t, filepath.Join(dir, "key4.db"), "SELECT count(*) FROM metaData WHERE id LIKE 'sig_%'")
	return strings.Join(append(all, signatures...), "\n")
}

// query returns the rows of a query, NULLs and ids left out.
func query(t testing.TB, file, text string) []string {
	t.Helper()
	uri := url.URL{Scheme: "file", Path: file, RawQuery: "mode=rw"}
	db, err := sql.Open("sqlite", uri.String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values, refs := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			refs[i] = &values[i]
		}
		if err := rows.Scan(refs...); err != nil {
			t.Fatal(err)
		}
		line := ""
		for i, v := range values {
			if v != nil && names[i] != "id" {
				line += fmt.Sprintf("%s=%x ", names[i], v)
			}
		}
		out = append(out, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// embedded is a certificate of the catalogue.
func embedded(t testing.TB, slug string) *x509.Certificate {
	t.Helper()
	c, ok := hkpost.BySlug(slug)
	if !ok {
		t.Fatalf("no %s in the catalogue", slug)
	}
	cert, err := c.X509()
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// planned returns what a report says of a certificate in its only store.
func planned(t testing.TB, r *truststore.Report, cert *x509.Certificate) truststore.Result {
	t.Helper()
	if len(r.Stores) != 1 {
		t.Fatalf("%d stores: %v", len(r.Stores), r.Err)
	}
	for _, c := range r.Stores[0].Changes {
		if bytes.Equal(c.DER, cert.Raw) {
			return c
		}
	}
	t.Fatalf("nothing is said of %s", cert.Subject.CommonName)
	return truststore.Result{}
}

func wantPlanned(t testing.TB, r *truststore.Report, cert *x509.Certificate, sign string, reason truststore.Code) {
	t.Helper()
	c := planned(t, r, cert)
	got := c.Reason
	if c.Blocked != "" {
		got = c.Blocked
	}
	if c.Sign() != sign || got != reason {
		t.Errorf("%s: %s %s, want %s %s", c.Name, c.Sign(), got, sign, reason)
	}
}

// wantUntouched wants files to be as they were, byte for byte.
func wantUntouched(t testing.TB, before string, dirs ...string) {
	t.Helper()
	if after := tree(t, dirs...); after != before {
		t.Errorf("something was written:\n%s\nbecame\n%s", before, after)
	}
}

func withPassword(m *truststore.Machine, password string) *truststore.Machine {
	m.Password = func(context.Context, truststore.Info) (string, error) { return password, nil }
	return m
}

func remove(t testing.TB, m *truststore.Machine, exit truststore.Exit, certs ...*x509.Certificate) *truststore.Report {
	t.Helper()
	r, err := m.Remove(context.Background(), refs(certs)...)
	return wantExit(t, sound(t, r, err), exit)
}

func list(t testing.TB, m *truststore.Machine, exit truststore.Exit) *truststore.Report {
	t.Helper()
	r, err := m.List(context.Background(), truststore.ListOptions{All: true})
	return wantExit(t, sound(t, r, err), exit)
}

// A database that nobody is known to own gets all three certificates, the
// issuing CAs without trust.
func TestNSSServerGoalWithoutKnownOwner(t *testing.T) {
	perGeneration(t, func(t *testing.T, g generation) {
		w := newWorld(t)
		dir := g.newDB(t, filepath.Join(w.dir, "db"))
		original := objects(t, dir)
		m := w.machine("test", dir)
		check(t, m, serverGoal(t), truststore.ExitWrong)
		ensure(t, m, serverGoal(t), truststore.ExitOK)
		check(t, m, serverGoal(t), truststore.ExitOK)
		root := embedded(t, "root-ca-3")
		if g.name == "older" {
			wantFlags(t, dir, root, "C,,")
		} else if got := g.flags(t, dir, truststore.EntryName(root)); got != "C,," {
			t.Errorf("newer certutil lists the root as %q", got)
		}
		for _, slug := range serverCAs[1:] {
			wantFlags(t, dir, embedded(t, slug), ",,")
		}
		before := tree(t, w.dir)
		if r := ensure(t, m, serverGoal(t), truststore.ExitOK); r.Changed {
			t.Error("the second run changed something")
		}
		wantUntouched(t, before, w.dir)
		undo(t, m, truststore.ExitOK)
		w.wantReceipts(0)
		if got := objects(t, dir); got != original {
			t.Errorf("undo leaves\n%s\nwhere there was\n%s", got, original)
		}
	})
}

func TestNSSAnchorIsHonouredAndPasswordCanBeSetLater(t *testing.T) {
	perGeneration(t, func(t *testing.T, g generation) {
		w, pki := newWorld(t), javatest.NewPKI(t)
		dir := g.newDB(t, filepath.Join(w.dir, "db"))
		m := w.machine("test", dir)
		if g.validates(t, dir, pki) {
			t.Fatal("valid before")
		}
		ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
		if !g.validates(t, dir, pki) {
			t.Error("not valid after ensure")
		}
		pw := setPassword(t, g, dir, "Secr3t!pw")
		if !g.validates(t, dir, pki, "-f", pw) {
			t.Error("not valid after a primary password was set")
		}
		check(t, withPassword(w.machine("test", dir), "Secr3t!pw"), ownGoal(pki.Root), truststore.ExitOK)
		undo(t, m, truststore.ExitOK) // of an addition: needs no password
		if g.validates(t, dir, pki, "-f", pw) {
			t.Error("valid after undo")
		}
	})
}

// setPassword sets a primary password and returns a file with it.
func setPassword(t testing.TB, g generation, dir, password string) string {
	t.Helper()
	none, file := filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "password")
	write(t, none, []byte("\n"))
	write(t, file, []byte(password+"\n"))
	g.run(t, dir, "-W", "-f", none, "-@", file)
	return file
}

// What a browser brings needs nothing; what it does not bring is added for its
// purpose alone.
func TestNSSBuiltins(t *testing.T) {
	tests := map[string]struct {
		version string
		root    truststore.Code // about Root CA 3 for servers
		sign    string
	}{
		"known":       {"153.7.0", truststore.CodeBuiltin, "="},
		"newer":       {"154.0", truststore.CodeBuiltinAssumed, "="},
		"before 3.43": {"66.0.5", truststore.CodeAbsent, "+"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, g := newWorld(t), newerNSS(t)
			dir := g.newDB(t, filepath.Join(w.dir, "profile"))
			firefoxProfile(t, dir, test.version)
			m := w.machine("test", dir)
			r, _ := m.Check(context.Background(), profileGoal(t, hkpost.All))
			wantExit(t, r, truststore.ExitWrong)
			wantPlanned(t, r, embedded(t, "root-ca-3"), test.sign, test.root)
			wantPlanned(t, r, embedded(t, "root-ca-2"), "+", truststore.CodeAbsent)
			for _, slug := range serverCAs[1:] {
				wantPlanned(t, r, embedded(t, slug), "=", truststore.CodeNotHere)
			}
			if test.sign == "=" {
				before := tree(t, w.dir)
				check(t, m, serverGoal(t), truststore.ExitOK)
				if r := ensure(t, m, serverGoal(t), truststore.ExitOK); r.Changed {
					t.Error("changed")
				}
				wantUntouched(t, before, w.dir)
			}
			goal := profileGoal(t, hkpost.ECert)
			ensure(t, m, goal, truststore.ExitOK)
			for _, want := range goal.Want {
				flags := ",,"
				if !want.ChainOnly {
					flags = ",C,"
				}
				if got := g.flags(t, dir, truststore.EntryName(want.Certificate)); got != flags {
					t.Errorf("%s: %s, want %s", want.Certificate.Subject.CommonName, got, flags)
				}
			}
			undo(t, m, truststore.ExitOK)
		})
	}
}

// An entry of the database overrides what is built in for every purpose, so one
// for e-mail must not end the trust for servers.
func TestNSSPurposeBesideBuiltin(t *testing.T) {
	t.Parallel()
	w, g := newWorld(t), newerNSS(t)
	dir := g.newDB(t, filepath.Join(w.dir, "profile"))
	firefoxProfile(t, dir, "153.7.0")
	root := embedded(t, "root-ca-3")
	goal := truststore.Goal{Name: "own", Want: []truststore.Want{{
		Certificate: root, Purposes: []truststore.Purpose{truststore.EmailProtection},
	}}}
	m := w.machine("test", dir)
	r := ensure(t, m, goal, truststore.ExitOK)
	if got := g.flags(t, dir, truststore.EntryName(root)); got != "C,C," {
		t.Errorf("listed as %s, want C,C,", got)
	}
	if r.Stores[0].Status != truststore.StatusChanged || !planned(t, r, root).Changed {
		t.Errorf("reported as %+v", r.Stores[0])
	}
	check(t, m, serverGoal(t), truststore.ExitOK)
	undo(t, m, truststore.ExitOK)
	wantPlanned(t, check(t, m, serverGoal(t), truststore.ExitOK), root, "=", truststore.CodeBuiltin)
}

func TestNSSAnyPurpose(t *testing.T) {
	t.Parallel()
	w, g, pki := newWorld(t), olderNSS(t), javatest.NewPKI(t)
	dir := g.newDB(t, filepath.Join(w.dir, "db"))
	goal := ownGoal(pki.Root)
	goal.Want[0].Purposes = []truststore.Purpose{truststore.AnyPurpose}
	m := w.machine("test", dir)
	if r := ensure(t, m, goal, truststore.ExitOK); !r.Changed {
		t.Error("nothing was changed")
	}
	wantFlags(t, dir, pki.Root.Certificate, "CT,C,C")
	if r := ensure(t, m, goal, truststore.ExitOK); r.Changed {
		t.Error("changed twice")
	}
}

// Somebody's distrust, with a certificate or without, is told of and never
// overridden: not by ensure, not as explicit, not by remove.
func TestNSSDistrust(t *testing.T) {
	perGeneration(t, func(t *testing.T, g generation) {
		root := embedded(t, "root-ca-3")
		for _, alone := range []bool{false, true} {
			w := newWorld(t)
			dir := g.newDB(t, filepath.Join(w.dir, "profile"))
			firefoxProfile(t, dir, "153.7.0")
			g.add(t, dir, "theirs", "p,p,p", root.Raw)
			if alone {
				onlyTrust(t, dir)
			}
			before := tree(t, w.dir)
			m := w.machine("test", dir)
			for _, explicit := range []bool{false, true} {
				goal := serverGoal(t)
				goal.Explicit = explicit
				wantPlanned(t, check(t, m, goal, truststore.ExitWrong), root, "!", truststore.CodeDistrusted)
				r := ensure(t, m, goal, truststore.ExitPerson)
				wantPlanned(t, r, root, "!", truststore.CodeDistrusted)
				if !errors.Is(r.Err, truststore.ErrDistrusted) {
					t.Errorf("error %v", r.Err)
				}
			}
			exit := truststore.ExitPerson
			if alone {
				exit = truststore.ExitOK // there is no certificate to remove
			}
			remove(t, m, exit, root)
			wantUntouched(t, before, w.dir)
			for _, f := range codes(list(t, m, truststore.ExitOK)) {
				if f == truststore.CodeGhost {
					t.Error("distrust passes for a ghost")
				}
			}
		}
	})
}

// onlyTrust deletes the certificates of a database and leaves their trust.
func onlyTrust(t testing.TB, dir string) {
	t.Helper()
	query(t, filepath.Join(dir, "cert9.db"), "DELETE FROM nssPublic WHERE a0 = x'00000001'")
}

// Distrust for another purpose than the one wanted stays, and comes back with
// undo.
func TestNSSDistrustForAnotherPurpose(t *testing.T) {
	perGeneration(t, func(t *testing.T, g generation) {
		pki := javatest.NewPKI(t)
		for _, alone := range []bool{false, true} {
			w := newWorld(t)
			dir := g.newDB(t, filepath.Join(w.dir, "db"))
			g.add(t, dir, "theirs", ",p,", pki.Root.Raw)
			nickname := "theirs"
			if alone {
				onlyTrust(t, dir)
				nickname = truststore.EntryName(pki.Root.Certificate)
			}
			original := objects(t, dir)
			m := w.machine("test", dir)
			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			if got := g.flags(t, dir, nickname); got != "C,p," {
				t.Errorf("alone=%v: %s, want C,p,", alone, got)
			}
			check(t, m, ownGoal(pki.Root), truststore.ExitOK)
			undo(t, m, truststore.ExitOK)
			if got := objects(t, dir); got != original {
				t.Errorf("alone=%v: undo leaves\n%s\nwhere there was\n%s", alone, got, original)
			}
			w.wantReceipts(0)
		}
	})
}

// A trust object that says nothing ends the trust of a built-in root, too.
func TestNSSRecordThatOverridesBuiltin(t *testing.T) {
	perGeneration(t, func(t *testing.T, g generation) {
		w, root := newWorld(t), embedded(t, "root-ca-3")
		dir := g.newDB(t, filepath.Join(w.dir, "profile"))
		firefoxProfile(t, dir, "153.7.0")
		g.add(t, dir, "theirs", "C,,", root.Raw)
		g.run(t, dir, "-M", "-n", "theirs", "-t", ",,")
		original := objects(t, dir)
		m := w.machine("test", dir)
		wantPlanned(t, check(t, m, serverGoal(t), truststore.ExitWrong), root, "~", truststore.CodeUntrusted)
		ensure(t, m, serverGoal(t), truststore.ExitOK)
		if got := g.flags(t, dir, "theirs"); got != "C,," {
			t.Errorf("listed as %s", got)
		}
		undo(t, m, truststore.ExitOK)
		if got := objects(t, dir); got != original {
			t.Errorf("undo leaves\n%s\nwhere there was\n%s", got, original)
		}
	})
}

// A trust object that NSS ignores says nothing about a built-in root.
func TestNSSVoidTrustLeavesBuiltin(t *testing.T) {
	t.Parallel()
	w, g, root := newWorld(t), newerNSS(t), embedded(t, "root-ca-3")
	dir := g.newDB(t, filepath.Join(w.dir, "profile"))
	firefoxProfile(t, dir, "153.7.0")
	g.add(t, dir, "theirs", "C,,", root.Raw)
	g.run(t, dir, "-M", "-n", "theirs", "-t", ",,")
	query(t, filepath.Join(dir, "key4.db"), "DELETE FROM metaData WHERE id LIKE 'sig_%'")
	m := w.machine("test", dir)
	r := check(t, m, serverGoal(t), truststore.ExitOK)
	wantPlanned(t, r, root, "=", truststore.CodeBuiltin)
	wantFinding(t, r, truststore.CodeNSSVoid)
	onlyTrust(t, dir)
	wantPlanned(t, check(t, m, serverGoal(t), truststore.ExitOK), root, "=", truststore.CodeBuiltin)
}

func TestNSSPrimaryPassword(t *testing.T) {
	const secret = "Secr3t!pw"
	perGeneration(t, func(t *testing.T, g generation) {
		w, pki := newWorld(t), javatest.NewPKI(t)
		dir := g.newDB(t, filepath.Join(w.dir, "db"))
		pw := setPassword(t, g, dir, secret)
		goal := ownGoal(pki.Root)
		before := tree(t, dir)
		r := ensure(t, w.machine("test", dir), goal, truststore.ExitPerson)
		wantPlanned(t, r, pki.Root.Certificate, "!", truststore.CodePasswordRequired)
		r = ensure(t, withPassword(w.machine("test", dir), "wrong"), goal, truststore.ExitPerson)
		wantPlanned(t, r, pki.Root.Certificate, "!", truststore.CodeWrongPassword)
		wantUntouched(t, before, dir)
		w.wantReceipts(0)

		m := withPassword(w.machine("test", dir), secret)
		ensure(t, m, goal, truststore.ExitOK)
		if !g.validates(t, dir, pki, "-f", pw) {
			t.Error("NSS does not trust what was added with the password")
		}
		remove(t, w.machine("test", dir), truststore.ExitOK, pki.Root.Certificate)
		if g.validates(t, dir, pki, "-f", pw) {
			t.Error("trusted after remove")
		}
		ensure(t, m, goal, truststore.ExitOK)
		undo(t, withPassword(w.machine("test", dir), "wrong"), truststore.ExitOK)
		if g.validates(t, dir, pki, "-f", pw) {
			t.Error("trusted after undo")
		}
		w.wantReceipts(0)
	})
}

// Undo of a trust change needs the password, and of an addition beside it does
// not.
func TestNSSUndoWithoutThePassword(t *testing.T) {
	const secret = "Secr3t!pw"
	perGeneration(t, func(t *testing.T, g generation) {
		w, theirs, ours := newWorld(t), javatest.NewPKI(t), javatest.NewPKI(t)
		dir := g.newDB(t, filepath.Join(w.dir, "db"))
		pw := setPassword(t, g, dir, secret)
		g.add(t, dir, "theirs", "T,,", theirs.Root.Raw, "-f", pw)
		original := objects(t, dir)
		goal := ownGoal(theirs.Root)
		goal.Want = append(goal.Want, ownGoal(ours.Root).Want...)
		m := withPassword(w.machine("test", dir), secret)
		ensure(t, m, goal, truststore.ExitOK)
		r := undo(t, w.machine("test", dir), truststore.ExitPerson)
		if !errors.Is(r.Err, truststore.ErrPasswordRequired) || !r.Changed {
			t.Errorf("changed=%v, %v", r.Changed, r.Err)
		}
		w.wantReceipts(1)
		if got := g.flags(t, dir, truststore.EntryName(ours.Root.Certificate), "-f", pw); got != "-" {
			t.Errorf("ours is still there: %s", got)
		}
		undo(t, m, truststore.ExitOK)
		if got := objects(t, dir); got != original {
			t.Errorf("undo leaves\n%s\nwhere there was\n%s", got, original)
		}
	})
}

// What others trusted a CA for stays; undo gives back every trust object as it
// was, of both generations, and the nickname.
func TestNSSUndoIsExact(t *testing.T) {
	pki := javatest.NewPKI(t)
	older, newer := olderNSS(t), newerNSS(t)
	histories := map[string]func(t *testing.T, dir string){
		"older": func(t *testing.T, dir string) {
			older.newDB(t, dir)
			older.add(t, dir, "Théirs #1", "T,,", pki.Root.Raw)
		},
		"newer": func(t *testing.T, dir string) {
			newer.newDB(t, dir)
			newer.add(t, dir, "Théirs #1", "T,,", pki.Root.Raw)
		},
		"older, then newer": func(t *testing.T, dir string) {
			older.newDB(t, dir)
			older.add(t, dir, "Théirs #1", "c,,", pki.Root.Raw)
			newer.run(t, dir, "-M", "-n", "Théirs #1", "-t", "T,,")
		},
		"without trust": func(t *testing.T, dir string) {
			newer.newDB(t, dir)
			newer.add(t, dir, "Théirs #1", ",,", pki.Root.Raw)
		},
		"as a peer": func(t *testing.T, dir string) {
			older.newDB(t, dir)
			older.add(t, dir, "Théirs #1", "P,P,", pki.Root.Raw)
		},
	}
	for name, history := range histories {
		for _, place := range []string{"db", "home/.pki/nssdb"} {
			t.Run(name+" in "+filepath.Base(place), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				dir := filepath.Join(w.dir, place)
				history(t, dir)
				original := objects(t, dir)
				m := w.machine("test", dir)
				r := ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
				wantPlanned(t, r, pki.Root.Certificate, "~", truststore.CodeUntrusted)
				if !r.Changed || r.Stores[0].Status != truststore.StatusChanged {
					t.Errorf("changed=%v, status %s", r.Changed, r.Stores[0].Status)
				}
				if name != "without trust" && name != "as a peer" {
					if got := newer.flags(t, dir, "Théirs #1"); got != "CT,," {
						t.Errorf("listed as %s, want CT,,", got)
					}
				}
				check(t, m, ownGoal(pki.Root), truststore.ExitOK)
				undo(t, m, truststore.ExitOK)
				if got := objects(t, dir); got != original {
					t.Errorf("undo leaves\n%s\nwhere there was\n%s", got, original)
				}
				w.wantReceipts(0)
			})
		}
	}
}

func TestNSSTwoOwners(t *testing.T) {
	t.Parallel()
	w, g, pki := newWorld(t), newerNSS(t), javatest.NewPKI(t)
	dir := g.newDB(t, filepath.Join(w.dir, "db"))
	original := objects(t, dir)
	one, two := w.machine("one", dir), w.machine("two", dir)
	ensure(t, one, ownGoal(pki.Root), truststore.ExitOK)
	ensure(t, two, ownGoal(pki.Root), truststore.ExitOK)
	wantFinding(t, undo(t, one, truststore.ExitOK), truststore.CodeClaimLeft)
	if got := g.flags(t, dir, truststore.EntryName(pki.Root.Certificate)); got != "C,," {
		t.Errorf("after the first undo: %s", got)
	}
	undo(t, two, truststore.ExitOK)
	if got := objects(t, dir); got != original {
		t.Errorf("undo leaves\n%s\nwhere there was\n%s", got, original)
	}
}

// What others put in, and we trusted for more, is not listed as ours.
func TestNSSListTellsWhoMadeAnEntry(t *testing.T) {
	t.Parallel()
	w, g, pki := newWorld(t), newerNSS(t), javatest.NewPKI(t)
	dir := g.newDB(t, filepath.Join(w.dir, "db"))
	g.add(t, dir, "theirs", "T,,", pki.Root.Raw)
	ensure(t, w.machine("one", dir), ownGoal(pki.Root, pki.Issuing), truststore.ExitOK)
	ensure(t, w.machine("two", dir), ownGoal(pki.Root, pki.Issuing), truststore.ExitOK)
	l, err := w.machine("one", dir).List(t.Context(), truststore.ListOptions{})
	if err != nil || len(l.Stores) != 1 || len(l.Stores[0].Entries) != 2 {
		t.Fatal(l, err)
	}
	for _, e := range l.Stores[0].Entries {
		if theirs := e.Trust.Name == "theirs"; e.Ours == theirs || !slices.Equal(e.Owners, []string{"one", "two"}) {
			t.Errorf("%s: ours %v, owners %v", e.Trust.Name, e.Ours, e.Owners)
		}
	}
}

func TestNSSChangedByOthersSince(t *testing.T) {
	perGeneration(t, func(t *testing.T, g generation) {
		pki := javatest.NewPKI(t)
		name := truststore.EntryName(pki.Root.Certificate)
		prepare := func() (*world, *truststore.Machine, string) {
			w := newWorld(t)
			dir := g.newDB(t, filepath.Join(w.dir, "db"))
			m := w.machine("test", dir)
			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			return w, m, dir
		}
		w, m, dir := prepare()
		g.run(t, dir, "-D", "-n", name)
		wantFinding(t, undo(t, m, truststore.ExitOK), truststore.CodeEntryGone)
		w.wantReceipts(0)

		for _, flags := range []string{"CT,,", ",,", "p,,"} {
			_, m, dir = prepare()
			g.run(t, dir, "-M", "-n", name, "-t", flags)
			theirs := objects(t, dir)
			r := undo(t, m, truststore.ExitPerson)
			if !errors.Is(r.Err, truststore.ErrTrustLeft) {
				t.Errorf("%s: %v", flags, r.Err)
			}
			if objects(t, dir) != theirs {
				t.Errorf("%s was touched", flags)
			}
		}

		w, m, dir = prepare()
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		wantFinding(t, undo(t, m, truststore.ExitOK), truststore.CodeStoreVanished)
		w.wantReceipts(1)
	})
}

// NSS files certificates by issuer and serial number; another one in the place
// is left alone.
func TestNSSConflict(t *testing.T) {
	perGeneration(t, func(t *testing.T, g generation) {
		w, pki := newWorld(t), javatest.NewPKI(t)
		twin := javatest.Reissue(t, pki.Root)
		dir := g.newDB(t, filepath.Join(w.dir, "db"))
		g.add(t, dir, "theirs", "C,,", twin.Raw)
		before := tree(t, w.dir)
		m := w.machine("test", dir)
		wantPlanned(t, check(t, m, ownGoal(pki.Root), truststore.ExitWrong), pki.Root.Certificate, "!", truststore.CodeConflict)
		r := ensure(t, m, ownGoal(pki.Root), truststore.ExitPerson)
		if !errors.Is(r.Err, truststore.ErrConflict) {
			t.Error(r.Err)
		}
		remove(t, m, truststore.ExitOK, pki.Root.Certificate)
		wantUntouched(t, before, w.dir)
	})
}

func TestNSSOddPaths(t *testing.T) {
	perGeneration(t, func(t *testing.T, g generation) {
		for _, name := range []string{"a space", "h#sh", "q?estion", "per%cent%20", "amp&ersand", "quo'te", "accenté", "新儀"} {
			w, pki := newWorld(t), javatest.NewPKI(t)
			dir := g.newDB(t, filepath.Join(w.dir, name))
			m := w.machine("test", dir)
			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			if got := g.flags(t, dir, truststore.EntryName(pki.Root.Certificate)); got != "C,," {
				t.Errorf("%s: listed as %s", name, got)
			}
			undo(t, m, truststore.ExitOK)
			left := names(t, w.dir)
			if slices.Sort(left); len(left) != 2 {
				t.Errorf("%s: made something else: %q", name, left)
			}
		}
	})
}

// A database may be named by its directory or by its own file.
func TestNSSNamedByFileOrDirectory(t *testing.T) {
	t.Parallel()
	w, g := newWorld(t), newerNSS(t)
	dir := g.newDB(t, filepath.Join(w.dir, "db"))
	for _, sel := range []truststore.Selector{
		{Path: dir}, {Path: filepath.Join(dir, "cert9.db")}, {Path: filepath.Join(dir, "key4.db")},
		{Kind: truststore.KindNSS, Path: dir, Dir: true}, {Kind: truststore.KindNSS, Path: dir},
	} {
		m := w.machine("test")
		m.Select = []truststore.Selector{sel}
		stores, err := m.Discover(context.Background())
		if err != nil || len(stores) != 1 || stores[0].Info().Path != dir || stores[0].Info().Kind != truststore.KindNSS {
			t.Errorf("%+v: %v, %v", sel, stores, err)
		}
	}
	m := w.machine("test")
	m.Select = []truststore.Selector{{Kind: truststore.KindNSS, Path: filepath.Join(w.dir, "none"), Dir: true}}
	r := ensure(t, m, serverGoal(t), truststore.ExitFailed)
	if !errors.Is(r.Err, fs.ErrNotExist) {
		t.Error(r.Err)
	}
}
