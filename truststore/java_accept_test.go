package truststore_test

import (
	"bytes"
	"errors"
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

// javaTree is a file tree of another machine with Java installations in it.
type javaTree struct {
	t    *testing.T
	root string
	m    *truststore.Machine
}

func newJavaTree(t *testing.T) *javaTree {
	t.Helper()
	i := &javaTree{t: t, root: t.TempDir()}
	me := host.User{Name: "me", UID: os.Geteuid(), GID: os.Getegid(), Home: "/root"}
	i.m = &truststore.Machine{
		Host: &host.Host{Root: i.root, Account: &me}, Owner: "test", Select: []truststore.Selector{{Kind: truststore.KindJava}},
	}
	return i
}

func (i *javaTree) at(path string) string { return filepath.Join(i.root, path) }

// java lays out an installation and returns where its trust store belongs.
func (i *javaTree) java(home, version string) string {
	i.t.Helper()
	bin, lib := filepath.Join(home, "bin"), filepath.Join(home, "lib")
	if version == "1.8.0_202" {
		lib = filepath.Join(home, "jre", "lib")
	}
	mkdir(i.t, i.at(bin))
	mkdir(i.t, i.at(lib), "security")
	if err := os.WriteFile(i.at(filepath.Join(bin, "java")), nil, 0o755); err != nil {
		i.t.Fatal(err)
	}
	write(i.t, i.at(filepath.Join(home, "release")), []byte("IMPLEMENTOR=\"Test\"\nJAVA_VERSION=\""+version+"\"\n"))
	return filepath.Join(lib, "security", "cacerts")
}

// keystore puts OpenJDK's roots into a file, in a format that keytool makes.
func (i *javaTree) keystore(path, format string, options ...string) {
	i.t.Helper()
	mkdir(i.t, filepath.Dir(i.at(path)))
	if format == "JKS" {
		write(i.t, i.at(path), openJDKRoots(i.t))
		return
	}
	keytool(i.t).Keytool(i.t, append(options, "-importkeystore", "-noprompt", "-srckeystore", javatest.JRE(i.t).Cacerts(),
		"-srcstorepass", "changeit", "-destkeystore", i.at(path), "-deststoretype", format, "-deststorepass", "changeit")...)
}

// passwordless makes keytool write what JDK 18 and newer ship as cacerts.
var passwordless = []string{"-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE"}

func (i *javaTree) store(r *truststore.Report, path string) truststore.StoreReport {
	i.t.Helper()
	n := slices.IndexFunc(r.Stores, func(s truststore.StoreReport) bool { return s.Info.Path == path })
	if n < 0 {
		i.t.Fatalf("the report has no store %s", path)
	}
	return r.Stores[n]
}

func storeCodes(s truststore.StoreReport) []truststore.Code {
	var out []truststore.Code
	for _, f := range s.Findings {
		out = append(out, f.Code)
	}
	return out
}

// TestMixedMachine serves a machine with every form of cacerts in one call. What
// cannot be served is said, store by store, and hides nothing else.
func TestMixedMachine(t *testing.T) {
	t.Parallel()
	i := newJavaTree(t)
	jks := i.java("/usr/lib/jvm/java-17", "17.0.15")
	i.keystore(jks, "JKS")
	modern := i.java("/usr/lib/jvm/java-25", "25.0.3")
	i.keystore(modern, "PKCS12", passwordless...)
	locked := i.java("/usr/lib/jvm/java-21", "21.0.1")
	i.keystore(locked, "PKCS12")
	odd := i.java("/usr/lib/jvm/java-11", "11.0.2")
	i.keystore(odd, "JCEKS")
	old := i.java("/usr/java/jdk1.8", "1.8.0_202")
	i.keystore(old, "JKS")
	jsse := filepath.Join(filepath.Dir(old), "jssecacerts")
	i.keystore(jsse, "JKS")
	broken := i.java("/opt/jdk-broken", "17.0.1")
	write(t, i.at(broken), []byte("no keystore at all"))
	all := []string{jks, modern, locked, odd, old, jsse, broken}
	original := map[string][]byte{}
	for _, path := range all {
		original[path] = read(t, i.at(path))
	}
	lockedView := seen(t, i.at(locked), "PKCS12", "changeit")

	pki := javatest.NewPKI(t)
	r := ensure(t, i.m, ownGoal(pki.Root, pki.Issuing), truststore.ExitPartly)
	if len(r.Stores) != len(all) {
		t.Errorf("%d stores, want %d", len(r.Stores), len(all))
	}
	for path, want := range map[string]truststore.Status{
		jks: truststore.StatusChanged, modern: truststore.StatusChanged, locked: truststore.StatusChanged,
		old: truststore.StatusChanged, jsse: truststore.StatusChanged,
		odd: truststore.StatusBlocked, broken: truststore.StatusUnknown,
	} {
		if got := i.store(r, path); got.Status != want {
			t.Errorf("%s: %s, want %s (%v)", path, got.Status, want, got.Err)
		}
		if found := slices.Contains(storeCodes(i.store(r, path)), truststore.CodePasswordedCA); found != (path == locked) {
			t.Errorf("%s: passworded=%v", path, found)
		}
	}
	for _, c := range i.store(r, odd).Changes {
		if c.Blocked != truststore.CodeFormatJCEKS {
			t.Errorf("JCEKS: %s is blocked by %q", c.Name, c.Blocked)
		}
	}
	if err := i.store(r, broken).Err; !errors.Is(err, truststore.ErrDamaged) {
		t.Errorf("a broken store: %v", err)
	}
	for path, format := range map[string]string{jks: "JKS", modern: "PKCS12", locked: "PKCS12", old: "JKS", jsse: "JKS"} {
		if v := seen(t, i.at(path), format, "changeit"); !holds(v, pki.Root) || !holds(v, pki.Issuing) {
			t.Errorf("%s: Java sees\n%s", path, v)
		}
	}
	wantBytes(t, i.at(odd), original[odd])
	wantBytes(t, i.at(broken), original[broken])

	undo(t, i.m, truststore.ExitOK)
	for _, path := range all {
		if path != locked {
			wantBytes(t, i.at(path), original[path])
		} else if v := seen(t, i.at(path), "PKCS12", "changeit"); v != lockedView {
			t.Errorf("%s: Java sees\n%s", path, v)
		}
		for _, name := range names(t, filepath.Dir(i.at(path))) {
			if strings.Contains(name, "hktrust") {
				t.Errorf("left behind: %s", name)
			}
		}
	}
	if left := names(t, i.at("/var/lib/hktrust/receipts")); len(left) > 0 {
		t.Errorf("receipts left: %v", left)
	}
}

// TestPasswordedCacerts: a JVM finds no anchors in an encrypted PKCS#12, with or
// without our certificates, and that is said of the store.
func TestPasswordedCacerts(t *testing.T) {
	t.Parallel()
	jre := javatest.JRE(t)
	pki := javatest.NewPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	encrypted := filepath.Join(t.TempDir(), "cacerts")
	keytool(t).Keytool(t, "-importkeystore", "-noprompt", "-srckeystore", jre.Cacerts(), "-srcstorepass", "changeit",
		"-destkeystore", encrypted, "-deststoretype", "PKCS12", "-deststorepass", "changeit")
	write(t, jre.Cacerts(), read(t, encrypted))
	w := newWorld(t)
	m := w.machine("test")
	m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: jre.Home, Dir: true}}
	wantFinding(t, check(t, m, ownGoal(pki.Root), truststore.ExitWrong), truststore.CodePasswordedCA)
	wantFinding(t, ensure(t, m, ownGoal(pki.Root), truststore.ExitPerson), truststore.CodePasswordedCA)
	if got := jre.TLS(t, "", nil, addr); !strings.Contains(got, "trustAnchors parameter must be non-empty") {
		t.Errorf("Java says %s", got)
	}
	if got := jre.TLS(t, jre.Cacerts(), new("changeit"), addr); got != "TRUSTED" {
		t.Errorf("with its password, Java says %s", got)
	}
	undo(t, m, truststore.ExitOK)
}

// TestFormatsOfCacerts: each form that a JVM opens without a password flips from
// REJECTED to TRUSTED and back.
func TestFormatsOfCacerts(t *testing.T) {
	t.Parallel()
	macOnly := []string{"-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE"}
	for name, options := range map[string][]string{"JKS": nil, "passwordless": passwordless, "MAC alone": macOnly} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			jre := javatest.JRE(t)
			if name != "JKS" {
				file := filepath.Join(t.TempDir(), "cacerts")
				keytool(t).Keytool(t, append(options, "-importkeystore", "-noprompt", "-srckeystore", jre.Cacerts(), "-srcstorepass",
					"changeit", "-destkeystore", file, "-deststoretype", "PKCS12", "-deststorepass", "changeit")...)
				write(t, jre.Cacerts(), read(t, file))
			}
			original := read(t, jre.Cacerts())
			pki := javatest.NewPKI(t)
			full, leafOnly := pki.Serve(t, pki.Issuing), pki.Serve(t)
			m := newWorld(t).machine("test")
			m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: jre.Home, Dir: true}}
			wantTLS(t, jre, full, false)
			ensure(t, m, ownGoal(pki.Root, pki.Issuing), truststore.ExitOK)
			wantTLS(t, jre, full, true)
			wantTLS(t, jre, leafOnly, true)
			undo(t, m, truststore.ExitOK)
			wantTLS(t, jre, full, false)
			if name != "MAC alone" { // whose salt is new
				wantBytes(t, jre.Cacerts(), original)
			}
		})
	}
}

// TestJSSECacerts: where jssecacerts is, Java reads it instead of cacerts. Both
// are served, so that deleting it later loses nothing; none is ever made.
func TestJSSECacerts(t *testing.T) {
	t.Parallel()
	jre := javatest.JRE(t)
	jsse := filepath.Join(filepath.Dir(jre.Cacerts()), "jssecacerts")
	pki := javatest.NewPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	m := newWorld(t).machine("test")
	m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: jre.Home, Dir: true}}
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	undo(t, m, truststore.ExitOK)
	if exists(jsse) {
		t.Fatal("jssecacerts was made")
	}
	original := read(t, jre.Cacerts())
	write(t, jsse, original)
	r := ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	if len(r.Stores) != 2 {
		t.Errorf("%d stores", len(r.Stores))
	}
	wantTLS(t, jre, addr, true)
	if err := os.Rename(jsse, jsse+".away"); err != nil {
		t.Fatal(err)
	}
	wantTLS(t, jre, addr, true)
	if err := os.Rename(jsse+".away", jsse); err != nil {
		t.Fatal(err)
	}
	undo(t, m, truststore.ExitOK)
	wantBytes(t, jsse, original)
	wantBytes(t, jre.Cacerts(), original)
}

// TestRegeneratedStore: where a distribution writes Java's store anew from its
// own sources, an edit would be lost: it is not forced.
func TestRegeneratedStore(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"RHEL": "/etc/pki/ca-trust/extracted/java/cacerts",
		"Arch": "/etc/ca-certificates/extracted/java-cacerts.jks",
		"SUSE": "/var/lib/ca-certificates/java-cacerts",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newJavaTree(t)
			own := i.java("/usr/lib/jvm/java-17", "17.0.15")
			i.keystore(path, "JKS")
			// Absolute, as the distributions make them.
			if err := os.Symlink(path, i.at(own)); err != nil {
				t.Fatal(err)
			}
			private := i.java("/opt/java/jdk-17", "17.0.15")
			i.keystore(private, "JKS")
			original := read(t, i.at(path))
			pki := javatest.NewPKI(t)
			r := ensure(t, i.m, ownGoal(pki.Root), truststore.ExitPerson)
			s := i.store(r, path)
			if s.Status != truststore.StatusBlocked || s.Changes[0].Blocked != truststore.CodeRegenerated {
				t.Errorf("%s, blocked by %q", s.Status, s.Changes[0].Blocked)
			}
			named := *i.m
			named.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: path}}
			if c := ensure(t, &named, ownGoal(pki.Root), truststore.ExitPerson).Stores[0].Changes[0]; c.Blocked != truststore.CodeRegenerated {
				t.Errorf("named by its file, blocked by %q", c.Blocked)
			}
			wantBytes(t, i.at(path), original)
			if bytes.Equal(read(t, i.at(private)), original) || i.store(r, private).Status != truststore.StatusChanged {
				t.Error("the JDK that has a store of its own was not served")
			}
			undo(t, i.m, truststore.ExitOK)
			wantBytes(t, i.at(private), original)
		})
	}
}

// TestRegeneratedStoreIsFed: what goes into the system's own store comes into
// Java's, and how is told.
func TestRegeneratedStoreIsFed(t *testing.T) {
	t.Parallel()
	const path, dir, updater = "/etc/pki/ca-trust/extracted/java/cacerts", "/etc/pki/ca-trust/source/anchors", "/usr/bin/update-ca-trust"
	i := newJavaTree(t)
	i.keystore(path, "JKS")
	mkdir(t, i.at(dir))
	mkdir(t, i.at("/usr/bin"))
	write(t, i.at(updater), []byte("#!/bin/sh\n"))
	m := *i.m
	m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: path}}
	wantFinding(t, ensure(t, &m, ownGoal(javatest.NewPKI(t).Root), truststore.ExitPerson), truststore.CodeMadeOfSystem)
	d, _ := m.Diagnose(t.Context(), truststore.Symptom{})
	for _, p := range d.Problems {
		if p.Code != truststore.CodeStoreBlocked {
			continue
		}
		if line := host.ShellLine(p.Remedy.Command...); !strings.Contains(line, dir) || !strings.Contains(line, updater) {
			t.Errorf("the cure is %s", line)
		}
		return
	}
	t.Errorf("problems %+v", d.Problems)
}

// TestUntrustedCertificates: a certificate that an OpenSSL-made PKCS#12 holds
// without Java's mark is no anchor; ensure adds an entry beside it, and neither
// undo nor remove touches it, though keytool would delete it.
func TestUntrustedCertificates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pki := javatest.NewPKI(t)
	pem := filepath.Join(w.dir, "both.pem")
	write(t, pem, append(pki.Root.PEM(), pki.Issuing.PEM()...))
	store := filepath.Join(w.dir, "openssl.p12")
	openssl(t, "pkcs12", "-export", "-nokeys", "-in", pem, "-out", store, "-passout", "pass:changeit")
	inside := func() string { return openssl(t, "pkcs12", "-in", store, "-nokeys", "-passin", "pass:changeit") }
	m := w.machine("test", store)
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	if v := seen(t, store, "PKCS12", "changeit"); !holds(v, pki.Root) || holds(v, pki.Issuing) {
		t.Errorf("Java sees\n%s", v)
	}
	if n := strings.Count(inside(), "BEGIN CERTIFICATE"); n != 3 {
		t.Errorf("%d certificates in the file", n)
	}
	undo(t, m, truststore.ExitOK)
	if r := removed(t, m, truststore.ExitOK, pki.Root, pki.Issuing); r.Changed {
		t.Error("remove changed what Java does not trust")
	}
	if n := strings.Count(inside(), "BEGIN CERTIFICATE"); n != 2 {
		t.Errorf("%d certificates in the file", n)
	}
}

func openssl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(oracle.Need(t, "openssl"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %q: %v\n%s", args, err, out)
	}
	return string(out)
}
