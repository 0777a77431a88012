//go:build unix

package truststore_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// A store of the machine that is made can be read by those who are to trust
// from it, whatever the umask; one in a home is its user's alone.
func TestCreatedStoreCanBeRead(t *testing.T) {
	w := newWorld(t)
	for place, want := range map[string]os.FileMode{"opt": 0o644, "home": 0o600} {
		store := filepath.Join(mkdir(t, w.dir, place), "jssecacerts")
		m := w.machine("test")
		m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: store}}
		m.Create = true
		ensure(t, m, serverGoal(t), truststore.ExitOK)
		if info, err := os.Stat(store); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", place, info.Mode(), err, want)
		}
	}
}

// A keystore is replaced, so its other names keep what it was, whatever backups
// there are: that is said where it is changed, and nowhere else.
func TestHardLinkedKeystore(t *testing.T) {
	w, goal := newWorld(t), serverGoal(t)
	store := w.keystore("ks")
	other := filepath.Join(w.dir, "other")
	if err := os.Link(store, other); err != nil {
		t.Skip(err)
	}
	was := view(t, other, "changeit")
	m := w.machine("test", store)
	wantFinding(t, ensure(t, m, goal, truststore.ExitOK), truststore.CodeHardLinked)
	if got := view(t, other, "changeit"); got != was {
		t.Error("the other name leads to what was changed")
	}
	for _, r := range []*truststore.Report{check(t, m, goal, truststore.ExitOK), undo(t, m, truststore.ExitOK)} {
		if slices.Contains(codes(r), truststore.CodeHardLinked) {
			t.Errorf("a name that is not there any more is found in %v", codes(r))
		}
	}
}

// A store that we made goes with the last certificate in it, or stays: both are
// told.
func TestRemoveTellsOfAStoreThatWasMade(t *testing.T) {
	w, pki := newWorld(t), javatest.NewPKI(t)
	store, database := filepath.Join(w.dir, "new.jks"), filepath.Join(w.dir, "db")
	for sel, want := range map[truststore.Selector]truststore.Code{
		{Kind: truststore.KindJava, Path: store}:   truststore.CodeMadeRemoved,
		{Kind: truststore.KindNSS, Path: database}: truststore.CodeMadeStays,
	} {
		m := w.machine("test")
		m.Select, m.Create = []truststore.Selector{sel}, true
		ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
		r, err := m.Remove(t.Context(), truststore.RefOf(pki.Root.Certificate))
		wantExit(t, sound(t, r, err), truststore.ExitOK)
		wantFinding(t, r, want)
	}
	if _, err := os.Stat(store); !os.IsNotExist(err) {
		t.Errorf("the keystore: %v", err)
	}
}
