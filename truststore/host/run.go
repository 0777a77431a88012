package host

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"time"
)

// Cmd is a program to run: an absolute path, its arguments, its environment
// (nothing is inherited) and what it reads from standard input.
type Cmd struct {
	Path  string
	Args  []string
	Env   []string
	Stdin []byte

	// Hold is a file that the program inherits and, unless it closes it
	// itself, keeps open until it and all that it started have ended: a lock
	// on it outlives a caller that is killed.
	Hold *os.File
	// MaxOutput is how many bytes of standard output, and as many of
	// standard error, are kept; what comes after is read and dropped.
	// 0 means that all are kept.
	MaxOutput int
}

// Output is what a program left behind when it ended by itself.
type Output struct {
	Stdout, Stderr []byte
	ExitCode       int
}

// Runner runs a program and waits for it. An exit code other than 0 is not an
// error; a program that could not be started, or was killed, is.
type Runner func(ctx context.Context, cmd Cmd) (Output, error)

// UserRunner serves one request, opaque to this package, in a process that
// runs as u: with u's numeric identity, no supplementary groups and a clean
// environment. It returns what the process wrote to standard output.
type UserRunner func(ctx context.Context, u User, request []byte) ([]byte, error)

// ErrNotExecuted means that a program of a tree below Root was not run:
// nothing of such a tree is executed.
var ErrNotExecuted = errors.New("programs of an offline tree are not executed")

// ErrStillRunning means that a process which works as another user could not be
// ended: it may yet do what it was asked to.
var ErrStillRunning = errors.New("the process may be running yet")

// Run runs a program of the machine. When ctx ends before the program does,
// the program is killed, on Unix with all that it started.
func (h *Host) Run(ctx context.Context, cmd Cmd) (Output, error) {
	switch {
	case h.Runner != nil:
		return h.Runner(ctx, cmd)
	case h.Root != "":
		return Output{}, ErrNotExecuted
	}
	return execute(ctx, cmd)
}

// Executes reports whether programs of the machine can be run at all.
func (h *Host) Executes() bool { return h.Runner != nil || h.Root == "" }

// waitDelay is how long a program's descendants may hold its output open after
// it ended or was cancelled, before they are no longer waited for.
const waitDelay = 2 * time.Second

func execute(ctx context.Context, cmd Cmd) (Output, error) {
	c := exec.CommandContext(ctx, cmd.Path, cmd.Args...)
	stdout, stderr := capped{limit: cmd.MaxOutput}, capped{limit: cmd.MaxOutput}
	c.WaitDelay = waitDelay
	c.Env = append([]string{}, cmd.Env...)
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(cmd.Stdin), &stdout, &stderr
	if cmd.Hold != nil {
		c.ExtraFiles = []*os.File{cmd.Hold}
	}
	killDescendants(c)
	err := c.Run()
	out := Output{Stdout: stdout.kept.Bytes(), Stderr: stderr.kept.Bytes()}
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended by itself with code 0; a descendant lives on
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		out.ExitCode, err = exit.ExitCode(), nil
	}
	return out, err
}

// capped keeps the beginning of what is written to it.
type capped struct {
	kept  bytes.Buffer
	limit int // 0: none
}

func (c *capped) Write(p []byte) (int, error) {
	if c.limit == 0 {
		return c.kept.Write(p)
	}
	c.kept.Write(p[:min(len(p), c.limit-c.kept.Len())])
	return len(p), nil
}
