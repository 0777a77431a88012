package truststore_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// The trust store that all of Debian's JDKs share, and what keeps it.
const (
	debianCacerts = "/etc/ssl/certs/java/cacerts"
	javaHook      = "/etc/ca-certificates/update.d/jks-keystore"
)

// systemMachine is this machine with its system store and what that feeds.
func systemMachine() *truststore.Machine {
	m := &truststore.Machine{Owner: "test", Select: []truststore.Selector{{Kind: truststore.KindSystem}}}
	if exists(debianCacerts) && exists(javaHook) {
		m.Select = append(m.Select, truststore.Selector{Kind: truststore.KindJava, Path: debianCacerts})
	}
	return m
}

// TestDebianHook is ensure and undo on Debian's shared store, with the runs of
// update-ca-certificates before, between and after that a machine sees. Nothing
// of Debian's or of the administrator's is lost, nothing of ours stays.
func TestDebianHook(t *testing.T) {
	oracle.NeedFile(t, "ca-certificates-java", javaHook)
	oracle.NeedFile(t, "Debian's shared cacerts", debianCacerts)
	before := tree(t, "/etc/ssl/certs", "/var/lib/hktrust", "/usr/local/share/ca-certificates")
	if namespace.Enter(t, "/usr/share") {
		debianHook(t)
		return
	}
	if after := tree(t, "/etc/ssl/certs", "/var/lib/hktrust", "/usr/local/share/ca-certificates"); after != before {
		t.Fatalf("the machine's own stores changed:\n%s\nbecame\n%s", before, after)
	}
}

func debianHook(t *testing.T) {
	jdk := sharingJDK(t)
	pristine(t)
	original := javaEntries(t, jdk)
	m := &truststore.Machine{Owner: "test", Select: []truststore.Selector{{Kind: truststore.KindJava, Path: jdk.Home, Dir: true}}}

	r := ensure(t, m, serverGoal(t), truststore.ExitOK)
	if s := r.Stores[0]; s.Info.Path != debianCacerts || s.Info.Manager != "debian" || s.Status != truststore.StatusChanged {
		t.Fatalf("store %+v is %s", s.Info, s.Status)
	}
	ours := minus(javaEntries(t, jdk), original)
	for _, slug := range serverCAs[1:] {
		c, _ := hkpost.BySlug(slug)
		if !slices.ContainsFunc(ours, func(e string) bool { return strings.Contains(e, c.SHA256.String()) }) {
			t.Errorf("%s was not added", c.CommonName)
		}
	}
	wantEntries(t, jdk, "after ensure", original, ours)

	theirs := addedToDebian(t, "theirs")
	wantEntries(t, jdk, "after update-ca-certificates", original, ours, theirs)
	updateCACertificates(t, "--fresh")
	wantEntries(t, jdk, "after update-ca-certificates --fresh", original, ours, theirs)
	if r := ensure(t, m, serverGoal(t), truststore.ExitOK); r.Changed {
		t.Error("the hook undid something of ours")
	}

	undo(t, m, truststore.ExitOK)
	wantEntries(t, jdk, "after undo", original, theirs)
	more := addedToDebian(t, "more")
	wantEntries(t, jdk, "after undo and update-ca-certificates", original, theirs, more)
	updateCACertificates(t, "--fresh")
	wantEntries(t, jdk, "after undo and update-ca-certificates --fresh", original, theirs, more)
	if left := names(t, filepath.Dir(debianCacerts)); !slices.Equal(left, []string{"cacerts"}) {
		t.Errorf("left beside the store: %v", left)
	}
	if left := names(t, "/var/lib/hktrust/receipts"); len(left) > 0 {
		t.Errorf("receipts left: %v", left)
	}
	forgotten(t, jdk, original, theirs, more)
}

// forgotten has an administrator delete two CAs. Debian's updater does not tell
// Java; that is told, and both ways to end it work.
func forgotten(t *testing.T, jdk javatest.JDK, original, theirs, more []string) {
	t.Helper()
	for _, name := range []string{"theirs", "more"} {
		if err := os.Remove("/usr/local/share/ca-certificates/" + name + ".crt"); err != nil {
			t.Fatal(err)
		}
	}
	updateCACertificates(t, "--fresh")
	wantEntries(t, jdk, "after two CAs were deleted", original, theirs, more)
	goal := serverGoal(t)
	stale := func() (found truststore.Finding) {
		for _, f := range check(t, systemMachine(), goal, truststore.ExitWrong).Stores[0].Findings {
			if f.Code == truststore.CodeJavaStale {
				found = f
			}
		}
		return found
	}
	if f := stale(); f.Args["path"] != "debian:theirs.pem, debian:more.pem" && f.Args["path"] != "debian:more.pem, debian:theirs.pem" {
		t.Fatalf("told is %v", f.Args)
	}
	id := regexp.MustCompile(`[0-9a-f]{64}`).FindString(theirs[0])
	print, err := hkpost.ParseFingerprint(id)
	if err != nil {
		t.Fatalf("%s: %v", theirs[0], err)
	}
	r, err := systemMachine().Remove(t.Context(), truststore.CertRef{SHA256: print})
	wantExit(t, sound(t, r, err), truststore.ExitOK)
	wantEntries(t, jdk, "after the removal of one", original, more)
	if out, err := exec.Command("sh", "-c", stale().Args["command"]).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	wantEntries(t, jdk, "after the hook was told of the other", original)
}

// sharingJDK is a JDK whose cacerts is Debian's shared store.
func sharingJDK(t *testing.T) javatest.JDK {
	t.Helper()
	for _, jdk := range javatest.JDKs(t) {
		if file, err := filepath.EvalSymlinks(jdk.Cacerts()); err == nil && file == debianCacerts {
			return jdk
		}
	}
	oracle.Missing(t, "a JDK of Debian's")
	return javatest.JDK{}
}

// pristine makes the shared store what Debian alone makes of it, and forgets
// what hktrust did on this machine.
func pristine(t *testing.T) {
	t.Helper()
	for _, path := range []string{debianCacerts, debianCacerts + ".hktrust-orig", "/var/lib/hktrust"} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	updateCACertificates(t, "--fresh")
}

func updateCACertificates(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command("update-ca-certificates", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("update-ca-certificates %v: %v\n%s", args, err, out)
	}
}

// addedToDebian has an administrator add a CA and returns the entry that the
// hook makes of it.
func addedToDebian(t *testing.T, name string) []string {
	t.Helper()
	jdk := sharingJDK(t)
	before := javaEntries(t, jdk)
	root := javatest.NewPKI(t).Root
	mkdir(t, "/usr/local/share/ca-certificates")
	write(t, "/usr/local/share/ca-certificates/"+name+".crt", root.PEM())
	updateCACertificates(t)
	added := minus(javaEntries(t, jdk), before)
	if len(added) != 1 || !strings.HasPrefix(added[0], `"debian:`+name+`.pem" trusted `) {
		t.Fatalf("the hook added %q", added)
	}
	return added
}

// javaEntries are the lines of Java's view of its own store, without dates.
func javaEntries(t *testing.T, jdk javatest.JDK) []string {
	t.Helper()
	password := "changeit"
	lines := strings.Split(strings.TrimSpace(undated(jdk.Dump(t, jdk.Cacerts(), "JKS", &password))), "\n")
	slices.Sort(lines)
	return lines
}

func wantEntries(t *testing.T, jdk javatest.JDK, when string, want ...[]string) {
	t.Helper()
	expected := slices.Concat(want...)
	got := javaEntries(t, jdk)
	if lost, extra := minus(expected, got), minus(got, expected); len(lost) > 0 || len(extra) > 0 {
		t.Fatalf("%s: lost\n%s\nand there is besides\n%s", when, strings.Join(lost, "\n"), strings.Join(extra, "\n"))
	}
}

// minus returns what of a is not in b.
func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// TestRemoveLeavesWhatDebianManages: what update-ca-certificates put into the
// store is the distribution's, and the way to remove it is the distribution's.
func TestRemoveLeavesWhatDebianManages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pki := javatest.NewPKI(t)
	store := w.keystore("cacerts")
	for alias, c := range map[string]javatest.Certificate{"debian:theirs.pem": pki.Root, "ours": pki.Issuing} {
		keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storepass", "changeit",
			"-alias", alias, "-file", c.File(t))
	}
	m := w.machine("test", store)
	r, err := m.Remove(context.Background(), truststore.RefOf(pki.Root.Certificate), truststore.RefOf(pki.Issuing.Certificate))
	wantExit(t, sound(t, r, err), truststore.ExitPerson)
	seen := view(t, store, "changeit")
	if !holds(seen, pki.Root) || holds(seen, pki.Issuing) {
		t.Errorf("Java sees\n%s", seen)
	}
	for _, c := range r.Stores[0].Changes {
		if managed := c.Name == pki.Root.Subject.CommonName; managed != (c.Blocked == truststore.CodeManaged) {
			t.Errorf("%s is blocked by %q", c.Name, c.Blocked)
		}
	}
}
