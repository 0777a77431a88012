//go:build unix

package nss

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// TestMain lets the test binary be the program that crashes, or that has fewer
// rights.
func TestMain(m *testing.M) {
	if action := os.Getenv("NSS_TEST_HELPER"); action != "" {
		helperMain(action, os.Getenv("NSS_TEST_DIR"))
		return
	}
	os.Exit(m.Run())
}

// helperMain does one thing to a database and prints how it went.
func helperMain(action, dir string) {
	runtime.LockOSThread() // strace counts system calls by thread
	db, err := Open(dir, Options{})
	if err == nil {
		switch action {
		case "list":
			_, err = db.List(context.Background())
		case "apply":
			_, err = db.Apply(context.Background(), crashChanges())
		}
	}
	switch {
	case err == nil:
		fmt.Print("ok")
	case errors.Is(err, ErrNeedsRecovery):
		fmt.Print("recovery")
	case errors.Is(err, fs.ErrPermission):
		fmt.Print("permission")
	default:
		fmt.Print(err)
	}
}

// crashChanges adds the certificates in NSS_TEST_CERTS, or one that is none.
func crashChanges() (changes []Change) {
	trust, _ := ParseTrust("C,,")
	paths, _ := filepath.Glob(filepath.Join(os.Getenv("NSS_TEST_CERTS"), "*.der"))
	for _, path := range paths {
		der, err := os.ReadFile(path)
		if err != nil {
			panic(err)
		}
		changes = append(changes, Change{Op: Add, DER: der, Nickname: filepath.Base(path), Trust: &trust})
	}
	if changes == nil {
		der := []byte{0x30, 0x1c, 0x30, 0x15, 0x02, 0x01, 0x01, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00,
			0x30, 0x08, 0x30, 0x02, 0x06, 0x00, 0x03, 0x02, 0x00, 0x01, 0x30, 0x00, 0x03, 0x01, 0x00}
		changes = []Change{{Op: Add, DER: der, Nickname: "minimal", Trust: &trust}}
	}
	return changes
}

// crash adds two CAs in a process that is killed at its nth fsync, and reports
// whether it was.
func crash(t *testing.T, strace, dir string, n int) (killed bool) {
	t.Helper()
	certs := t.TempDir()
	for _, name := range []string{"crash1", "crash2"} {
		if err := os.WriteFile(filepath.Join(certs, name+".der"), newAuthority(t, name).der(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(strace, "-f", "-o", os.DevNull, "-e", "trace=fsync,fdatasync", "-e", "signal=none",
		"-e", fmt.Sprintf("inject=fsync,fdatasync:signal=KILL:when=%d", n), os.Args[0])
	cmd.Env = append(os.Environ(), "NSS_TEST_HELPER=apply", "NSS_TEST_DIR="+dir, "NSS_TEST_CERTS="+certs)
	out, err := cmd.CombinedOutput()
	if err == nil && string(out) != "ok" {
		t.Fatalf("helper: %s", out)
	}
	return err != nil
}

// TestCrash kills the writer at every fsync. Real NSS must then open the
// databases for writing and find all or nothing.
func TestCrash(t *testing.T) {
	strace := oracle.Need(t, "strace")
	for _, v := range bothNSS(t) {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			killAnywhere(t, strace, v)
		})
	}
}

// killAnywhere does so with one NSS. It begins with a CA that NSS added.
func killAnywhere(t *testing.T, strace string, v nssVersion) {
	before := v.newDB(t)
	own := newAuthority(t, "Own")
	v.run(t, before, "-A", "-n", "own", "-t", "C,,", "-i", writePEM(t, own.der()))
	outcomes := map[bool]int{}
	for n := 1; ; n++ {
		if n > 100 {
			t.Fatal("the writer is killed again and again")
		}
		dir := v.copyDB(t, before)
		killed := crash(t, strace, dir, n)

		other := newAuthority(t, "After the crash")
		v.run(t, dir, "-A", "-n", "other", "-t", "C,,", "-i", writePEM(t, other.der()))
		first, second := v.flags(t, dir, "crash1.der"), v.flags(t, dir, "crash2.der")
		if first != second || first != "" && first != "C,," {
			t.Errorf("%s, killed at fsync %d: the trust is %q and %q", v.name, n, first, second)
		}
		if !v.trusts(t, dir, own) || !v.trusts(t, dir, other) {
			t.Errorf("%s, killed at fsync %d: NSS does not trust what it added itself", v.name, n)
		}
		for _, path := range []string{certDB(dir), keyDB(dir)} {
			if got := rows(t, path, "PRAGMA integrity_check"); fmt.Sprint(got) != "[map[integrity_check:ok]]" {
				t.Errorf("%s, killed at fsync %d: %s: %v", v.name, n, path, got)
			}
		}
		assertNoOrphans(t, dir)
		for _, e := range list(t, open(t, dir, Options{})).Entries {
			if !honouredRecord(e).Verified {
				t.Errorf("%s, killed at fsync %d: %s is not signed", v.name, n, e.Nickname)
			}
		}
		apply(t, open(t, dir, Options{})) // nothing, which tidies up
		if left, _ := filepath.Glob(filepath.Join(dir, "*-*")); len(left) > 0 {
			t.Errorf("%s, killed at fsync %d: left %v", v.name, n, left)
		}
		outcomes[first != ""]++
		if !killed {
			break
		}
	}
	if outcomes[false] < 5 || outcomes[true] < 1 {
		t.Errorf("%s: rolled back %d times, committed %d times", v.name, outcomes[false], outcomes[true])
	}
	t.Logf("%s: rolled back %d times, committed %d times", v.name, outcomes[false], outcomes[true])
}

// copyDB returns a database with the content of another.
func (v nssVersion) copyDB(t testing.TB, from string) string {
	t.Helper()
	dir := v.newDB(t)
	for _, name := range []string{certFile, keyFile} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A database that was moved while a killed write was to be rolled back is not
// opened: SQLite would keep half of that. Where it was, it is as whole as ever.
func TestMovedAfterACrash(t *testing.T) {
	strace := oracle.Need(t, "strace")
	v := bothNSS(t)[0]
	before := v.newDB(t)
	refused := 0
	for n := 1; ; n++ {
		dir := v.copyDB(t, before)
		if !crash(t, strace, dir, n) {
			break
		}
		moved := filepath.Join(t.TempDir(), "moved")
		if err := os.Rename(dir, moved); err != nil {
			t.Fatal(err)
		}
		db := open(t, moved, Options{})
		_, err := db.List(t.Context())
		if errors.Is(err, ErrMoved) {
			refused++
			if _, err := db.Apply(t.Context(), nil); !errors.Is(err, ErrMoved) {
				t.Errorf("fsync %d: Apply: %v", n, err)
			}
			if err := os.Rename(moved, dir); err != nil {
				t.Fatal(err)
			}
		} else if err != nil {
			t.Errorf("fsync %d: %v", n, err)
		} else {
			dir = moved
		}
		apply(t, open(t, dir, Options{}))
		first, second := v.flags(t, dir, "crash1.der"), v.flags(t, dir, "crash2.der")
		if first != second || first != "" && first != "C,," {
			t.Errorf("killed at fsync %d and moved: the trust is %q and %q", n, first, second)
		}
	}
	if refused == 0 {
		t.Error("no moved database was refused")
	}
}

// A file with two names may have a journal beside the other one.
func TestLinkedDatabase(t *testing.T) {
	for _, file := range []string{"cert9.db", "key4.db"} {
		dir := created(t, true)
		if err := os.Link(filepath.Join(dir, file), filepath.Join(t.TempDir(), "other")); err != nil {
			t.Skip(err)
		}
		db := open(t, dir, Options{})
		root := newAuthority(t, "Linked")
		trust, _ := ParseTrust("C,,")
		if _, err := db.Apply(t.Context(), []Change{{Op: Add, DER: root.der(), Nickname: "x", Trust: &trust}}); !errors.Is(err, ErrLinked) {
			t.Errorf("%s: %v", file, err)
		}
		if err := db.CheckWrite(); !errors.Is(err, ErrLinked) {
			t.Errorf("%s: CheckWrite: %v", file, err)
		}
		if _, err := db.List(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
