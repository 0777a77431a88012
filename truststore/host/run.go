package host

import (
	"bytes"
	"context"
	"errors"
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

// Run runs a program of the machine.
func (h *Host) Run(ctx context.Context, cmd Cmd) (Output, error) {
	switch {
	case h.Runner != nil:
		return h.Runner(ctx, cmd)
	case h.Root != "":
		return Output{}, ErrNotExecuted
	}
	return execute(ctx, cmd)
}

// waitDelay is how long a program's descendants may hold its output open after
// it ended or was cancelled, before they are no longer waited for.
const waitDelay = 2 * time.Second

func execute(ctx context.Context, cmd Cmd) (Output, error) {
	c := exec.CommandContext(ctx, cmd.Path, cmd.Args...)
	var stdout, stderr bytes.Buffer
	c.WaitDelay = waitDelay
	c.Env = append([]string{}, cmd.Env...)
	c.Stdin, c.Stdout, c.Stderr = bytes.NewReader(cmd.Stdin), &stdout, &stderr
	err := c.Run()
	out := Output{Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended by itself with code 0; a descendant lives on
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		out.ExitCode, err = exit.ExitCode(), nil
	}
	return out, err
}
