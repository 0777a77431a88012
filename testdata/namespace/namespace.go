// Package namespace lets a test change the machine's own files for real, in a
// mount namespace in which nothing of that reaches the machine.
package namespace

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// variable marks the process inside the namespace.
const variable = "HKTRUST_TEST_PRIVATE"

// script lays a file system in memory over each of the directories that are
// named before "--", and becomes the program named after it. It ends with 77
// where it is not let.
const script = `
trap 'exit 77' EXIT
set -e
mount -t tmpfs -o mode=755 tmpfs /mnt
while [ "$1" != -- ]; do
	mkdir -p "/mnt/upper$1" "/mnt/work$1"
	chmod --reference="$1" "/mnt/upper$1"
	mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper$1,workdir=/mnt/work$1" overlay "$1"
	shift
done
shift
trap - EXIT
exec "$@"
`

// Command is a program in a mount namespace of its own, where what is written
// below the directories of the machine's settings and stores, and below the
// given ones, stays in memory.
func Command(ctx context.Context, dirs []string, program string, args ...string) *exec.Cmd {
	dirs = slices.Concat(shared, dirs)
	slices.Sort(dirs)
	all := append([]string{"-c", script, "sh"}, slices.Compact(dirs)...)
	cmd := exec.CommandContext(ctx, "/bin/sh", append(append(all, "--", program), args...)...)
	cmd.SysProcAttr = Own()
	return cmd
}

// refused is the exit code of a script that was not let.
const refused = 77

// Need skips a test where no mount namespace can be made: by an ordinary user,
// in most containers, in a chroot.
func Need(t testing.TB) {
	t.Helper()
	oracle.NeedRoot(t)
	if err := Possible(); err != nil {
		oracle.Missing(t, fmt.Sprintf("the right to make a mount namespace (%v)", err))
	}
}

// Possible returns nil if this process may make a mount namespace.
var Possible = sync.OnceValue(func() error {
	cmd := exec.Command("true")
	cmd.SysProcAttr = Own()
	return cmd.Run()
})

var skipped = regexp.MustCompile(`(?m)^\s*--- SKIP`)

// shared are the directories that any run as root may write to.
var shared = []string{"/etc", "/var", "/run", "/usr/local/share"}

// Enter runs the calling test once more in a mount namespace of its own, where
// what is written below the directories of the machine's settings and stores,
// and below the given ones, stays in memory and is gone afterwards. It returns true in that second run, in which the test does its
// work, and false in the first, in which it ends.
//
// It needs root and overlayfs; the test is skipped where it has not both.
func Enter(t *testing.T, dirs ...string) bool {
	t.Helper()
	if os.Getenv(variable) == t.Name() {
		return true
	}
	Need(t)
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	cmd := Command(t.Context(), dirs, "/proc/self/fd/3", "-test.v", "-test.run=^"+regexp.QuoteMeta(t.Name())+"$")
	cmd.ExtraFiles = []*os.File{self}
	cmd.Env = append(os.Environ(), variable+"="+t.Name())
	out, err := cmd.CombinedOutput()
	switch {
	case cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == refused:
		oracle.Missing(t, "overlayfs in a mount namespace: "+strings.TrimSpace(string(out)))
	case err != nil:
		t.Fatalf("in a mount namespace: %v\n%s", err, out)
	case skipped.Match(out):
		t.Skipf("in a mount namespace:\n%s", out)
	}
	t.Logf("in a mount namespace:\n%s", out)
	return false
}
