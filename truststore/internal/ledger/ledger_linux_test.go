package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
	"golang.org/x/sys/unix"
)

// The variables that make this test binary a child of one of its tests.
const (
	childDir  = "HKTRUST_LEDGER_DIR"  // whose receipts are put into
	childID   = "HKTRUST_LEDGER_ID"   // the identifier it uses
	childTest = "HKTRUST_LEDGER_TEST" // runs one test in another world
)

func init() {
	if os.Getenv(childDir) != "" {
		runtime.LockOSThread() // strace counts system calls by thread
	}
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(putDone(dir, os.Getenv(childID)))
	}
	os.Exit(m.Run())
}

func putDone(dir, id string) int {
	l, err := Open(dir, Options{})
	if err == nil {
		var a *Account
		if a, err = l.Account(context.Background(), kind, store, linked); err == nil {
			err = errors.Join(a.Write([]Receipt{childReceipt(id)}), a.Close(), l.Close())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// linked is a further name of the store.
const linked = "/etc/cacerts"

func childReceipt(id string) Receipt {
	r := aReceipt(id)
	r.State, r.Store.Names = Done, []string{linked}
	return r
}

func TestOwner(t *testing.T) {
	me, other := os.Geteuid(), os.Geteuid()+1
	dir := filepath.Join(t.TempDir(), "hktrust")
	l := open(t, dir, Options{RequireUID: &me})
	acct := account(t, l)
	put(t, acct, aReceipt(l.NewID(noon)))
	acct.Close()
	if _, err := Open(dir, Options{RequireUID: &other}); !errors.Is(err, ErrOwner) {
		t.Errorf("another's directory: %v", err)
	}
	for _, name := range []string{".", storesDir, locksDir} {
		path := filepath.Join(dir, name)
		if err := os.Chmod(path, 0o770); err != nil {
			t.Fatal(err)
		}
		l, err := Open(dir, Options{RequireUID: &me})
		if err == nil {
			_, err = l.Account(context.Background(), kind, store)
		}
		if !errors.Is(err, ErrOwner) {
			t.Errorf("%s writable by the group: %v", name, err)
		}
		os.Chmod(path, 0o700)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(link, Options{}); !errors.Is(err, ErrOwner) {
		t.Errorf("link: %v", err)
	}
	open(t, dir, Options{RequireUID: &me})
}

func TestPrivate(t *testing.T) {
	dir, l := fresh(t)
	acct := account(t, l)
	put(t, acct, childReceipt(l.NewID(noon)))
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
		return nil
	})
}

func TestAccountThatIsALinkOrAPipe(t *testing.T) {
	file := keyOf(kind, store) + accountSuffix
	for name, spoil := range map[string]func(path string) error{
		"link": func(path string) error {
			outside := filepath.Join(t.TempDir(), "outside")
			return errors.Join(os.Rename(path, outside), os.Symlink(outside, path))
		},
		"pipe": func(path string) error { return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, l := fresh(t)
			acct := account(t, l)
			put(t, acct, aReceipt(l.NewID(noon)))
			acct.Close()
			if err := spoil(filepath.Join(dir, storesDir, file)); err != nil {
				t.Fatal(err)
			}
			got, damaged, err := l.Receipts(kind, store)
			if got != nil || len(damaged) != 1 || err != nil {
				t.Errorf("%+v, %+v, %v", got, damaged, err)
			}
			if _, err := l.Account(context.Background(), kind, store); !errors.Is(err, ErrDamaged) {
				t.Errorf("written over: %v", err)
			}
		})
	}
}

func TestFullDisk(t *testing.T) {
	oracle.NeedRoot(t)
	if os.Getenv(childTest) == "" {
		cmd := exec.Command("/proc/self/exe", "-test.v", "-test.run=^TestFullDisk$")
		cmd.Env = append(os.Environ(), childTest+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		if strings.Contains(string(out), "--- SKIP") {
			t.Skipf("%s", out)
		}
		return
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		oracle.Missing(t, "the right to mount")
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	l := open(t, dir, Options{})
	r := aReceipt(l.NewID(noon))
	acct := account(t, l)
	put(t, acct, r)
	large := r
	large.State, large.Goal = Done, strings.Repeat("x", 100<<10)
	if err := acct.Write([]Receipt{large}); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("full disk: %v", err)
	}
	acct.Close()
	if got := seen(t, dir); len(got) != 1 || got[0].State != Intent {
		t.Errorf("%+v", got)
	}
}

func TestKilledAnywhere(t *testing.T) {
	strace := oracle.Need(t, "strace")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range []string{"mkdirat", "flock", "openat", "write", "fsync", "renameat"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			kills := 0
			for _, exists := range []bool{true, false} {
				for k := 1; k < 60; k++ {
					dir := filepath.Join(t.TempDir(), "a", "hktrust")
					id := newID(noon)
					if exists {
						l := open(t, dir, Options{})
						a := account(t, l)
						put(t, a, aReceipt(id))
						a.Close()
						l.Close()
					}
					cmd := exec.Command(strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call,
						"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, k), self)
					cmd.Env = append(os.Environ(), childDir+"="+dir, childID+"="+id)
					out, err := cmd.CombinedOutput()
					if err != nil && cmd.ProcessState.Exited() {
						t.Fatalf("kill %d: %v\n%s", k, err, out)
					}
					checkKilled(t, dir, exists, err == nil)
					if err == nil {
						break
					}
					kills++
				}
			}
			if kills == 0 {
				t.Error("the call was never made")
			}
		})
	}
}

func checkKilled(t *testing.T, dir string, existed, survived bool) {
	t.Helper()
	got := seen(t, dir, store, linked)
	switch {
	case survived && (len(got) != 1 || got[0].State != Done):
		t.Errorf("written %+v", got)
	case existed && len(got) != 1, len(got) > 1:
		t.Errorf("%d receipts", len(got))
	}
	// Whoever comes next clears away what was left half-written.
	l := open(t, dir, Options{})
	a := account(t, l, store, linked)
	if err := a.Write(nil, idsOf(got)...); err != nil {
		t.Error(err)
	}
	a.Close()
	if left := filesIn(t, dir); left != nil {
		t.Errorf("left %v", left)
	}
}
