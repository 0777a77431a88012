package truststore_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// What others do to a store between our looks at it.

func plan(t *testing.T, m *truststore.Machine, goal truststore.Goal) *truststore.Plan {
	t.Helper()
	p, err := m.Plan(context.Background(), goal)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func apply(t *testing.T, m *truststore.Machine, p *truststore.Plan, exit truststore.Exit) *truststore.Report {
	t.Helper()
	r, err := m.Apply(context.Background(), p)
	return wantExit(t, sound(t, r, err), exit)
}

func importCert(t testing.TB, store, alias string, c javatest.Certificate) {
	t.Helper()
	keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storepass", "changeit",
		"-alias", alias, "-file", c.File(t))
}

func deleteAlias(t testing.TB, store, alias string) {
	t.Helper()
	keytool(t).Keytool(t, "-delete", "-keystore", store, "-storepass", "changeit", "-alias", alias)
}

func TestPlanFromAnEarlierStore(t *testing.T) {
	root, issuing := javatest.NewPKI(t).Root, javatest.NewPKI(t).Root
	goal := ownGoal(root, issuing)
	t.Run("fewer changes are made", func(t *testing.T) {
		w := newWorld(t)
		store := w.keystore("cacerts")
		m := w.machine("test", store)
		p := plan(t, m, goal)
		importCert(t, store, "theirs", root)
		apply(t, m, p, truststore.ExitOK)
		w.wantReceipts(1)
		check(t, m, goal, truststore.ExitOK)
	})
	t.Run("none is left to make", func(t *testing.T) {
		w := newWorld(t)
		store := w.keystore("cacerts")
		m := w.machine("test", store)
		p := plan(t, m, goal)
		importCert(t, store, "one", root)
		importCert(t, store, "two", issuing)
		if r := apply(t, m, p, truststore.ExitOK); r.Changed {
			t.Error("changed")
		}
		w.wantReceipts(0)
	})
	stale := func(t *testing.T, r *truststore.Report) {
		t.Helper()
		if !errors.Is(r.Err, truststore.ErrStale) || r.Changed {
			t.Errorf("changed=%v, %v", r.Changed, r.Err)
		}
	}
	t.Run("more are needed", func(t *testing.T) {
		w := newWorld(t)
		store := w.keystore("cacerts")
		importCert(t, store, "theirs", root)
		m := w.machine("test", store)
		p := plan(t, m, goal)
		deleteAlias(t, store, "theirs")
		before := read(t, store)
		stale(t, apply(t, m, p, truststore.ExitBusy))
		wantBytes(t, store, before)
		w.wantReceipts(0)
	})
	t.Run("nothing was needed and now is", func(t *testing.T) {
		w := newWorld(t)
		store := w.keystore("cacerts")
		importCert(t, store, "one", root)
		importCert(t, store, "two", issuing)
		m := w.machine("test", store)
		p := plan(t, m, goal)
		deleteAlias(t, store, "two")
		stale(t, apply(t, m, p, truststore.ExitBusy))
		if _, err := os.Stat(w.state); err == nil {
			t.Error("a ledger was made")
		}
	})
	t.Run("the path leads elsewhere now", func(t *testing.T) {
		w := newWorld(t)
		dir := filepath.Join(w.dir, "security")
		store := w.keystore("security", "cacerts")
		m := w.machine("test", store)
		p := plan(t, m, goal)
		if err := os.Rename(dir, filepath.Join(w.dir, "moved")); err != nil {
			t.Fatal(err)
		}
		symlink(t, filepath.Join(w.dir, "moved"), dir)
		before := tree(t, filepath.Join(w.dir, "moved"))
		stale(t, apply(t, m, p, truststore.ExitBusy))
		if after := tree(t, filepath.Join(w.dir, "moved")); after != before {
			t.Error("something was written there")
		}
	})
}

func TestTrustChangedByOthersIsLeft(t *testing.T) {
	w := newWorld(t)
	pki, other := javatest.NewPKI(t), javatest.NewPKI(t)
	store := w.keystore("cacerts")
	m := w.machine("test", store)
	ensure(t, m, ownGoal(pki.Root, other.Root), truststore.ExitOK)
	keytool(t).Keytool(t, "-changealias", "-keystore", store, "-storepass", "changeit",
		"-alias", truststore.EntryName(pki.Root.Certificate), "-destalias", "theirs-now")
	r := undo(t, m, truststore.ExitPerson)
	if !errors.Is(r.Err, truststore.ErrTrustLeft) || !r.Changed {
		t.Errorf("changed=%v, %v", r.Changed, r.Err)
	}
	seen := view(t, store, "changeit")
	if !holds(seen, pki.Root) || holds(seen, other.Root) {
		t.Errorf("theirs is there=%v, ours is there=%v", holds(seen, pki.Root), holds(seen, other.Root))
	}
	// As long as it is there, each undo says so.
	undo(t, m, truststore.ExitPerson)
	deleteAlias(t, store, "theirs-now")
	undo(t, m, truststore.ExitOK)
	w.wantReceipts(0)
}

func TestRemovedByOthersIsClosed(t *testing.T) {
	w := newWorld(t)
	pki := javatest.NewPKI(t)
	store := w.keystore("cacerts")
	m := w.machine("test", store)
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	deleteAlias(t, store, truststore.EntryName(pki.Root.Certificate))
	r := undo(t, m, truststore.ExitOK)
	wantFinding(t, r, truststore.CodeEntryGone)
	if r.Changed {
		t.Error("changed")
	}
	w.wantReceipts(0)
}

// What others added beside ours since survives our undo.
func TestUndoKeepsLaterWorkOfOthers(t *testing.T) {
	w := newWorld(t)
	ours, theirs := javatest.NewPKI(t).Root, javatest.NewPKI(t).Root
	store := w.keystore("cacerts")
	original := entries(t, read(t, store))
	m := w.machine("test", store)
	ensure(t, m, ownGoal(ours), truststore.ExitOK)
	importCert(t, store, "theirs", theirs)
	deleteAlias(t, store, strings.Split(original[0], `"`)[1])
	undo(t, m, truststore.ExitOK)
	seen := view(t, store, "changeit")
	if holds(seen, ours) || !holds(seen, theirs) || strings.Contains(seen, original[0]) {
		t.Errorf("undo made\n%s", seen)
	}
}

// The same certificate under a second alias that others made stays.
func TestUndoRemovesOurEntryAlone(t *testing.T) {
	w := newWorld(t)
	root := javatest.NewPKI(t).Root
	store := w.keystore("cacerts")
	m := w.machine("test", store)
	ensure(t, m, ownGoal(root), truststore.ExitOK)
	importCert(t, store, "theirs", root)
	undo(t, m, truststore.ExitOK)
	seen := view(t, store, "changeit")
	if !strings.Contains(seen, `"theirs" trusted`) || strings.Contains(seen, truststore.EntryName(root.Certificate)) {
		t.Errorf("undo made\n%s", seen)
	}
	w.wantReceipts(0)
}

// The receipts of a store that cannot be found stay, and what was to be undone
// is done when it is there again. Only one that is shown to be gone, because
// the folder that held it is there, is no failure.
func TestUndoOfAStoreThatVanished(t *testing.T) {
	for name, test := range map[string]struct {
		away string // what is moved away, below the world
		exit truststore.Exit
	}{
		"file":      {"jdk/cacerts", truststore.ExitOK},
		"directory": {"jdk", truststore.ExitPartly},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			store, other := w.keystore("jdk", "cacerts"), w.keystore("other")
			original := read(t, other)
			m := w.machine("test", store, other)
			goal := ownGoal(javatest.NewPKI(t).Root)
			ensure(t, m, goal, truststore.ExitOK)
			place, aside := filepath.Join(w.dir, test.away), filepath.Join(w.dir, "aside")
			rename(t, place, aside)
			r := undo(t, m, test.exit)
			if gone := slices.Contains(codes(r), truststore.CodeStoreVanished); gone != (test.exit == truststore.ExitOK) {
				t.Errorf("said to be gone: %v", gone)
			}
			w.wantReceipts(1)
			wantBytes(t, other, original)

			rename(t, aside, place)
			wantFinding(t, check(t, m, ownGoal(javatest.NewPKI(t).Root), truststore.ExitWrong), truststore.CodeUndoDue)
			wantFinding(t, removed(t, m, truststore.ExitOK, javatest.NewPKI(t).Root), truststore.CodeUndoCompleted)
			wantBytes(t, store, original)
			w.wantReceipts(0)
		})
	}
}

func rename(t testing.TB, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedReceiptBlocksNothingElse(t *testing.T) {
	w := newWorld(t)
	a, b := javatest.NewPKI(t).Root, javatest.NewPKI(t).Root
	store := w.keystore("cacerts")
	m := w.machine("test", store)
	ensure(t, m, ownGoal(a), truststore.ExitOK)
	damaged := accounts(t, w.ledger())[0]
	write(t, damaged, []byte("{\"format\":\"hktrust.account/1\"}\n{"))

	r := check(t, m, ownGoal(b), truststore.ExitWrong)
	wantFinding(t, r, truststore.CodeReceiptDamaged)
	r = undo(t, m, truststore.ExitPerson)
	wantFinding(t, r, truststore.CodeReceiptDamaged)
	r = ensure(t, m, ownGoal(b), truststore.ExitOK)
	if n := len(slices.DeleteFunc(codes(r), func(c truststore.Code) bool { return c != truststore.CodeReceiptDamaged })); n != 1 {
		t.Errorf("the damaged receipt is reported %d times", n)
	}
	if got := names(t, filepath.Join(w.ledger(), "damaged")); len(got) == 0 {
		t.Error("the damaged receipt was not set aside")
	}
	undo(t, m, truststore.ExitPerson) // what the damaged receipt recorded is there yet
	if seen := view(t, store, "changeit"); !holds(seen, a) || holds(seen, b) {
		t.Errorf("a=%v b=%v", holds(seen, a), holds(seen, b))
	}
}
