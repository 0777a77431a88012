package asuser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
)

// nobody need not exist.
var nobody = host.User{UID: 54331, Home: "/"}

// shell is a child that is a shell in place of this program.
func shell(script string) *child {
	c := newChild(nobody, "/bin/sh")
	c.cmd.Args = []string{"sh", "-c", script}
	return c
}

// A user who takes over the child must find no terminal of root's there.
func TestChildHasASessionOfItsOwn(t *testing.T) {
	oracle.NeedRoot(t)
	c := shell("cat /proc/$$/stat; echo $$")
	err := c.run(t.Context(), nil)
	fields := strings.Fields(c.stdout.String())
	if err != nil || len(fields) < 7 {
		t.Fatalf("%q, %v", c.stdout.String(), err)
	}
	sid, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	if pid, session := fields[len(fields)-1], fields[5]; session != pid {
		t.Errorf("the child %s is in session %s; this process in %d", pid, session, sid)
	}
}

// A process that the child leaves behind does not keep root waiting.
func TestChildLeavesItsOutputOpen(t *testing.T) {
	oracle.NeedRoot(t)
	c := shell("sleep 60 & echo $!")
	if err := c.run(t.Context(), nil); !errors.Is(err, exec.ErrWaitDelay) {
		t.Error(err)
	}
	exec.Command("kill", strings.TrimSpace(c.stdout.String())).Run()
}

// A child that its user stops is ended with the time it was given.
func TestStoppedChild(t *testing.T) {
	oracle.NeedRoot(t)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, host.ErrGivenUp)
	defer cancel()
	c := shell("kill -STOP $$")
	if err := c.run(ctx, nil); err == nil {
		t.Error("it ended by itself")
	}
	if err := syscall.Kill(c.cmd.Process.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child is there yet: %v", err)
	}
}

func TestChildThatSaysTooMuch(t *testing.T) {
	oracle.NeedRoot(t)
	c := shell("yes")
	if err := c.run(t.Context(), nil); err == nil || len(c.stdout.Bytes()) > maxAnswer {
		t.Errorf("%d bytes, %v", len(c.stdout.Bytes()), err)
	}
}

// parentVariable makes this test binary a parent that is killed.
const parentVariable = "HKTRUST_TEST_PARENT"

func TestMain(m *testing.M) {
	if Serve() {
		return
	}
	if os.Getenv(parentVariable) != "" {
		c := shell("echo $$ >&3; sleep 60")
		c.cmd.ExtraFiles = []*os.File{os.Stdout}
		c.run(context.Background(), nil)
		return
	}
	os.Exit(m.Run())
}

// A child does not outlive the process that it works for.
func TestChildOfAKilledParent(t *testing.T) {
	oracle.NeedRoot(t)
	parent := exec.Command("/proc/self/exe")
	parent.Env = []string{parentVariable + "=1"}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 32)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatal(err)
	}
	parent.Process.Kill()
	parent.Wait()
	for range 500 { // its parent is another process now, who must reap it
		state, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	syscall.Kill(pid, syscall.SIGKILL)
	t.Error("the child lives on")
}

// This very program answers as the user, and as nobody else.
func TestRun(t *testing.T) {
	oracle.NeedRoot(t)
	if _, err := Run(t.Context(), host.User{UID: 0}, nil); err == nil {
		t.Error("it works as root")
	}
	answer, err := Run(t.Context(), nobody, []byte(`{"format":"hktrust.as-user/1","op":"discover","user":{"uid":54332,"gid":1}}`))
	if err != nil || !strings.Contains(string(answer), "this process runs as user 54331") {
		t.Errorf("%s, %v", answer, err)
	}
}
