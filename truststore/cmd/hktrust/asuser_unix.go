//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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

// runAsUser runs this program again as u, with nothing of this process but a
// request on standard input. See host.UserRunner.
func runAsUser(ctx context.Context, u host.User, request []byte) ([]byte, error) {
	if u.UID <= 0 {
		return nil, fmt.Errorf("refusing to work as user %d", u.UID)
	}
	program, err := ownProgram()
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, childTime, errTooLong)
	defer cancel()
	cmd := commandAs(limited, u, program, asUserName)
	cmd.Args[0] = "hktrust"
	var stdout, stderr capped
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(request), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, errors.Join(err, context.Cause(limited), lastLine(stderr.buffer.String()))
	}
	return stdout.buffer.Bytes(), nil
}

// The child's user may stop it, or keep its output open: neither keeps this
// process, and those whose turn it is next, waiting for ever.
const (
	childTime = 5 * time.Minute // for one request
	waitDelay = 2 * time.Second // for the output, once the child is gone
)

var errTooLong = errors.New("the child takes too long")

// commandAs is a program to be run as u. It gets a session of its own: its user
// may take it over (ptrace), and from this one could type into root's terminal
// (TIOCSTI).
func commandAs(ctx context.Context, u host.User, program string, args ...string) *exec.Cmd {
	gid := u.GID
	if gid <= 0 {
		gid = nobodysGroup
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "/"
	cmd.Env = []string{"HOME=" + u.Home, "PATH=/usr/bin:/bin", "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: uint32(u.UID), Gid: uint32(gid)}, Setsid: true,
	}
	cmd.WaitDelay = waitDelay
	return cmd
}

// maxOutput bounds what a child may say, in bytes. Its user may be no friend.
const maxOutput = 256 << 20

// capped is a buffer that refuses to grow beyond maxOutput. It hides the
// buffer's ReadFrom, which would.
type capped struct{ buffer bytes.Buffer }

var errTooMuch = errors.New("the child says too much")

func (c *capped) Write(data []byte) (int, error) {
	if c.buffer.Len()+len(data) > maxOutput {
		return 0, errTooMuch
	}
	return c.buffer.Write(data)
}

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
