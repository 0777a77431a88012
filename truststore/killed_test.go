package truststore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// job is what a child process does, that is killed while it does it.
type job struct {
	Dir   string // of the world
	Store string
	Home  string   // in place of Store: whatever is found there
	Certs [][]byte // DER; the first is an anchor
	Undo  bool
	List  bool
	// UserHome is the HOME of the user who runs it, if that is not a world's.
	UserHome string
	System   bool // in place of Store: the machine's own system store
}

func (j job) run() error {
	w := &world{dir: j.Dir, state: filepath.Join(j.Dir, "state")}
	m := w.machine("test", j.Store)
	if j.Home != "" {
		m = homeMachine(j.Home)
	}
	if j.UserHome != "" {
		m.Host = &host.Host{Environ: map[string]string{"HOME": j.UserHome}}
	}
	if j.System {
		m = &truststore.Machine{Owner: "test", Select: []truststore.Selector{{Kind: truststore.KindSystem}}}
	}
	var err error
	switch {
	case j.List:
		_, err = m.List(context.Background(), truststore.ListOptions{})
	case j.Undo:
		_, err = m.Undo(context.Background(), truststore.UndoOptions{})
	default:
		_, err = m.Ensure(context.Background(), derGoal(j.Certs))
	}
	return err
}

// as runs the job in a child that is another user.
func (j job) as(u host.User) (string, error) {
	spec, err := json.Marshal(j)
	if err != nil {
		return "", err
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{childVariable + "=" + childJob, "HKTRUST_TEST_JOB=" + string(spec)}
	cmd.Dir = "/"
	cmd.SysProcAttr = credential(u)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func derGoal(ders [][]byte) truststore.Goal {
	var certs []javatest.Certificate
	for _, der := range ders {
		certs = append(certs, javatest.Certificate{Certificate: parse(der)})
	}
	return ownGoal(certs...)
}

// steps are the system calls that make a change visible or durable. A run is
// killed just before each one of each of them.
var steps = []string{"mkdirat", "renameat", "renameat2", "linkat", "unlinkat", "fsync"}

// killedAt runs the job and kills it at the n-th of a system call; false if it
// ended before. The child makes all of them on one thread, for which strace
// counts.
func (j job) killedAt(t *testing.T, strace, call string, n int) bool {
	t.Helper()
	spec, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(strace, "-f", "-qqq", "-o", os.DevNull, "-e", "trace="+call,
		"-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", call, n), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+childJob, "HKTRUST_TEST_JOB="+string(spec))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case errors.As(err, &exit) && killed(exit.ProcessState):
		return true
	}
	t.Fatalf("strace: %v\n%s", err, out)
	return false
}

// TestKilled kills a run at every one of its steps. Whatever was done till
// then, the file is whole, the next run completes, and undo gives back the
// original, byte for byte, without leaving anything behind.
func TestKilled(t *testing.T) {
	strace := oracle.Need(t, "strace")
	roots := openJDKRoots(t)
	pki := javatest.NewPKI(t)
	certs := [][]byte{pki.Root.Raw, pki.Issuing.Raw}
	size := strings.Count(view(t, javatest.JRE(t).Cacerts(), "changeit"), "\n")
	setUp := func(t *testing.T) (*world, job) {
		w := newWorld(t)
		store := filepath.Join(w.dir, "jre", "cacerts")
		if err := os.Mkdir(filepath.Dir(store), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, store, roots)
		return w, job{Dir: w.dir, Store: store, Certs: certs}
	}
	wantClean := func(t *testing.T, w *world, j job) {
		t.Helper()
		wantBytes(t, j.Store, roots)
		w.wantReceipts(0)
		if left := names(t, filepath.Dir(j.Store)); !slices.Equal(left, []string{"cacerts"}) {
			t.Errorf("left behind: %v", left)
		}
		if left := names(t, w.ledger()); slices.Contains(left, "damaged") {
			t.Errorf("receipts were damaged: %v", left)
		}
	}
	// whole wants the file to be the old or the new one, at any moment.
	whole := func(t *testing.T, w *world, j job) {
		t.Helper()
		m := w.machine("test", j.Store)
		r, err := m.List(context.Background(), truststore.ListOptions{})
		wantExit(t, sound(t, r, err), truststore.ExitOK)
		if n := r.Stores[0].Count; n != size && n != size+len(certs) {
			t.Errorf("%d certificates, neither old nor new", n)
		}
	}
	every := func(t *testing.T, prepare func(*testing.T, *world, job) job, after func(*testing.T, *world, job)) {
		const enough = 10 // there are more steps in a run
		kills := 0
		for _, call := range steps {
			for n := 1; ; n++ {
				w, j := setUp(t)
				j = prepare(t, w, j)
				if !j.killedAt(t, strace, call, n) {
					break
				}
				kills++
				whole(t, w, j)
				after(t, w, j)
				wantClean(t, w, j)
				if t.Failed() {
					t.Fatalf("when killed before %s number %d", call, n)
				}
			}
		}
		if kills < enough {
			t.Errorf("survived all but %d steps", kills)
		}
	}
	nothing := func(_ *testing.T, _ *world, j job) job { return j }
	done := func(t *testing.T, w *world, j job) job {
		ensure(t, w.machine("test", j.Store), derGoal(j.Certs), truststore.ExitOK)
		j.Undo = true
		return j
	}
	t.Run("ensure, then ensure and undo", func(t *testing.T) {
		t.Parallel()
		every(t, nothing, func(t *testing.T, w *world, j job) {
			m := w.machine("test", j.Store)
			ensure(t, m, derGoal(certs), truststore.ExitOK)
			check(t, m, derGoal(certs), truststore.ExitOK)
			w.wantReceipts(len(certs))
			undo(t, m, truststore.ExitOK)
		})
	})
	t.Run("ensure, then undo", func(t *testing.T) {
		t.Parallel()
		every(t, nothing, func(t *testing.T, w *world, j job) {
			undo(t, w.machine("test", j.Store), truststore.ExitOK)
		})
	})
	t.Run("undo, then undo", func(t *testing.T) {
		t.Parallel()
		every(t, done, func(t *testing.T, w *world, j job) {
			undo(t, w.machine("test", j.Store), truststore.ExitOK)
		})
	})
	t.Run("undo, then ensure and undo", func(t *testing.T) {
		t.Parallel()
		every(t, done, func(t *testing.T, w *world, j job) {
			m := w.machine("test", j.Store)
			ensure(t, m, derGoal(certs), truststore.ExitOK)
			check(t, m, derGoal(certs), truststore.ExitOK)
			undo(t, m, truststore.ExitOK)
		})
	})
}

// TestUndoThatCannotConclude: what became of a change that was cut short cannot
// be written down, on a full disk for instance. Undo fails then: the change is
// in the store.
func TestUndoThatCannotConclude(t *testing.T) {
	strace := oracle.Need(t, "strace")
	roots := openJDKRoots(t)
	w := newWorld(t)
	store := w.keystore("cacerts")
	j := job{Dir: w.dir, Store: store, Certs: [][]byte{javatest.NewPKI(t).Root.Raw}}
	for n := 1; bytes.Equal(read(t, store), roots); n++ {
		if !j.killedAt(t, strace, "fsync", n) {
			t.Fatal("no step after the store is changed and before its receipts are")
		}
	}
	j.Undo = true
	spec, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	full := exec.Command(strace, "-f", "-qqq", "-o", os.DevNull, "-e", "trace=renameat", "-e", "inject=renameat:error=ENOSPC", os.Args[0])
	full.Env = append(os.Environ(), childVariable+"="+childJob, "HKTRUST_TEST_JOB="+string(spec))
	out, err := full.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "no space left") {
		t.Errorf("undo says %v\n%s", err, out)
	}
	undo(t, w.machine("test", store), truststore.ExitOK)
	wantBytes(t, store, roots)
}
