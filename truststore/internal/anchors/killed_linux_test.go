package anchors_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// killers are the system calls before each of which a run is killed: those
// that change something, and the waiting for the updater.
var killers = []string{"flock", "mkdirat", "fchmod", "linkat", "fsync", "symlinkat", "unlinkat", "clone", "clone3", "waitid", "wait4"}

// killedAt runs the changes and kills the run before the n-th of a system
// call; false if it ended before that. The updater, which is not traced, goes
// on.
func killedAt(t *testing.T, changes []anchors.Change, call string, n int) bool {
	t.Helper()
	cmd := child(t, changes, oracle.Need(t, "strace"), "-qqq", "-o", os.DevNull, "-e", "trace="+call,
		"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL:
		return true
	}
	t.Fatalf("strace: %v\n%s", err, out)
	return false
}

// withoutJava spares the time that a JVM needs in every run.
func withoutJava(t testing.TB) {
	t.Helper()
	if err := os.Remove("/etc/ca-certificates/update.d/jks-keystore"); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

// TestKilled kills a run at every one of its steps. At no moment the bundle is
// without what was there, and the next run puts all in order, whether it adds
// or removes.
func TestKilled(t *testing.T) {
	oracle.Need(t, "strace")
	debian(t, func(t *testing.T) {
		withoutJava(t)
		p := pki(t)
		s := find(t, &host.Host{})
		apply(t, s, adds(p.Root)) // makes what stays
		apply(t, s, removes(p.Root))
		before, was := listing(t, "/etc/ssl/certs", debianLocal, "/run/hktrust"), bundle(t, debianBundle)
		kills := 0
		for _, test := range []struct {
			what                 string
			prepare, killed, end []anchors.Change
		}{
			{what: "add, then remove", killed: adds(p.Root)},
			{what: "add, then add", killed: adds(p.Root), end: adds(p.Root)},
			{what: "remove, then remove", prepare: adds(p.Root), killed: removes(p.Root)},
			{what: "remove, then add", prepare: adds(p.Root), killed: removes(p.Root), end: adds(p.Root)},
		} {
			for _, call := range killers {
				for n := 1; ; n++ {
					if test.prepare != nil {
						apply(t, s, test.prepare)
					}
					died := killedAt(t, test.killed, call, n)
					now := bundle(t, debianBundle)
					for id, count := range was {
						if now[id] != count {
							t.Fatalf("%s: killed before %s %d: a certificate stands %d times in the bundle", test.what, call, n, now[id])
						}
					}
					if died && test.end != nil {
						wantInOrder(t, apply(t, s, test.end).Content)
						wantTrusted(t, read(t, s), p.Root, true)
					}
					apply(t, s, removes(p.Root))
					wantSame(t, before, listing(t, "/etc/ssl/certs", debianLocal, "/run/hktrust"))
					if t.Failed() {
						t.Fatalf("%s: killed before %s %d", test.what, call, n)
					}
					if !died {
						break
					}
					kills++
				}
			}
		}
		t.Logf("killed %d times", kills)
		if kills < 20 {
			t.Errorf("killed %d times only", kills)
		}
	})
}
