//go:build unix

package nss

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestCheckWrite asks, as an ordinary user, what SQLite would find out. Only
// root can make files of others.
func TestCheckWrite(t *testing.T) {
	if dir := os.Getenv("CHECK_WRITE"); dir != "" {
		checkWriteAs(t, dir)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, to make files of others")
	}
	const user, other = 7424, 9999
	for name, tt := range map[string]struct {
		do   func(dir string) error
		want string // what is in the way
	}{
		"own":           {func(string) error { return nil }, ""},
		"foreign group": {func(d string) error { return os.Chown(certDB(d), user, other) }, ""},
		"mode 0660":     {func(d string) error { return os.Chmod(certDB(d), 0o660) }, ""},
		"others' files": {func(d string) error {
			return errors.Join(os.Chown(certDB(d), other, other), os.Chmod(certDB(d), 0o666))
		}, ""},
		"no key4.db": {func(d string) error { return os.Remove(keyDB(d)) }, ""},
		"read-only":  {func(d string) error { return os.Chmod(keyDB(d), 0o400) }, keyFile},
		"others' file": {func(d string) error {
			return errors.Join(os.Chown(certDB(d), other, other), os.Chmod(certDB(d), 0o644))
		}, certFile},
		"read-only dir":  {func(d string) error { return os.Chmod(d, 0o555) }, "nssdb"},
		"read-only link": {func(d string) error { return linkAway(certDB(d)) }, "elsewhere"},
	} {
		t.Run(name, func(t *testing.T) {
			work, err := os.MkdirTemp("", "check-write")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(work) })
			dir := filepath.Join(work, "nssdb")
			if err := errors.Join(os.Chmod(work, 0o755), Create(t.Context(), dir)); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{dir, certDB(dir), keyDB(dir)} {
				if err := os.Chown(path, user, user); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.do(dir); err != nil {
				t.Fatal(err)
			}
			program := filepath.Join(work, "test")
			data, err := os.ReadFile(os.Args[0])
			if err := errors.Join(err, os.WriteFile(program, data, 0o755)); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(program, "-test.run=^TestCheckWrite$", "-test.v")
			cmd.Env, cmd.Dir = []string{"CHECK_WRITE=" + dir, "CHECK_WRITE_WANT=" + tt.want, "TMPDIR=/tmp"}, work
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
			if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// linkAway moves a file into a directory that its owner may not write, and
// leaves a link to it.
func linkAway(path string) error {
	dir := filepath.Join(filepath.Dir(filepath.Dir(path)), "elsewhere")
	to := filepath.Join(dir, filepath.Base(path))
	return errors.Join(os.Mkdir(dir, 0o755), os.Rename(path, to), os.Symlink(to, path))
}

// checkWriteAs is the other process: what CheckWrite says must be what happens.
func checkWriteAs(t *testing.T, dir string) {
	db := open(t, dir, Options{})
	err := db.CheckWrite()
	_, applied := db.Apply(t.Context(), []Change{{Op: Add, DER: newAuthority(t, "x").der(), Nickname: "x", Trust: trust(t, "C,,")}})
	want := os.Getenv("CHECK_WRITE_WANT")
	var at *fs.PathError
	switch {
	case want == "" && (err != nil || applied != nil):
		t.Errorf("CheckWrite: %v, Apply: %v", err, applied)
	case want != "" && (!errors.As(err, &at) || filepath.Base(at.Path) != want || !errors.Is(err, fs.ErrPermission)):
		t.Errorf("CheckWrite: %v, want one about %s", err, want)
	case want != "" && applied == nil:
		t.Error("Apply wrote all the same")
	}
}

func TestCheckCreate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := CheckCreate(dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Dir(dir)); err == nil {
		t.Error("a directory was made")
	}
	if err := CheckCreate("/dev/null/nssdb"); err == nil {
		t.Error("a database can be made in a device")
	}
}
