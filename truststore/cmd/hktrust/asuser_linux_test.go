package main

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
)

// A user who takes over the child must find no terminal of root's there.
func TestChildHasASessionOfItsOwn(t *testing.T) {
	oracle.NeedRoot(t)
	u := host.User{UID: nobody, Home: "/"}
	out, err := commandAs(context.Background(), u, "/bin/sh", "-c", "cat /proc/$$/stat; echo $$").Output()
	fields := strings.Fields(string(out))
	if err != nil || len(fields) < 7 {
		t.Fatalf("%q, %v", out, err)
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
	u := host.User{UID: nobody, Home: "/"}
	cmd := commandAs(context.Background(), u, "/bin/sh", "-c", "sleep 60 & echo $!")
	var out capped
	cmd.Stdout = &out
	if err := cmd.Run(); !errors.Is(err, exec.ErrWaitDelay) {
		t.Error(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(out.buffer.String()))
	if err != nil {
		t.Fatal(err)
	}
	unix.Kill(pid, unix.SIGTERM)
}
