package safefile

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// anyone is a user of group 0 without an account, as OpenShift has them.
const anyone = 1000690000

func asAnyone() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: anyone, Gid: 0}}
}

// shared makes a file that its group may write to, in a directory like it.
func shared(t *testing.T, dir, content string) string {
	t.Helper()
	name := filepath.Join(dir, "cacerts")
	write(t, name, content)
	for path, mode := range map[string]os.FileMode{filepath.Dir(dir): 0o755, dir: 0o775, name: 0o664} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	return name
}

func TestForeignFileIsWrittenInPlace(t *testing.T) {
	dir := rootMade(t)
	name := filepath.Join(dir, "cacerts")
	if os.Geteuid() == 0 {
		shared(t, dir, "the old content")
	}
	before, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if !elsewhere(t, asAnyone()) {
		after, err := os.Stat(name)
		if err != nil || !os.SameFile(before, after) || after.Mode() != 0o664 || after.Sys().(*syscall.Stat_t).Uid != 0 {
			t.Errorf("another file: %v, %v", after.Mode(), err)
		}
		return
	}
	if err := Writable(name); err != nil {
		t.Error(err)
	}
	out, err := edit1(name, Options{Backup: true}, to("new"))
	if want := (Outcome{Changed: true, BackupMade: name + BackupSuffix}); err != nil || out != want {
		t.Errorf("Edit = %+v, %v", out, err)
	}
	wantContent(t, name, "new")
	wantContent(t, name+BackupSuffix, "the old content")
	wantFiles(t, name, "cacerts", "cacerts"+BackupSuffix)
	out, err = edit1(name, Options{Backup: true}, to("a much longer content than before"))
	if want := (Outcome{Changed: true}); err != nil || out != want {
		t.Errorf("Edit = %+v, %v", out, err)
	}
	wantContent(t, name, "a much longer content than before")
	wantContent(t, name+BackupSuffix, "the old content")
}

// The backup of a file whose group it cannot have is for its owner alone.
func TestForeignGroupIsWrittenInPlace(t *testing.T) {
	dir := rootMade(t)
	name := filepath.Join(dir, "cacerts")
	if os.Geteuid() == 0 {
		write(t, name, "old")
		chown(t, dir, nobody, nobody)
		chown(t, name, nobody, 1234)
	}
	if !elsewhere(t, asNobody()) {
		for path, want := range map[string]struct {
			mode fs.FileMode
			gid  uint32
		}{name: {0o644, 1234}, name + BackupSuffix: {0o600, nobody}} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if gid := info.Sys().(*syscall.Stat_t).Gid; info.Mode() != want.mode || gid != want.gid {
				t.Errorf("%s: mode %v, group %d", path, info.Mode(), gid)
			}
		}
		return
	}
	if err := Writable(name); err != nil {
		t.Error(err)
	}
	if _, err := edit1(name, Options{Backup: true}, to("new")); err != nil {
		t.Error(err)
	}
	wantContent(t, name, "new")
	wantContent(t, name+BackupSuffix, "old")
}

// Hard links would change with the file, and a symbolic link leads elsewhere.
func TestLinksAreNotWrittenInPlace(t *testing.T) {
	dir := rootMade(t)
	name, hard, soft := filepath.Join(dir, "cacerts"), filepath.Join(dir, "hard"), filepath.Join(dir, "soft")
	if os.Geteuid() == 0 {
		shared(t, dir, "old")
		if err := os.Link(name, hard); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("cacerts", soft); err != nil {
			t.Fatal(err)
		}
	}
	if !elsewhere(t, asAnyone()) {
		wantContent(t, name, "old")
		wantFiles(t, name, "cacerts", "hard", "soft")
		return
	}
	for path, target := range map[string]error{name: fs.ErrPermission, hard: fs.ErrPermission, soft: ErrNotRegular} {
		_, err := edit1(path, Options{Backup: true}, to("new"))
		wantError(t, err, target, path)
		wantError(t, Writable(path), target, path)
	}
}

func TestKilledInPlace(t *testing.T) {
	oracle.NeedRoot(t)
	t.Setenv(childUser, fmt.Sprint(anyone))
	for _, call := range []string{"flock", "openat", "write", "fchmod", "fsync", "linkat", "renameat", "pwrite64", "ftruncate", "unlinkat"} {
		t.Run(call, func(t *testing.T) {
			kills := 0
			for _, old := range []string{"old", "an old content that is longer than the new one"} {
				for k := 1; ; k++ {
					name := shared(t, t.TempDir(), old)
					out, ok := traced(t, name, call, fmt.Sprintf("signal=KILL:when=%d", k))
					if ok {
						wantContent(t, name, newContent)
						wantFiles(t, name, "cacerts", "cacerts"+BackupSuffix)
						break
					}
					if out != "" || k > 50 {
						t.Fatalf("kill %d: %s", k, out)
					}
					kills++
					checkRecovered(t, name, old)
				}
			}
			if kills == 0 {
				t.Error("the call was never made")
			}
		})
	}
}

// checkRecovered checks that the next run sees all of one content, and goes on.
func checkRecovered(t *testing.T, name, old string) {
	t.Helper()
	_, err := edit1(name, Options{}, func(now []byte) ([]byte, error) {
		if got := string(now); got != old && got != newContent {
			t.Errorf("the next run sees %q", got)
		}
		return nil, nil
	})
	if err != nil {
		t.Error(err)
	}
	if out, ok := strace(t, name, "-o", "/dev/null"); !ok {
		t.Error(out)
	}
	wantContent(t, name, newContent)
	if _, err := os.Stat(name + BackupSuffix); err == nil {
		wantContent(t, name+BackupSuffix, old)
		wantFiles(t, name, "cacerts", "cacerts"+BackupSuffix)
	} else {
		wantFiles(t, name, "cacerts")
	}
}

func TestErrorInPlace(t *testing.T) {
	oracle.NeedRoot(t)
	t.Setenv(childUser, fmt.Sprint(anyone))
	const old = "an old content that is longer than the new one"
	for _, call := range []string{"write", "fchmod", "fsync", "renameat", "pwrite64", "ftruncate"} {
		t.Run(call, func(t *testing.T) {
			failures := 0
			for k := range countCalls(t, shared(t, t.TempDir(), old), call) {
				name := shared(t, t.TempDir(), old)
				out, ok := traced(t, name, call, fmt.Sprintf("error=EIO:when=%d", k+1))
				if ok || strings.HasPrefix(out, "sync ") {
					wantContent(t, name, newContent)
					wantFiles(t, name, "cacerts", "cacerts"+BackupSuffix)
					continue
				}
				failures++
				wantContent(t, name, old)
				wantFiles(t, name, "cacerts")
			}
			if failures == 0 {
				t.Error("no error was reported")
			}
		})
	}
}

// What cannot be restored now is completed by the next run.
func TestDiskFailsInPlace(t *testing.T) {
	oracle.NeedRoot(t)
	name := shared(t, t.TempDir(), "an old content that is longer than the new one")
	t.Run("failing", func(t *testing.T) {
		t.Setenv(childUser, fmt.Sprint(anyone))
		if out, ok := traced(t, name, "ftruncate", "error=EIO"); ok {
			t.Errorf("no error: %s", out)
		}
	})
	if _, err := edit1(name, Options{}, to(newContent)); err != nil {
		t.Error(err)
	}
	wantContent(t, name, newContent)
	wantFiles(t, name, "cacerts")
}
