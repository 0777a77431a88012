package truststore_test

import (
	"context"
	"encoding/pem"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// What the distribution, or an administrator, put into the system's store stays
// trusted: a removal says so, and who ends it in what way.
func TestRemoveOfWhatOthersKeep(t *testing.T) {
	t.Parallel()
	pki := javatest.NewPKI(t)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki.Root.Raw})
	for file, test := range map[string]struct {
		conf    string
		blocked truststore.Code
		told    truststore.Code
		args    map[string]string
	}{
		"/usr/share/ca-certificates/mozilla/x.crt": {"mozilla/x.crt\n", truststore.CodeManaged, truststore.CodeDeselect,
			map[string]string{"path": "/etc/ca-certificates.conf", "line": "!mozilla/x.crt"}},
		"/usr/local/share/ca-certificates/x.crt": {"", truststore.CodeAdministrators, truststore.CodeAnchorOfOthers,
			map[string]string{"path": "/usr/local/share/ca-certificates/x.crt"}},
	} {
		i := newImage(t)
		for path, data := range map[string][]byte{
			file: text, "/etc/ssl/certs/ca-certificates.crt": text, "/etc/ca-certificates.conf": []byte(test.conf),
			"/usr/sbin/update-ca-certificates":        []byte("#!/bin/sh\n# --certsconf\n"),
			"/usr/local/share/ca-certificates/README": nil,
		} {
			i.file(path, data)
		}
		r, err := i.machine(truststore.Selector{Kind: truststore.KindSystem}).Remove(context.Background(), truststore.RefOf(pki.Root.Certificate))
		wantExit(t, sound(t, r, err), truststore.ExitPerson)
		if c := r.Stores[0].Changes; len(c) != 1 || c[0].Blocked != test.blocked {
			t.Errorf("%s: %+v", file, c)
		}
		found := false
		for _, f := range r.Stores[0].Findings {
			if f.Code != test.told {
				continue
			}
			found = true
			for name, want := range test.args {
				if f.Args[name] != want {
					t.Errorf("%s: %v", file, f.Args)
				}
			}
		}
		if !found {
			t.Errorf("%s: no %s in %v", file, test.told, r.Stores[0].Findings)
		}
	}
}

// Debian's Java keystore follows the list of the distribution's certificates: what
// an administrator deselected there is not added to it.
func TestDeselectedIsNotAddedToDebiansJava(t *testing.T) {
	t.Parallel()
	pki := javatest.NewPKI(t)
	i := newImage(t)
	i.keystore("image", "etc", "ssl", "certs", "java", "cacerts")
	cacerts := i.java("/usr/lib/jvm/one")
	if err := os.Remove(cacerts); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/ssl/certs/java/cacerts", cacerts); err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{
		"/usr/share/ca-certificates/mozilla/x.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki.Root.Raw}),
		"/etc/ssl/certs/ca-certificates.crt":       pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki.Issuing.Raw}),
		"/etc/ca-certificates.conf":                []byte("!mozilla/x.crt\n"),
		"/usr/sbin/update-ca-certificates":         []byte("#!/bin/sh\n# --certsconf\n"),
		"/usr/local/share/ca-certificates/README":  nil,
	} {
		i.file(path, data)
	}
	goal := truststore.Goal{Want: []truststore.Want{{Certificate: pki.Root.Certificate}}}
	for _, sel := range []truststore.Selector{{Kind: truststore.KindJava, Path: "/usr/lib/jvm/one", Dir: true}, {Path: "/etc/ssl/certs/java/cacerts"}} {
		r := ensure(t, i.machine(sel), goal, truststore.ExitPerson)
		if c := r.Stores[0].Changes; len(c) != 1 || c[0].Blocked != truststore.CodeDistrusted {
			t.Errorf("%s: %+v", sel.Path, c)
		}
	}

	// A list that cannot be read may deselect it.
	conf := i.path("/etc/ca-certificates.conf")
	if err := os.Remove(conf); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(conf, 0o755); err != nil {
		t.Fatal(err)
	}
	before := read(t, i.path("/etc/ssl/certs/java/cacerts"))
	r := ensure(t, i.machine(truststore.Selector{Path: "/etc/ssl/certs/java/cacerts"}), goal, truststore.ExitFailed)
	if c := r.Stores[0].Changes; len(c) != 1 || c[0].Blocked == "" {
		t.Errorf("with an unreadable list: %+v", c)
	}
	wantBytes(t, i.path("/etc/ssl/certs/java/cacerts"), before)
}

// What other users may not read is not trusted for them, though root sees it.
func TestSystemClosedToOthers(t *testing.T) {
	pki := javatest.NewPKI(t)
	for path, mode := range map[string]os.FileMode{"/etc/ssl/certs/ca-certificates.crt": 0o600, "/etc/ssl/certs": 0o700, "/etc/ssl": 0o750, "/usr": 0o700, "/": 0o700} {
		i := newImage(t)
		for file, data := range map[string][]byte{
			"/usr/local/share/ca-certificates/x.crt": pki.Root.PEM(), "/etc/ssl/certs/ca-certificates.crt": pki.Root.PEM(),
			"/etc/ca-certificates.conf": nil, "/usr/sbin/update-ca-certificates": []byte("#!/bin/sh\n# --certsconf\n"),
		} {
			i.file(file, data)
			if err := os.Chmod(i.path(file), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(i.path(path), mode); err != nil {
			t.Fatal(err)
		}
		r, err := i.machine(truststore.Selector{Kind: truststore.KindSystem}).Check(t.Context(), ownGoal(pki.Root))
		if got, want := slices.Contains(codes(sound(t, r, err)), truststore.CodeStoreUnreadable), strings.HasPrefix(path, "/etc"); got != want || want && r.Exit != truststore.ExitWrong {
			t.Errorf("%s: told %v, exit %d: %v", path, got, r.Exit, codes(r))
		}
	}
}

// The distribution's Python is judged where its link tells which it is.
func TestVerifyKnowsTheMachinesPython(t *testing.T) {
	pki := javatest.NewPKI(t)
	for target, want := range map[string]string{"python3.11": "3.11", "python3.13": "3.13", "pypy3": "", "python3.x": ""} {
		i := newImage(t)
		for file, data := range map[string][]byte{
			"/usr/local/share/ca-certificates/x.crt": pki.Root.PEM(), "/etc/ssl/certs/ca-certificates.crt": pki.Root.PEM(),
			"/usr/sbin/update-ca-certificates": []byte("#!/bin/sh\n# --certsconf\n"), "/usr/bin/" + target: nil,
		} {
			i.file(file, data)
		}
		if err := os.Symlink(target, i.path("/usr/bin/python3")); err != nil {
			t.Fatal(err)
		}
		v, _ := i.machine(truststore.Selector{Kind: truststore.KindSystem}).Verify(t.Context(), [][]byte{pki.Leaf.Raw}, truststore.VerifyOptions{})
		got := ""
		for _, verdict := range v.Verdicts {
			if verdict.Program == "python" {
				got = verdict.Version
			}
		}
		if got != want || len(v.Verdicts) < 4 {
			t.Errorf("%s: %q among %d", target, got, len(v.Verdicts))
		}
	}
}
