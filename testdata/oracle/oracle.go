// Package oracle finds the real programs that hktrust's tests compare its work
// with: keytool, certutil, openssl, browsers.
//
// A test whose oracle is not installed is skipped, loudly. Where
// HKTRUST_ORACLES=require is set, as in continuous integration, it fails
// instead, so that no oracle can be missing unseen. Where HKTRUST_SKIPS names a
// file, each skip adds a line to it; the test command counts them at its end.
package oracle

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Need returns the absolute path of a program that the test cannot do without.
func Need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		Missing(t, program)
	}
	return path
}

// NeedFile returns the first of the given paths that exists; what names the
// missing thing otherwise.
func NeedFile(t testing.TB, what string, paths ...string) string {
	t.Helper()
	for _, pattern := range paths {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[0]
		}
	}
	Missing(t, what)
	return ""
}

// NeedRoot skips a test that must run as root.
func NeedRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		Missing(t, "root privileges")
	}
}

// Optional skips a test that compares with something that not every machine
// can have, such as a second JDK. It never fails the run.
func Optional(t testing.TB, what string) {
	t.Helper()
	skip(t, what+" (optional)")
}

// Missing ends the test because something it needs is not on this machine.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("HKTRUST_ORACLES") == "require" {
		t.Fatalf("oracle missing: %s", what)
	}
	skip(t, what)
}

func skip(t testing.TB, what string) {
	t.Helper()
	if name := os.Getenv("HKTRUST_SKIPS"); name != "" {
		if f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644); err == nil {
			fmt.Fprintf(f, "%s: %s\n", t.Name(), what)
			f.Close()
		}
	}
	t.Skipf("NOT TESTED, missing: %s", what)
}
