package safefile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The variables that make this test binary a child of one of its tests.
const (
	childTest   = "HKTRUST_SAFEFILE_TEST"   // runs one test in another world
	childAppend = "HKTRUST_SAFEFILE_APPEND" // appends lines to the file it names
	childEdit   = "HKTRUST_SAFEFILE_EDIT"   // edits the file it names, once
	childUser   = "HKTRUST_SAFEFILE_USER"   // does so as that user of group 0
)

func init() {
	if os.Getenv(childEdit) != "" {
		runtime.LockOSThread() // strace counts system calls by thread
	}
}

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(childAppend) != "":
		os.Exit(appendLines(os.Getenv(childAppend), os.Args[1:]))
	case os.Getenv(childEdit) != "":
		os.Exit(editOnce(os.Getenv(childEdit)))
	}
	os.Exit(m.Run())
}

func appendLines(name string, lines []string) int {
	for _, line := range lines {
		_, err := Edit(context.Background(), name, Options{Wait: time.Minute}, func(old []byte) ([]byte, error) {
			return append(old, line+"\n"...), nil
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

func editOnce(name string) int {
	if user := os.Getenv(childUser); user != "" {
		uid, err := strconv.Atoi(user)
		if err := errors.Join(err, syscall.Setgroups(nil), syscall.Setuid(uid)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	opt := Options{Create: true, Backup: true}
	if _, err := Edit(context.Background(), name, opt, to(newContent)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

const newContent = "the new content"

// elsewhere runs the calling test again in a process made with attr, and
// reports false there is nothing more to do here. In that process it is true.
func elsewhere(t *testing.T, attr *syscall.SysProcAttr) bool {
	t.Helper()
	if os.Getenv(childTest) == t.Name() {
		return true
	}
	cmd := exec.Command("/proc/self/exe", "-test.v", "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$")
	cmd.Env = append(os.Environ(), childTest+"="+t.Name())
	cmd.Dir = "/"
	cmd.SysProcAttr = attr
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("in another process: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%s", out)
	}
	return false
}
