//go:build unix

package asuser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// nobodysGroup is the group of a child whose user has none that is known.
const nobodysGroup = 65534

// Bounds of what a child may say, and of how long its end may take. Its user
// may be no friend.
const (
	maxAnswer = 32 << 20        // bytes
	maxStderr = 64 << 10        // bytes
	endDelay  = 5 * time.Second // until a killed child must be gone
	pipeDelay = 2 * time.Second // for its output, once it is gone
)

var errTooMuch = errors.New("the child says too much")

// Run serves one request in a process that runs as u: this program again. See
// [host.UserRunner]. An error that is [host.ErrStillRunning] means that the
// process could not be ended.
func Run(ctx context.Context, u host.User, request []byte) ([]byte, error) {
	if u.UID <= 0 {
		return nil, fmt.Errorf("refusing to work as user %d", u.UID)
	}
	program, err := ownProgram()
	if err != nil {
		return nil, err
	}
	c := newChild(u, program)
	done := make(chan error, 1)
	go func() {
		// The parent-death signal comes when the thread that started the
		// child ends: it stays until then.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		done <- c.run(ctx, request)
	}()
	select {
	case err = <-done:
	case <-ctx.Done():
		select {
		case err = <-done:
		case <-time.After(endDelay):
			return nil, errors.Join(host.ErrStillRunning, context.Cause(ctx))
		}
	}
	if err != nil {
		return nil, errors.Join(err, context.Cause(ctx), lastLine(c.stderr.String()))
	}
	return c.stdout.Bytes(), nil
}

// child is a process that works as another user.
type child struct {
	cmd            *exec.Cmd
	stdout, stderr capped
}

// newChild describes the child. It gets a session of its own: its user may take
// it over (ptrace), and from this one could type into root's terminal (TIOCSTI).
func newChild(u host.User, program string) *child {
	gid := u.GID
	if gid <= 0 {
		gid = nobodysGroup
	}
	c := &child{stdout: capped{limit: maxAnswer}, stderr: capped{limit: maxStderr}}
	c.cmd = exec.Command(program)
	c.cmd.Args[0] = "hktrust-as-user"
	c.cmd.Dir = "/"
	c.cmd.Env = []string{marker + "=1", "HOME=" + u.Home, "PATH=/usr/bin:/bin", "LC_ALL=C"}
	c.cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: uint32(u.UID), Gid: uint32(gid)}, Setsid: true,
	}
	endWithParent(c.cmd.SysProcAttr)
	c.cmd.Stdout, c.cmd.Stderr = &c.stdout, &c.stderr
	c.cmd.WaitDelay = pipeDelay
	return c
}

// run starts the child and waits for its answer. Its standard input stays open
// till then: if it ends, the parent has died.
func (c *child) run(ctx context.Context, request []byte) error {
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := c.cmd.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { c.cmd.Process.Kill() })()
	_, err = io.Copy(in, bytes.NewReader(append(request, '\n')))
	if errors.Is(err, syscall.EPIPE) {
		err = nil // it ended without reading all; Wait says why
	}
	return errors.Join(err, c.cmd.Wait())
}

// capped is a buffer that refuses to grow beyond its limit. It hides the
// buffer's ReadFrom, which would.
type capped struct {
	limit  int
	buffer bytes.Buffer
}

func (c *capped) Write(data []byte) (int, error) {
	if c.buffer.Len()+len(data) > c.limit {
		return 0, errTooMuch
	}
	return c.buffer.Write(data)
}

func (c *capped) Bytes() []byte  { return c.buffer.Bytes() }
func (c *capped) String() string { return c.buffer.String() }

// ownProgram is the file of this very process. Linux has a name for it that
// holds even where the user may not look into its directory, and cannot be
// exchanged.
func ownProgram() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

func lastLine(text string) error {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	return errors.New(text[strings.LastIndexByte(text, '\n')+1:])
}
