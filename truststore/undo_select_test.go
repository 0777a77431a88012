package truststore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/truststore"
)

// Undo leaves alone what the Machine leaves out: stores that are there, and
// receipts of those that are not.
func TestUndoOfSelectedStores(t *testing.T) {
	w, goal := newWorld(t), serverGoal(t)
	one, two, gone := w.keystore("one"), w.keystore("two"), w.keystore("gone")
	ensure(t, w.machine("test", one, two, gone), goal, truststore.ExitOK)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	before := len(w.receipts())

	undo(t, w.machine("test", one), truststore.ExitOK)
	wantBytes(t, one, openJDKRoots(t))
	check(t, w.machine("test", two), goal, truststore.ExitOK)
	w.wantReceipts(before * 2 / 3)

	of := func(m *truststore.Machine, kind truststore.Kind) *truststore.Machine {
		m.Select = []truststore.Selector{{Kind: kind}}
		return m
	}
	undo(t, of(w.machine("test"), truststore.KindNSS), truststore.ExitOK)
	m := w.machine("test")
	m.Scope = truststore.ScopeMachine // what is named by its path in a directory of nobody's home is the machine's
	m.Select = []truststore.Selector{{Path: filepath.Join(w.dir, "home")}}
	undo(t, m, truststore.ExitFailed)
	check(t, w.machine("test", two), goal, truststore.ExitOK)

	undo(t, of(w.machine("test"), truststore.KindJava), truststore.ExitOK)
	wantBytes(t, two, openJDKRoots(t))
}

func TestUndoInScope(t *testing.T) {
	w, goal := newWorld(t), serverGoal(t)
	store := w.keystore("opt", "cacerts")
	m := w.machine("test", store)
	r := ensure(t, m, goal, truststore.ExitOK)
	other := map[truststore.Scope]truststore.Scope{truststore.ScopeMachine: truststore.ScopeUser, truststore.ScopeUser: truststore.ScopeMachine}
	scope := r.Stores[0].Info.Scope
	m = w.machine("test")
	m.Scope = other[scope]
	undo(t, m, truststore.ExitOK)
	check(t, w.machine("test", store), goal, truststore.ExitOK)
	m.Scope = scope
	undo(t, m, truststore.ExitOK)
	wantBytes(t, store, openJDKRoots(t))
}

// What was done last elsewhere hides nothing of what was done here.
func TestUndoOfLastRunInSelectedStores(t *testing.T) {
	w, goal := newWorld(t), serverGoal(t)
	one, two := w.keystore("one"), w.keystore("two")
	ensure(t, w.machine("test", one), goal, truststore.ExitOK)
	ensure(t, w.machine("test", two), goal, truststore.ExitOK)

	if _, err := w.machine("test", one).Undo(t.Context(), truststore.UndoOptions{Last: true}); err != nil {
		t.Fatal(err)
	}
	wantBytes(t, one, openJDKRoots(t))
	check(t, w.machine("test", two), goal, truststore.ExitOK)
}
