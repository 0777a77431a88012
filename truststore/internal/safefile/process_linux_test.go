package safefile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
	"golang.org/x/sys/unix"
)

func TestEditsOfSeveralProcesses(t *testing.T) {
	name := put(t, "")
	const processes, each = 4, 15
	var want []string
	var running []*exec.Cmd
	for p := range processes {
		var lines []string
		for i := range each {
			lines = append(lines, fmt.Sprintf("%d.%d", p, i))
		}
		want = append(want, lines...)
		cmd := exec.Command("/proc/self/exe", lines...)
		cmd.Env = append(os.Environ(), childAppend+"="+name)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running = append(running, cmd)
	}
	for _, cmd := range running {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Fields(string(content))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("updates were lost: %d of %d lines", len(got), len(want))
	}
	wantFiles(t, name, "cacerts")
}

func TestPipeAndSocketAreNotWaitedFor(t *testing.T) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := edit1(name, Options{Create: true}, unexpected(t))
	wantError(t, err, ErrNotRegular, name)
	_, err = edit1("/dev/null", Options{Create: true, Wait: time.Second}, unexpected(t))
	wantError(t, err, ErrNotRegular, "/dev/null")
}

// The system calls of Edit, each of which is the last one of some run.
var killers = []string{
	"flock", "openat", "write", "fchown", "fsetxattr", "fchmod", "fsync", "linkat", "renameat", "unlinkat",
}

func TestKilledAnywhere(t *testing.T) {
	oracle.NeedRoot(t)
	strace := oracle.Need(t, "strace")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const old = "the old content"
	for _, call := range killers {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			kills := 0
			for _, exists := range []bool{true, false} {
				for k := 1; ; k++ {
					name := filepath.Join(t.TempDir(), "cacerts")
					if exists {
						write(t, name, old)
						chown(t, name, 1234, 5678)
						unix.Setxattr(name, "user.comment", []byte("x"), 0)
					}
					cmd := exec.Command(strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace="+call,
						"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, k), self)
					cmd.Env = append(os.Environ(), childEdit+"="+name)
					out, err := cmd.CombinedOutput()
					if err == nil {
						wantContent(t, name, newContent)
						break
					}
					if cmd.ProcessState.Exited() || k > 50 {
						t.Fatalf("kill %d: %v\n%s", k, err, out)
					}
					kills++
					checkKilled(t, name, exists, old)
				}
			}
			if kills == 0 {
				t.Error("the call was never made")
			}
		})
	}
}

// checkKilled checks what a killed run left, and that the next run cleans up.
func checkKilled(t *testing.T, name string, existed bool, old string) {
	t.Helper()
	content, err := os.ReadFile(name)
	switch {
	case err == nil && string(content) == newContent:
	case existed && (err != nil || string(content) != old):
		t.Errorf("the file holds %q, %v", content, err)
	case !existed && !os.IsNotExist(err):
		t.Errorf("the new file holds %q, %v", content, err)
	}
	if _, err := edit1(name, Options{Create: true, Backup: true}, to(newContent)); err != nil {
		t.Error(err)
	}
	wantContent(t, name, newContent)
	if !existed {
		wantFiles(t, name, "cacerts")
		return
	}
	wantContent(t, name+BackupSuffix, old)
	wantFiles(t, name, "cacerts", "cacerts"+BackupSuffix)
}
