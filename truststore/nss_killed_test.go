//go:build unix

package truststore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
)

// lockDB holds the lock of a database file as a writer that is committing does.
func lockDB(t *testing.T, file string) (release func()) {
	t.Helper()
	uri := url.URL{Scheme: "file", Path: file, RawQuery: "mode=rw"}
	db, err := sql.Open("sqlite", uri.String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(context.Background(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		conn.ExecContext(context.Background(), "ROLLBACK")
		conn.Close()
		db.Close()
	}
}

// A database that another program keeps locked is busy, not broken; one that is
// free again soon is waited for.
func TestNSSBusy(t *testing.T) {
	for _, file := range []string{"cert9.db", "key4.db"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			w, g, pki := newWorld(t), newerNSS(t), javatest.NewPKI(t)
			dir := g.newDB(t, filepath.Join(w.dir, "db"))
			before := tree(t, dir)
			m := w.machine("test", dir)
			release := lockDB(t, filepath.Join(dir, file))
			r := ensure(t, m, ownGoal(pki.Root), truststore.ExitBusy)
			if !errors.Is(r.Err, truststore.ErrBusy) {
				t.Error(r.Err)
			}
			release()
			wantUntouched(t, before, dir)
			w.wantReceipts(0)

			release = lockDB(t, filepath.Join(dir, file))
			timer := time.AfterFunc(time.Second, release)
			defer timer.Stop()
			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			check(t, m, ownGoal(pki.Root), truststore.ExitOK)
		})
	}
}

// nssSteps are the system calls at which a run on a database is killed, and
// every how many of them.
var nssSteps = map[string]int{
	"mkdirat": 1, "renameat": 1, "unlink": 1, "unlinkat": 1, "fsync": 1, "fdatasync": 1, "pwrite64": 6,
}

// TestNSSKilled kills a run at its steps. NSS then finds all or nothing, the
// next run completes, and undo gives back every object.
func TestNSSKilled(t *testing.T) {
	strace := oracle.Need(t, "strace")
	g, pki := newerNSS(t), javatest.NewPKI(t)
	theirs := javatest.NewPKI(t).Root
	certs := [][]byte{pki.Root.Raw, pki.Issuing.Raw}
	for name, undoing := range map[string]bool{"ensure": false, "undo": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kills := 0
			for call, step := range nssSteps {
				for n := 1; ; n += step {
					w := newWorld(t)
					dir := g.newDB(t, filepath.Join(w.dir, "db"))
					g.add(t, dir, "theirs", "T,,", theirs.Raw)
					original := objects(t, dir)
					j := job{Dir: w.dir, Store: dir, Certs: certs, Undo: undoing}
					m := w.machine("test", dir)
					if undoing {
						ensure(t, m, derGoal(certs), truststore.ExitOK)
					}
					if !j.killedAt(t, strace, call, n) {
						break
					}
					kills++
					if n%4 < 2 { // else nobody has rolled back before the next run
						wantWhole(t, g, dir, pki)
					}
					if n%2 == 0 {
						ensure(t, m, derGoal(certs), truststore.ExitOK)
						check(t, m, derGoal(certs), truststore.ExitOK)
					}
					undo(t, m, truststore.ExitOK)
					w.wantReceipts(0)
					if got := objects(t, dir); got != original {
						t.Errorf("undo leaves\n%s\nwhere there was\n%s", got, original)
					}
					if left, _ := filepath.Glob(filepath.Join(dir, "*-*")); len(left) > 0 {
						t.Errorf("undo leaves %v", left)
					}
					if t.Failed() {
						t.Fatalf("when killed before %s number %d", call, n)
					}
				}
			}
			if kills < 20 {
				t.Errorf("survived all but %d steps", kills)
			}
			t.Logf("killed %d times", kills)
		})
	}
}

// TestNSSKilledWhileMaking kills a run that makes Chromium's database. What it
// leaves is no obstacle to the next one, nor to NSS.
func TestNSSKilledWhileMaking(t *testing.T) {
	t.Parallel()
	strace, g := oracle.Need(t, "strace"), newerNSS(t)
	pki := javatest.NewPKI(t)
	certs := [][]byte{pki.Root.Raw}
	kills := 0
	for _, call := range []string{"mkdirat", "linkat", "renameat", "unlink", "unlinkat", "fsync"} {
		for n := 1; ; n++ {
			home := newHome(t)
			chromiumUsed(t, home, "156.0.8078.79")
			dir := filepath.Join(home, ".local/share/pki/nssdb")
			if !(job{Home: home, Certs: certs}).killedAt(t, strace, call, n) {
				break
			}
			kills++
			m := homeMachine(home)
			if n%2 == 0 {
				undo(t, m, truststore.ExitOK)
			}
			ensure(t, m, derGoal(certs), truststore.ExitOK)
			check(t, m, derGoal(certs), truststore.ExitOK)
			g.add(t, dir, "probe", ",,", pki.Leaf.Raw) // as NSS that starts
			wantFlags(t, dir, pki.Root.Certificate, "C,,")
			undo(t, m, truststore.ExitOK)
			wantFlags(t, dir, pki.Root.Certificate, "-")
			if t.Failed() {
				t.Fatalf("when killed before %s number %d", call, n)
			}
		}
	}
	if kills < 20 {
		t.Errorf("survived all but %d steps", kills)
	}
	t.Logf("killed %d times", kills)
}

// wantWhole wants NSS to open the database for writing, as whole as SQLite can
// tell, and to find both certificates in it or neither.
func wantWhole(t *testing.T, g generation, dir string, pki *javatest.PKI) {
	t.Helper()
	g.add(t, dir, "probe", ",,", pki.Leaf.Raw)
	g.run(t, dir, "-D", "-n", "probe")
	for _, file := range []string{"cert9.db", "key4.db"} {
		if got := query(t, filepath.Join(dir, file), "PRAGMA integrity_check"); fmt.Sprint(got) != fmt.Sprintf("[integrity_check=%x ]", "ok") {
			t.Errorf("%s: %v", file, got)
		}
	}
	root := g.flags(t, dir, truststore.EntryName(pki.Root.Certificate))
	issuing := g.flags(t, dir, truststore.EntryName(pki.Issuing.Certificate))
	if both := root + " " + issuing; both != "C,, ,," && both != "- -" {
		t.Errorf("neither all nor nothing: %s", both)
	}
	if got := g.flags(t, dir, "theirs"); got != "T,," {
		t.Errorf("what others added is listed as %s", got)
	}
}
