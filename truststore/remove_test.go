package truststore_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
)

// java sees dates where the format has them.
func seen(t *testing.T, file, format, password string) string {
	t.Helper()
	return keytool(t).Dump(t, file, format, &password)
}

func removed(t *testing.T, m *truststore.Machine, exit truststore.Exit, certs ...javatest.Certificate) *truststore.Report {
	t.Helper()
	parsed := make([]truststore.CertRef, len(certs))
	for i, c := range certs {
		parsed[i] = truststore.RefOf(c.Certificate)
	}
	r, err := m.Remove(context.Background(), parsed...)
	return wantExit(t, sound(t, r, err), exit)
}

// What others added is removed under every alias; undo puts it back, with
// alias, certificate and, where the format keeps one, date.
func TestRemoveWhatOthersAdded(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"JKS", "PKCS12"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			pki, other := javatest.NewPKI(t), javatest.NewPKI(t)
			store := filepath.Join(w.dir, "store")
			add := func(alias string, c javatest.Certificate) {
				keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storetype", format,
					"-storepass", "changeit", "-alias", alias, "-file", c.File(t))
			}
			add("香港 root", pki.Root)
			add("Second Name", pki.Root)
			add("issuing", pki.Issuing)
			add("other", other.Root)
			before := seen(t, store, format, "changeit")

			m := w.machine("test", store)
			if r := removed(t, m, truststore.ExitOK, pki.Root, pki.Issuing); !r.Changed {
				t.Error("nothing was changed")
			}
			if now := seen(t, store, format, "changeit"); holds(now, pki.Root) || holds(now, pki.Issuing) || !holds(now, other.Root) {
				t.Errorf("Java sees\n%s", now)
			}
			if r := removed(t, m, truststore.ExitOK, pki.Root, pki.Issuing); r.Changed {
				t.Error("the second time changed something")
			}
			undo(t, m, truststore.ExitOK)
			if now := seen(t, store, format, "changeit"); now != before {
				t.Errorf("after undo Java sees\n%s\nand before\n%s", now, before)
			}
			w.wantReceipts(0)
			if left := names(t, w.dir); slices.ContainsFunc(left, func(n string) bool { return strings.Contains(n, "hktrust") }) {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// What we added and removed leaves nothing to undo.
func TestRemoveWhatWeAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pki := javatest.NewPKI(t)
	store := w.keystore("cacerts")
	original := read(t, store)
	m := w.machine("test", store)
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	removed(t, m, truststore.ExitOK, pki.Root)
	wantBytes(t, store, original)
	w.wantReceipts(0)
	if r := undo(t, m, truststore.ExitOK); r.Changed {
		t.Error("undo brought it back")
	}
	wantBytes(t, store, original)
}

// What was there before us and was removed by us comes back, and only that.
func TestUndoOfEnsureAndRemove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pki, other := javatest.NewPKI(t), javatest.NewPKI(t)
	store := w.keystore("cacerts")
	keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storepass", "changeit",
		"-alias", "theirs", "-file", other.Root.File(t))
	before := view(t, store, "changeit")
	m := w.machine("test", store)
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	removed(t, m, truststore.ExitOK, pki.Root, other.Root)
	ensure(t, m, ownGoal(pki.Issuing), truststore.ExitUsage) // no anchor
	ensure(t, m, ownGoal(other.Root), truststore.ExitOK)
	undo(t, m, truststore.ExitOK)
	if now := view(t, store, "changeit"); now != before {
		t.Errorf("after undo Java sees\n%s\nand before\n%s", now, before)
	}
	w.wantReceipts(0)
}

// A certificate that belongs to a private key stays with its key.
func TestRemoveLeavesKeys(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"JKS", "PKCS12"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			store := filepath.Join(w.dir, "store")
			keytool(t).Keytool(t, "-genkeypair", "-keyalg", "EC", "-dname", "CN=mine", "-ext", "bc:c", "-keystore", store,
				"-storetype", format, "-storepass", "changeit", "-keypass", "changeit", "-alias", "mine")
			original := read(t, store)
			m := w.machine("test", store)
			r, err := m.List(context.Background(), truststore.ListOptions{All: true})
			sound(t, r, err)
			snap, err := firstStore(t, m).Read(context.Background())
			if err != nil || len(snap.Entries) != 1 {
				t.Fatalf("%+v, %v", snap, err)
			}
			r, err = m.Remove(context.Background(), truststore.RefOfDER(snap.Entries[0].DER))
			wantExit(t, sound(t, r, err), truststore.ExitPerson)
			if code := r.Stores[0].Changes[0].Blocked; code != truststore.CodeKeyEntry {
				t.Errorf("blocked by %q", code)
			}
			wantBytes(t, store, original)
		})
	}
}

func firstStore(t *testing.T, m *truststore.Machine) truststore.Store {
	t.Helper()
	stores, err := m.Discover(context.Background())
	if err != nil || len(stores) == 0 {
		t.Fatalf("%d stores, %v", len(stores), err)
	}
	return stores[0]
}

// The child that works as another user puts back every entry as well.
func TestRemoveFromAnotherUsersStore(t *testing.T) {
	oracle.NeedRoot(t)
	i := newImage(t)
	store := i.java("/home/amy/jdk")
	pki := javatest.NewPKI(t)
	for _, alias := range []string{"one", "two"} {
		keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storepass", "changeit",
			"-alias", alias, "-file", pki.Root.File(t))
	}
	i.give("/home/amy")
	before := view(t, store, "changeit")
	m := i.machine(javaHomeAt("/home/amy/jdk"))
	removed(t, m, truststore.ExitOK, pki.Root)
	if holds(view(t, store, "changeit"), pki.Root) {
		t.Error("the certificate is still there")
	}
	undo(t, m, truststore.ExitOK)
	if now := view(t, store, "changeit"); now != before {
		t.Errorf("after undo Java sees\n%s\nand before\n%s", now, before)
	}
	if left := i.receipts(); len(left) > 0 {
		t.Errorf("receipts left: %v", left)
	}
}
