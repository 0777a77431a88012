//go:build unix

package nss

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

func TestPipesAndOwners(t *testing.T) {
	for _, name := range []string{certFile, keyFile} {
		t.Run("pipe "+name, func(t *testing.T) {
			dir := created(t, false)
			path := filepath.Join(dir, name)
			if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(dir, Options{}); !errors.Is(err, ErrUnsafeFile) {
				t.Errorf("Open: %v", err)
			}
		})
		t.Run("owner of "+name, func(t *testing.T) {
			oracle.NeedRoot(t)
			dir := created(t, false)
			if err := os.Chown(filepath.Join(dir, name), 12345, 12345); err != nil {
				t.Fatal(err)
			}
			refuses(t, dir, Options{OwnedByMe: true}, ErrUnsafeFile)
			list(t, open(t, dir, Options{}))
		})
	}
}

func TestCreateForAnotherUser(t *testing.T) {
	oracle.NeedRoot(t)
	home := t.TempDir()
	if err := os.Chown(home, 12345, 12346); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(home, ".pki", "nssdb")
	if err := Create(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	apply(t, open(t, dir, Options{}), Change{Op: Add, DER: newAuthority(t, "x").der(), Nickname: "x", Trust: trust(t, "C,,")})
	for _, path := range []string{filepath.Dir(dir), dir, certDB(dir), keyDB(dir)} {
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if st := info.Sys().(*syscall.Stat_t); st.Uid != 12345 || st.Gid != 12346 {
			t.Errorf("%s belongs to %d:%d", path, st.Uid, st.Gid)
		}
	}
}

// TestWithoutRights runs as a user who may not write, or not even read.
func TestWithoutRights(t *testing.T) {
	oracle.NeedRoot(t)
	parent := publicTempDir(t)
	for _, test := range []struct {
		name              string
		dirMode, fileMode fs.FileMode
		list, apply       string
	}{
		{"unreadable files", 0o755, 0o600, "permission", "permission"},
		{"read-only files", 0o777, 0o644, "ok", "permission"},
		{"read-only directory", 0o755, 0o666, "ok", "permission"},
		{"closed directory", 0o700, 0o666, "permission", "permission"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(parent, test.name)
			if err := errors.Join(os.Rename(created(t, false), dir), os.Chmod(dir, test.dirMode),
				os.Chmod(certDB(dir), test.fileMode), os.Chmod(keyDB(dir), test.fileMode)); err != nil {
				t.Fatal(err)
			}
			for action, want := range map[string]string{"list": test.list, "apply": test.apply} {
				if got := helper(t, dir, action, 65534); got != want {
					t.Errorf("%s: %s, want %s", action, got, want)
				}
			}
		})
	}
}

// TestHotJournal: an interrupted writer's journal is rolled back by who may,
// and reported by who may not.
func TestHotJournal(t *testing.T) {
	strace := oracle.Need(t, "strace")
	make := func(t *testing.T) string {
		for n := 12; n > 0; n-- {
			dir := created(t, false)
			crash(t, strace, dir, n)
			// The super-journal is there until the commit is decided.
			if undecided, _ := filepath.Glob(filepath.Join(dir, "*-mj*")); len(undecided) == 0 {
				continue
			}
			if _, err := open(t, dir, Options{ReadOnly: true}).List(t.Context()); errors.Is(err, ErrNeedsRecovery) {
				return dir
			}
		}
		t.Fatal("no crash leaves a hot journal")
		return ""
	}
	t.Run("writable", func(t *testing.T) {
		dir := make(t)
		if _, err := os.Stat(certDB(dir) + "-journal"); err != nil {
			t.Errorf("the journal: %v", err)
		}
		if got := list(t, open(t, dir, Options{})); len(got.Entries) != 0 {
			t.Errorf("%d entries", len(got.Entries))
		}
		if _, err := os.Stat(certDB(dir) + "-journal"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the journal: %v", err)
		}
	})
	t.Run("read-only", func(t *testing.T) {
		oracle.NeedRoot(t)
		dir := make(t)
		if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
			t.Fatal(err)
		}
		files, _ := os.ReadDir(dir)
		for _, f := range files {
			if err := os.Chmod(filepath.Join(dir, f.Name()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		before := snapshot(t, dir)
		for _, action := range []string{"list", "apply"} {
			if got := helper(t, dir, action, 65534); got != "recovery" {
				t.Errorf("%s: %s", action, got)
			}
		}
		if snapshot(t, dir) != before {
			t.Error("the files have changed")
		}
	})
}

// helper runs helperMain as another user and returns what it prints.
func helper(t *testing.T, dir, action string, uid uint32) string {
	t.Helper()
	self := filepath.Join(publicTempDir(t), "helper")
	data, err := os.ReadFile(os.Args[0])
	if err == nil {
		err = os.WriteFile(self, data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Dir = "/"
	cmd.Env = []string{"NSS_TEST_HELPER=" + action, "NSS_TEST_DIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("helper: %v\n%s", err, out)
	}
	return string(out)
}

// publicTempDir is a t.TempDir that other users may enter.
func publicTempDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
