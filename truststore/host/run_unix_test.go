//go:build unix

package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
)

func TestRun(t *testing.T) {
	t.Setenv("SECRET", "of the parent")
	sh := oracle.Need(t, "sh")
	out, err := (&Host{}).Run(context.Background(), Cmd{
		Path: sh, Args: []string{"-c", `read line; echo "$line,$GIVEN,$SECRET"; echo warn >&2; exit 3`},
		Env: []string{"GIVEN=given"}, Stdin: []byte("stdin\n"),
	})
	if err != nil || string(out.Stdout) != "stdin,given,\n" || string(out.Stderr) != "warn\n" || out.ExitCode != 3 {
		t.Errorf("Run = %q, %q, %d, %v", out.Stdout, out.Stderr, out.ExitCode, err)
	}
	if _, err := (&Host{}).Run(context.Background(), Cmd{Path: sh, Args: []string{"-c", "kill -9 $$"}}); err == nil {
		t.Error("a killed program is no error")
	}
	if _, err := (&Host{}).Run(context.Background(), Cmd{Path: "/nowhere/program"}); err == nil {
		t.Error("a program that is not there is no error")
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&Host{}).Run(cancelled, Cmd{Path: sh, Args: []string{"-c", "exit 0"}}); err == nil {
		t.Error("a cancelled run is no error")
	}
}

func TestNothingOfATreeIsExecuted(t *testing.T) {
	h := &Host{Root: "/"}
	if _, err := h.Run(context.Background(), Cmd{Path: "/bin/sh"}); !errors.Is(err, ErrNotExecuted) {
		t.Errorf("Run: %v", err)
	}
	h.Runner = func(_ context.Context, cmd Cmd) (Output, error) { return Output{Stdout: []byte(cmd.Path)}, nil }
	if out, err := h.Run(context.Background(), Cmd{Path: "/bin/sh"}); string(out.Stdout) != "/bin/sh" || err != nil {
		t.Errorf("given runner: %q, %v", out.Stdout, err)
	}
}

// A daemon that a program leaves behind holds its output open; it must not
// keep the caller.
func TestRunDoesNotWaitForDescendants(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for some seconds")
	}
	sh, sleep := oracle.Need(t, "sh"), oracle.Need(t, "sleep")
	out, err := (&Host{}).Run(context.Background(), Cmd{Path: sh, Args: []string{"-c", sleep + " 30 & echo done"}})
	if err != nil || string(out.Stdout) != "done\n" {
		t.Errorf("Run = %q, %v", out.Stdout, err)
	}
}

func TestRunKeepsTheBeginningOfMuchOutput(t *testing.T) {
	sh := oracle.Need(t, "sh")
	script := `i=0; while [ $i -lt 3000 ]; do echo 0123456789; echo 0123456789 >&2; i=$((i+1)); done`
	out, err := (&Host{}).Run(context.Background(), Cmd{Path: sh, Args: []string{"-c", script}, MaxOutput: 15})
	if err != nil || string(out.Stdout) != "0123456789\n0123" || string(out.Stderr) != "0123456789\n0123" {
		t.Errorf("Run = %q, %q, %v", out.Stdout, out.Stderr, err)
	}
}

// A program that is cancelled takes what it started with it, and only then is
// the lock free that was put into its hands.
func TestRunCancelledLeavesNothingRunning(t *testing.T) {
	sh, sleep := oracle.Need(t, "sh"), oracle.Need(t, "sleep")
	name := filepath.Join(t.TempDir(), "lock")
	held, err := os.Create(name)
	must(t, err)
	must(t, syscall.Flock(int(held.Fd()), syscall.LOCK_EX))
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_, err = (&Host{}).Run(ctx, Cmd{Path: sh, Args: []string{"-c", sleep + " 300 & " + sleep + " 300"}, Hold: held})
	if err == nil {
		t.Error("a cancelled run is no error")
	}
	held.Close() // the descendants would hold it still
	again, err := os.Open(name)
	must(t, err)
	defer again.Close()
	for try := 0; ; try++ { // the kernel takes a moment to end a process
		if err = syscall.Flock(int(again.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
			return
		}
		if try == 100 {
			t.Fatal("a descendant lives on with the lock")
		}
		time.Sleep(20 * time.Millisecond)
	}
}
