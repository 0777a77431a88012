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

	"github.com/hktrust/hktrust/testdata/namespace"
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
	l, err := Open(context.Background(), dir, Options{Create: true})
	if err == nil {
		r := aReceipt(id)
		r.State = Done
		err = errors.Join(l.Put(r), l.Close())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestOwner(t *testing.T) {
	me, other := os.Geteuid(), os.Geteuid()+1
	dir := filepath.Join(t.TempDir(), "hktrust")
	open(t, dir, Options{Create: true, RequireUID: &me}).Close()
	for _, readOnly := range []bool{true, false} {
		if _, err := Open(context.Background(), dir, Options{RequireUID: &other, ReadOnly: readOnly}); !errors.Is(err, ErrOwner) {
			t.Errorf("another's directory: %v", err)
		}
	}
	for _, name := range []string{".", receiptsDir} {
		path := filepath.Join(dir, name)
		if err := os.Chmod(path, 0o770); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(context.Background(), dir, Options{RequireUID: &me}); !errors.Is(err, ErrOwner) {
			t.Errorf("%s writable by the group: %v", name, err)
		}
		os.Chmod(path, 0o700)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), link, Options{Create: true}); !errors.Is(err, ErrOwner) {
		t.Errorf("link: %v", err)
	}
	open(t, dir, Options{RequireUID: &me})
}

func TestPrivate(t *testing.T) {
	dir, l := fresh(t)
	put(t, l, aReceipt(l.NewID(noon)))
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
		return nil
	})
}

func TestReceiptThatIsALinkOrAPipe(t *testing.T) {
	dir, l := fresh(t)
	outside := filepath.Join(t.TempDir(), "outside.json")
	r := aReceipt(l.NewID(noon))
	put(t, l, r)
	inside := filepath.Join(dir, receiptsDir, r.ID+receiptSuffix)
	if err := os.Rename(inside, outside); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, inside); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, receiptsDir, l.NewID(noon)+receiptSuffix), 0o600); err != nil {
		t.Fatal(err)
	}
	got, damaged := reopened(t, dir, l)
	if got != nil || len(damaged) != 2 {
		t.Errorf("%+v, %+v", got, damaged)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Error(err)
	}
}

func TestFullDisk(t *testing.T) {
	namespace.Need(t)
	if os.Getenv(childTest) == "" {
		cmd := exec.Command("/proc/self/exe", "-test.v", "-test.run=^TestFullDisk$")
		cmd.Env = append(os.Environ(), childTest+"=1")
		cmd.SysProcAttr = namespace.Own()
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
	put(t, l, r)
	large := r
	large.State, large.Goal = Done, strings.Repeat("x", 100<<10)
	if err := l.Put(large); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("full disk: %v", err)
	}
	got, damaged := reopened(t, dir, l)
	if len(got) != 1 || got[0].State != Intent || damaged != nil {
		t.Errorf("%+v, %+v", got, damaged)
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
						l := open(t, dir, Options{Create: true})
						put(t, l, aReceipt(id))
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
	l := open(t, dir, Options{Create: true})
	defer l.Close()
	got, damaged := l.Receipts()
	switch {
	case damaged != nil:
		t.Errorf("damaged: %+v", damaged)
	case survived && (len(got) != 1 || got[0].State != Done):
		t.Errorf("written %+v", got)
	case existed && len(got) != 1, len(got) > 1:
		t.Errorf("%d receipts", len(got))
	}
	if entries, _ := os.ReadDir(filepath.Join(dir, receiptsDir)); len(entries) != len(got) {
		t.Errorf("%d files for %d receipts", len(entries), len(got))
	}
}
