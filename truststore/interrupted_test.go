package truststore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
)

// An interrupt between stores leaves each as wanted, with its receipt, or as it
// was; the next run finishes.
func TestInterruptedBetweenStores(t *testing.T) {
	w := newWorld(t)
	var stores []string
	for i := range 40 {
		stores = append(stores, w.keystore(fmt.Sprint("store", i)))
	}
	goal := ownGoal(javatest.NewPKI(t).Root)
	stopAfterFirst := func(m *truststore.Machine) context.Context {
		ctx, cancel := context.WithCancel(context.Background())
		t.Cleanup(cancel)
		m.Progress = func(truststore.Event) { cancel() }
		return ctx
	}
	original := openJDKRoots(t)
	changed := func() int {
		n := 0
		for _, store := range stores {
			if !bytes.Equal(read(t, store), original) {
				n++
			}
		}
		return n
	}
	m := w.machine("test", stores...)
	r, err := m.Ensure(stopAfterFirst(m), goal)
	wantExit(t, sound(t, r, err), truststore.ExitInterrupted)
	if !errors.Is(err, context.Canceled) || !r.Changed || len(r.Stores) != len(stores) {
		t.Errorf("%v, changed=%v, %d stores", err, r.Changed, len(r.Stores))
	}
	check(t, w.machine("test", stores[0]), goal, truststore.ExitOK)
	if n := changed(); n == len(stores) {
		t.Error("every store was changed after the interrupt")
	}
	w.wantReceipts(changed())
	ensure(t, w.machine("test", stores...), goal, truststore.ExitOK)
	w.wantReceipts(len(stores))

	m = w.machine("test")
	r, err = m.Undo(stopAfterFirst(m), truststore.UndoOptions{})
	wantExit(t, sound(t, r, err), truststore.ExitInterrupted)
	w.wantReceipts(changed())
	undo(t, w.machine("test"), truststore.ExitOK)
	if n := changed(); n != 0 {
		t.Errorf("%d stores are not as they were", n)
	}
}

// Without room for a receipt nothing is changed; without room for the file, it
// is as it was and no receipt says otherwise.
func TestFullDisk(t *testing.T) {
	oracle.NeedRoot(t)
	goal := serverGoal(t)
	fill := func(dir string) {
		f, err := os.Create(filepath.Join(dir, "filler"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for block := make([]byte, 4096); err == nil; {
			_, err = f.Write(block)
		}
	}
	t.Run("ledger", func(t *testing.T) {
		w := newWorld(t)
		store := w.keystore("cacerts")
		if err := os.Mkdir(w.state, 0o700); err != nil {
			t.Fatal(err)
		}
		smallDisk(t, w.state)
		fill(w.state)
		if r := ensure(t, w.machine("test", store), goal, truststore.ExitFailed); r.Changed {
			t.Error("changed")
		}
		wantBytes(t, store, openJDKRoots(t))
		w.wantReceipts(0)
		os.Remove(filepath.Join(w.state, "filler"))
		ensure(t, w.machine("test", store), goal, truststore.ExitOK)
	})
	t.Run("store", func(t *testing.T) {
		w := newWorld(t)
		dir := filepath.Join(w.dir, "disk")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		smallDisk(t, dir)
		store, good := w.keystore("disk", "cacerts"), w.keystore("good")
		fill(dir)
		ensure(t, w.machine("test", store, good), goal, truststore.ExitPartly)
		wantBytes(t, store, openJDKRoots(t))
		w.wantReceipts(3)
		if left := names(t, dir); len(left) != 2 {
			t.Errorf("left behind: %v", left)
		}
		os.Remove(filepath.Join(dir, "filler"))
		ensure(t, w.machine("test", store, good), goal, truststore.ExitOK)
		undo(t, w.machine("test"), truststore.ExitOK)
		wantBytes(t, store, openJDKRoots(t))
	})
}
