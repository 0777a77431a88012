//go:build linux

package anchors_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/hktrust/hktrust/testdata/tlsclient"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// childApply makes this test binary a program that applies the changes in the
// variable.
const childApply = "HKTRUST_ANCHORS_APPLY"

func init() {
	if os.Getenv(childApply) != "" {
		runtime.LockOSThread() // strace follows this thread alone
	}
}

func TestMain(m *testing.M) {
	tlsclient.Main()
	if changes := os.Getenv(childApply); changes != "" {
		os.Exit(applyOnce(changes))
	}
	os.Exit(m.Run())
}

func applyOnce(text string) int {
	var changes []anchors.Change
	err := json.Unmarshal([]byte(text), &changes)
	if err == nil {
		var s *anchors.Store
		if s, err = anchors.Find(&host.Host{}); err == nil {
			_, err = s.Apply(context.Background(), changes)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// child is another process that applies the changes, under a program such as
// strace if one is given.
func child(t testing.TB, changes []anchors.Change, under ...string) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(changes)
	if err != nil {
		t.Fatal(err)
	}
	args := append(under, "/proc/self/exe")
	if len(under) > 0 {
		if args[len(under)], err = os.Executable(); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), childApply+"="+string(text))
	return cmd
}
