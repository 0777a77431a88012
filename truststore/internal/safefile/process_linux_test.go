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
	const old = "the old content"
	for _, call := range killers {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			kills := 0
			for _, exists := range []bool{true, false} {
				for k := 1; ; k++ {
					name := filepath.Join(t.TempDir(), "cacerts")
					if exists {
						name = foreign(t, old)
					}
					out, ok := traced(t, name, call, fmt.Sprintf("signal=KILL:when=%d", k))
					if ok {
						wantContent(t, name, newContent)
						break
					}
					if out != "" || k > 50 {
						t.Fatalf("kill %d: %s", k, out)
					}
					kills++
					checkKilled(t, name, exists, old)
				}
			}
			if kills == 0 && call != "fsetxattr" { // not every file system has attributes
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

// foreign is a file whose replacement needs every call: a change of owner and
// an extended attribute, where the file system has them.
func foreign(t *testing.T, content string) string {
	t.Helper()
	name := put(t, content)
	chown(t, name, 1234, 5678)
	unix.Setxattr(name, "user.comment", []byte("x"), 0)
	return name
}

// traced runs one edit of name under strace with a fault injected.
func traced(t *testing.T, name, call, fault string) (output string, ok bool) {
	t.Helper()
	return strace(t, name, "-o", "/dev/null", "-e", "trace="+call, "-e", "inject="+call+":"+fault)
}

// countCalls counts how often one edit of name makes a system call.
func countCalls(t *testing.T, name, call string) int {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	if out, ok := strace(t, name, "-o", trace, "-e", "trace="+call, "-e", "signal=none"); !ok {
		t.Fatal(out)
	}
	lines, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(lines), "\n")
}

func strace(t *testing.T, name string, args ...string) (output string, ok bool) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(oracle.Need(t, "strace"), append(append([]string{"-f", "-qq"}, args...), self)...)
	cmd.Env = append(os.Environ(), childEdit+"="+name)
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func TestErrorAnywhere(t *testing.T) {
	oracle.NeedRoot(t)
	const old = "the old content"
	for _, call := range []string{"newfstatat", "openat", "getdents64", "flistxattr", "write", "fchown", "fsetxattr", "fchmod", "fsync", "renameat"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			failures := 0
			for k := range countCalls(t, foreign(t, old), call) {
				name := foreign(t, old)
				out, ok := traced(t, name, call, fmt.Sprintf("error=EIO:when=%d", k+1))
				content, err := os.ReadFile(name)
				switch {
				case err != nil:
					t.Fatal(err)
				case ok || strings.HasPrefix(out, "sync "): // the exception that Edit names
					if string(content) != newContent {
						t.Errorf("error %d: no error, yet %q", k, content)
					}
					wantFiles(t, name, "cacerts", "cacerts"+BackupSuffix)
				default:
					failures++
					if string(content) != old {
						t.Errorf("error %d: %s, yet %q", k, out, content)
					}
					wantFiles(t, name, "cacerts")
				}
			}
			if failures == 0 && call != "getdents64" && call != "fsetxattr" {
				t.Error("no error was reported")
			}
		})
	}
}

func TestWithoutHardLinks(t *testing.T) {
	name := put(t, "old")
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	if out, ok := traced(t, name, "linkat", "error=EPERM"); !ok {
		t.Fatal(out)
	}
	wantContent(t, name, newContent)
	wantContent(t, name+BackupSuffix, "old")
	if info, err := os.Stat(name + BackupSuffix); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode of the backup %v, %v", info.Mode(), err)
	}
	wantFiles(t, name, "cacerts", "cacerts"+BackupSuffix)

	created := filepath.Join(t.TempDir(), "cacerts")
	if out, ok := traced(t, created, "linkat", "error=EPERM"); !ok {
		t.Fatal(out)
	}
	wantContent(t, created, newContent)
	wantFiles(t, created, "cacerts")
}

func TestWithoutLocksOrAttributes(t *testing.T) {
	for call, fault := range map[string]string{"flock": "error=ENOLCK", "flistxattr": "error=EOPNOTSUPP"} {
		name := put(t, "old")
		if out, ok := traced(t, name, call, fault); !ok {
			t.Errorf("%s: %s", call, out)
		}
		wantContent(t, name, newContent)
	}
}
