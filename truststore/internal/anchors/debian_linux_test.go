package anchors_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/testdata/tlsclient"
	"github.com/hktrust/hktrust/truststore/host"
)

// debian runs a test with Debian's own updater, in a mount namespace, on a
// machine with a handful of certificates: the updater starts some programs for
// each.
func debian(t *testing.T, test func(*testing.T)) {
	t.Helper()
	debianWith(t, 4, test)
}

// debianWith is debian with so many of the distribution's certificates.
func debianWith(t *testing.T, certificates int, test func(*testing.T)) {
	t.Helper()
	oracle.NeedFile(t, "Debian's update-ca-certificates", "/etc/ca-certificates/update.d")
	before := listing(t, "/etc/ssl", debianLocal, "/etc/ca-certificates")
	if namespace.Enter(t, "/usr/share") {
		keep(t, certificates)
		run(t, "update-ca-certificates", "--fresh") // so that all is as the updater makes it
		test(t)
		return
	}
	wantSame(t, before, listing(t, "/etc/ssl", debianLocal, "/etc/ca-certificates"))
}

// keep shortens the list of the distribution's certificates.
func keep(t *testing.T, certificates int) {
	t.Helper()
	const conf = "/etc/ca-certificates.conf"
	data, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.SplitSeq(string(data), "\n") {
		if line != "" && line[0] != '#' && len(kept) < certificates {
			kept = append(kept, line)
		}
	}
	write(t, conf, []byte(strings.Join(kept, "\n")+"\n"))
}

// javaEntries lists what Java has in its keystore, if there is a Java.
func javaEntries(t testing.TB) []string {
	t.Helper()
	keytool, err := exec.LookPath("keytool")
	if err != nil {
		return nil
	}
	if _, err := os.Stat(debianJava); err != nil {
		return nil
	}
	var out []string
	for line := range strings.SplitSeq(run(t, keytool, "-list", "-keystore", debianJava, "-storepass", "changeit"), "\n") {
		if alias, _, isEntry := strings.Cut(line, ", "); isEntry && strings.HasSuffix(line, ", trustedCertEntry, ") {
			out = append(out, alias)
		}
	}
	slices.Sort(out)
	return out
}

// wantJava connects a JVM that reads the shared keystore, if this machine can
// compile the program that does.
func wantJava(t *testing.T, p *javatest.PKI, want string) {
	t.Helper()
	if _, err := exec.LookPath("javac"); err != nil {
		return
	}
	for _, jdk := range javatest.JDKs(t) {
		if file, err := filepath.EvalSymlinks(jdk.Cacerts()); err != nil || file != debianJava {
			continue
		}
		if got := jdk.TLS(t, "", nil, p.Serve(t, p.Leaf, p.Issuing)); !strings.HasPrefix(got, want) {
			t.Errorf("Java %d: %s, want %s", jdk.Major, got, want)
		}
		return
	}
}

func TestDebian(t *testing.T) {
	debianWith(t, 1000, func(t *testing.T) { debianCycle(t, &host.Host{}) })
}

// debianCycle adds a root and takes it away: programs of all kinds see the one
// and the other, and nothing stays.
func debianCycle(t *testing.T, h *host.Host) {
	p := pki(t)
	s := find(t, h)
	if s.Family() != "debian" || s.Dir() != debianLocal {
		t.Fatalf("found %s at %s", s.Family(), s.Dir())
	}
	before, java := listing(t, "/etc/ssl/certs", debianLocal), javaEntries(t)
	delete(before, debianJava) // Java writes dates into it
	wantInOrder(t, read(t, s))
	tlsclient.Want(t, p, false)

	out := apply(t, s, adds(p.Root))
	if !out.Ran || !slices.Equal(out.Changed, []bool{true}) {
		t.Errorf("outcome %+v", out)
	}
	wantInOrder(t, out.Content)
	wantTrusted(t, out.Content, p.Root, true)
	tlsclient.Want(t, p, true)
	wantJava(t, p, "TRUSTED")
	alias := "debian:" + name(p.Root.Raw) + ".pem"
	if java != nil && !slices.Contains(javaEntries(t), alias) {
		t.Error("Java has no entry")
	}
	if out := apply(t, s, adds(p.Root)); out.Ran || out.Changed[0] {
		t.Errorf("a second time: %+v", out)
	}

	out = apply(t, s, removes(p.Root))
	if !out.Ran || !out.Changed[0] {
		t.Errorf("outcome %+v", out)
	}
	wantInOrder(t, out.Content)
	wantTrusted(t, out.Content, p.Root, false)
	tlsclient.Want(t, p, false)
	wantJava(t, p, "REJECTED")
	after := listing(t, "/etc/ssl/certs", debianLocal)
	delete(after, debianJava)
	wantSame(t, before, after)
	if left := javaEntries(t); !slices.Equal(left, java) {
		t.Errorf("Java has %d entries, had %d", len(left), len(java))
	}
	if left := ours(t, "/run/hktrust"); len(left) > 0 {
		t.Errorf("left in /run: %v", left)
	}
}
