package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	debianrelease "github.com/hktrust/hktrust/testdata/debian"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/testdata/tlsclient"
)

// TestSystemStore adds a root of one's own to the distribution's store and
// takes it back: programs of all kinds accept a server by it, and then refuse
// it as before.
func TestSystemStore(t *testing.T) {
	oracle.NeedFile(t, "Debian's update-ca-certificates", "/etc/ca-certificates/update.d")
	if namespace.Enter(t, "/usr/share") {
		systemStore(t)
	}
}

// TestSystemStoreReleases is TestSystemStore in other releases of Debian.
func TestSystemStoreReleases(t *testing.T) {
	for _, suite := range debianrelease.Releases() {
		t.Run(suite, func(t *testing.T) {
			if debianrelease.Enter(t, suite) {
				systemStore(t)
			}
		})
	}
}

func systemStore(t *testing.T) {
	if out, err := exec.Command("update-ca-certificates", "--fresh").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := javatest.NewPKI(t)
	root := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(root, p.Root.PEM(), 0o644); err != nil {
		t.Fatal(err)
	}
	programs, java := debianrelease.ProgramsRead(t), debianrelease.Aliases(t)
	ensure := []string{"ensure", "--cert", root, "--store", "system"}
	if java != nil {
		ensure = append(ensure, "--store", debianrelease.Cacerts)
	}

	if out := asRoot(t, 0, "ensure", "--store", "system"); !strings.Contains(out, "Hongkong Post Root CA 3: trusted already: built in") {
		t.Errorf("the default says\n%s", out)
	}
	if now := debianrelease.ProgramsRead(t); now != programs {
		t.Errorf("the default made of\n%s\nthis:\n%s", programs, now)
	}
	tlsclient.Want(t, p, false)

	// What the hook does to Java's keystore counts as the run's own doing.
	told := func(did, out string) {
		t.Helper()
		if java != nil && (!strings.Contains(out, "changed "+debianrelease.Cacerts+" as well") || !strings.Contains(out, "restart Java programs")) {
			t.Errorf("%s says nothing of Java's keystore:\n%s", did, out)
		}
	}
	told("ensure", asRootTold(t, 0, ensure...))
	tlsclient.Want(t, p, true)
	if more := extra(debianrelease.Aliases(t), java); java != nil && len(more) != 1 {
		t.Errorf("Java has %v more", more)
	}
	if out := asRoot(t, 0, ensure...); strings.Contains(out, "changed") {
		t.Errorf("a second run says\n%s", out)
	}

	told("undo", asRootTold(t, 0, "undo"))
	tlsclient.Want(t, p, false)
	if now := debianrelease.ProgramsRead(t); now != programs {
		t.Errorf("programs read\n%s\nand read before\n%s", now, programs)
	}
	if now := debianrelease.Aliases(t); !slices.Equal(now, java) {
		t.Errorf("Java had %v and has %v", extra(java, now), extra(now, java))
	}
	if left, _ := filepath.Glob("/var/lib/hktrust/stores/*"); len(left) > 0 {
		t.Errorf("receipts left: %v", left)
	}
}

// extra is what is in a and not in b.
func extra(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// asRoot runs hktrust as root, wants an exit code, any below 0, and returns what it
// printed.
func asRoot(t *testing.T, want int, args ...string) string {
	t.Helper()
	out, _ := runAsRoot(t, want, args...)
	return out
}

// asRootTold is asRoot with what stands on standard error behind it.
func asRootTold(t *testing.T, want int, args ...string) string {
	t.Helper()
	out, advice := runAsRoot(t, want, args...)
	return out + advice
}

func runAsRoot(t *testing.T, want int, args ...string) (out, advice string) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = "hktrust"
	cmd.Env = append(os.Environ(), "AS_ROOT=/var/lib", "HOME=/root")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); want >= 0 && got != want {
		t.Fatalf("hktrust %q: exit code %d, want %d\n%s%s", args, got, want, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}
