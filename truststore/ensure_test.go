package truststore_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// serverCAs are the certificates of the profile server by the names and
// fingerprints that keytool prints.
var serverCAs = []string{"root-ca-3", "ecert-ssl-ca-3-17-2025", "ecert-ev-ssl-ca-3-17-2025"}

func TestEnsureServerOnAPrivateRuntime(t *testing.T) {
	w := newWorld(t)
	jre := javatest.JRE(t)
	m := w.machine("test")
	m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: jre.Home, Dir: true}}

	check(t, m, serverGoal(t), truststore.ExitWrong)
	if _, err := os.Stat(w.state); err == nil {
		t.Error("Check made a ledger")
	}
	r, err := truststore.EnsureHongkongPostChain(truststore.WithMachine(m), truststore.WithContext(context.Background()))
	wantExit(t, sound(t, r, err), truststore.ExitOK)
	if !r.Changed || len(r.Stores) != 1 || r.Stores[0].Status != truststore.StatusChanged {
		t.Fatalf("changed=%v, stores %+v", r.Changed, r.Stores)
	}
	list := strings.ToUpper(jre.Keytool(t, "-list", "-v", "-keystore", jre.Cacerts(), "-storepass", "changeit"))
	for _, slug := range serverCAs {
		c, _ := hkpost.BySlug(slug)
		if !strings.Contains(list, colons(c.SHA256.String())) {
			t.Errorf("keytool -list does not show %s", c.CommonName)
		}
	}
	check(t, m, serverGoal(t), truststore.ExitOK)

	before := tree(t, w.dir, jre.Home)
	again, err := truststore.EnsureHongkongPostChain(truststore.WithMachine(m))
	wantExit(t, sound(t, again, err), truststore.ExitOK)
	if again.Changed || again.Run != "" {
		t.Errorf("second run: changed=%v run=%q", again.Changed, again.Run)
	}
	if after := tree(t, w.dir, jre.Home); after != before {
		t.Errorf("the second run wrote something:\n%s\nbecame\n%s", before, after)
	}
}

// colons writes a fingerprint as keytool does.
func colons(hex string) string {
	var pairs []string
	for i := 0; i < len(hex); i += 2 {
		pairs = append(pairs, strings.ToUpper(hex[i:i+2]))
	}
	return strings.Join(pairs, ":")
}

// What is there already, by whoever, is not ours: no receipt, no ledger.
func TestNothingToDoMakesNoLedger(t *testing.T) {
	w := newWorld(t)
	pki := javatest.NewPKI(t)
	store := w.keystore("cacerts")
	keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storepass", "changeit",
		"-alias", "theirs", "-file", pki.Root.File(t))
	before := tree(t, w.dir)
	m := w.machine("test", store)
	if r := ensure(t, m, ownGoal(pki.Root), truststore.ExitOK); r.Changed {
		t.Error("changed")
	}
	if r := undo(t, m, truststore.ExitOK); r.Changed {
		t.Error("undo changed what was not ours")
	}
	if after := tree(t, w.dir); after != before {
		t.Errorf("something was written:\n%s\nbecame\n%s", before, after)
	}
}

func TestTrustedAfterEnsureRejectedAfterUndo(t *testing.T) {
	javaGoals := map[string]struct {
		serve func(*javatest.PKI) []javatest.Certificate // beside the leaf
		goal  func(*javatest.PKI) truststore.Goal
	}{
		"server sends its issuing CA": {
			func(p *javatest.PKI) []javatest.Certificate { return []javatest.Certificate{p.Issuing} },
			func(p *javatest.PKI) truststore.Goal { return ownGoal(p.Root) },
		},
		"server sends its leaf only": {
			func(*javatest.PKI) []javatest.Certificate { return nil },
			func(p *javatest.PKI) truststore.Goal { return ownGoal(p.Root, p.Issuing) },
		},
	}
	for name, test := range javaGoals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			pki, jre := javatest.NewPKI(t), javatest.JRE(t)
			addr := pki.Serve(t, test.serve(pki)...)
			m := w.machine("test")
			m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: jre.Home, Dir: true}}
			original := read(t, jre.Cacerts())

			wantTLS(t, jre, addr, false)
			ensure(t, m, test.goal(pki), truststore.ExitOK)
			wantTLS(t, jre, addr, true)
			undo(t, m, truststore.ExitOK)
			wantTLS(t, jre, addr, false)
			wantBytes(t, jre.Cacerts(), original)
			w.wantReceipts(0)
			if left := names(t, filepath.Dir(jre.Cacerts())); strings.Contains(strings.Join(left, " "), "hktrust") {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func wantTLS(t *testing.T, jre javatest.JDK, addr string, trusted bool) {
	t.Helper()
	if got := jre.TLS(t, "", nil, addr); (got == "TRUSTED") != trusted {
		t.Fatalf("Java says %s, want trusted=%v", got, trusted)
	}
}

// A leaf-only server is not helped by the root alone: the issuing CA is needed.
func TestLeafOnlyServerNeedsTheIssuingCA(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pki, jre := javatest.NewPKI(t), javatest.JRE(t)
	addr := pki.Serve(t)
	m := w.machine("test")
	m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: jre.Home, Dir: true}}
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	wantTLS(t, jre, addr, false)
	ensure(t, m, ownGoal(pki.Root, pki.Issuing), truststore.ExitOK)
	wantTLS(t, jre, addr, true)
}

// What we add is what keytool adds: Java sees the same in both files.
func TestJavaSeesWhatKeytoolWouldHaveMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ours, theirs := w.keystore("ours"), w.keystore("theirs")
	m := w.machine("test", ours)
	ensure(t, m, serverGoal(t), truststore.ExitOK)
	for _, want := range serverGoal(t).Want {
		file := filepath.Join(w.dir, "cert.der")
		write(t, file, want.Certificate.Raw)
		keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", theirs, "-storepass", "changeit",
			"-alias", truststore.EntryName(want.Certificate), "-file", file)
	}
	if a, b := undated(view(t, ours, "changeit")), undated(view(t, theirs, "changeit")); a != b {
		t.Errorf("Java sees\n%s\nin our file and\n%s\nin keytool's", a, b)
	}
}

// undated removes the dates of entries from a view.
func undated(view string) string {
	var out strings.Builder
	for line := range strings.Lines(view) {
		before, _, _ := strings.Cut(line, " created ")
		out.WriteString(strings.TrimSpace(before) + "\n")
	}
	return out.String()
}

func TestOptionsOfTheOneLineDoor(t *testing.T) {
	w := newWorld(t)
	store := w.keystore("cacerts")
	m := w.machine("test", store)
	r, err := truststore.EnsureHongkongPostChain(truststore.WithMachine(m), truststore.WithProfile("nonsense"))
	if sound(t, r, err); r.Exit == truststore.ExitOK {
		t.Error("an unknown profile is accepted")
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	r, err = truststore.EnsureHongkongPostChain(truststore.WithMachine(m), truststore.WithContext(cancelled))
	wantExit(t, sound(t, r, err), truststore.ExitInterrupted)
	wantBytes(t, store, openJDKRoots(t))
	r, err = truststore.EnsureHongkongPostChain(truststore.WithMachine(m), truststore.WithProfile(hkpost.ECert),
		truststore.WithGoal(func(g *truststore.Goal) { g.AnyPurpose = true }))
	wantExit(t, sound(t, r, err), truststore.ExitOK)
	root, _ := hkpost.BySlug("root-ca-2")
	if !strings.Contains(view(t, store, "changeit"), root.SHA256.String()) {
		t.Error("Root CA 2 is not there")
	}
}
