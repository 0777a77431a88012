package truststore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// eater is a store that loses its first entry whenever it is written to, or
// takes the trust from it.
type eater struct {
	memory
	eats   bool
	spoils bool
}

func (e *eater) Apply(ctx context.Context, changes []truststore.Change) ([]truststore.Result, error) {
	results, err := e.memory.Apply(ctx, changes)
	switch {
	case e.eats:
		e.entries = e.entries[1:]
	case e.spoils:
		e.entries = slices.Clone(e.entries)
		e.entries[0].Trust = truststore.Trust{Present: true, Name: e.entries[0].Trust.Name}
	}
	return results, err
}

// What a store loses by a change that was about something else is no success,
// and what was done has its receipt all the same.
func TestStoreThatLosesWhatNobodyTouched(t *testing.T) {
	theirs, ours := javatest.NewPKI(t).Root, javatest.NewPKI(t).Root
	others := []truststore.Entry{truststore.NewEntry(theirs.Raw, truststore.AnchorTrust("theirs"))}
	for name, bad := range map[string]eater{"gone": {eats: true}, "without trust": {spoils: true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			store := &bad
			store.entries = others
			m := &truststore.Machine{
				Host: w.host(), Owner: "test", Extra: []truststore.Store{store}, Select: []truststore.Selector{{Kind: "acme"}},
			}
			r := ensure(t, m, ownGoal(ours), truststore.ExitFailed)
			if !errors.Is(r.Err, truststore.ErrUnproven) || !r.Changed {
				t.Errorf("changed=%v, %v", r.Changed, r.Err)
			}
			w.wantReceipts(1)

			store.entries = append(slices.Clone(others), store.entries[len(store.entries)-1])
			if r := undo(t, m, truststore.ExitFailed); !errors.Is(r.Err, truststore.ErrUnproven) {
				t.Errorf("undo: %v", r.Err)
			}
			store.entries, store.eats, store.spoils = others, false, false
			undo(t, m, truststore.ExitOK)
			w.wantReceipts(0)
		})
	}
}

// stumbling writes, and then fails.
type stumbling struct{ memory }

func (s *stumbling) Apply(ctx context.Context, changes []truststore.Change) ([]truststore.Result, error) {
	_, err := s.memory.Apply(ctx, changes)
	return nil, errors.Join(err, errors.New("stumbled"))
}

// What a store that failed shows as done is told, and can be taken back.
func TestStoreThatFailsAfterItWrote(t *testing.T) {
	w := newWorld(t)
	store := &stumbling{}
	m := &truststore.Machine{Host: w.host(), Owner: "test", Extra: []truststore.Store{store}, Select: []truststore.Selector{{Kind: "acme"}}}
	r := ensure(t, m, ownGoal(javatest.NewPKI(t).Root), truststore.ExitFailed)
	if !r.Changed || r.Run == "" || !r.Stores[0].Changes[0].Changed {
		t.Errorf("changed: %v, run %q: %+v", r.Changed, r.Run, r.Stores[0].Changes)
	}
	w.wantReceipts(1)
	if r := undo(t, m, truststore.ExitFailed); !r.Changed || len(store.entries) > 0 {
		t.Errorf("undo changed: %v, and leaves %d", r.Changed, len(store.entries))
	}
	undo(t, m, truststore.ExitOK)
	w.wantReceipts(0)
}

// odd is a store that keeps to little of its contract.
type odd struct {
	memory
	read  func(*truststore.Snapshot) *truststore.Snapshot
	apply func([]truststore.Change) []truststore.Result
}

func (o *odd) Read(ctx context.Context) (*truststore.Snapshot, error) {
	snap, err := o.memory.Read(ctx)
	if o.read != nil {
		snap = o.read(snap)
	}
	return snap, err
}

func (o *odd) Apply(ctx context.Context, changes []truststore.Change) ([]truststore.Result, error) {
	results, err := o.memory.Apply(ctx, changes)
	if o.apply != nil {
		results = o.apply(changes)
	}
	return results, err
}

// A store that breaks its contract is a failure, whatever it says, and what it
// wrote can be taken back.
func TestStoreThatBreaksItsContract(t *testing.T) {
	theirs, ours := javatest.NewPKI(t).Root, javatest.NewPKI(t).Root
	said := func(changed bool) func([]truststore.Change) []truststore.Result {
		return func(changes []truststore.Change) (out []truststore.Result) {
			for _, c := range changes {
				out = append(out, truststore.Result{Change: c, Changed: changed})
			}
			return out
		}
	}
	for name, bad := range map[string]*odd{
		"results of its own": {apply: said(true)},
		"denies":             {apply: said(false)},
		"no content":         {read: func(*truststore.Snapshot) *truststore.Snapshot { return nil }},
		"another store": {read: func(s *truststore.Snapshot) *truststore.Snapshot {
			s.Info.Path = "/elsewhere"
			return s
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			bad.entries = []truststore.Entry{truststore.NewEntry(theirs.Raw, truststore.AnchorTrust("theirs"))}
			m := &truststore.Machine{Host: w.host(), Owner: "test", Extra: []truststore.Store{bad}, Select: []truststore.Selector{{Kind: "acme"}}}
			r := ensure(t, m, ownGoal(ours), truststore.ExitFailed)
			if wrote := len(bad.entries) > 1; r.Changed != wrote {
				t.Errorf("changed: %v, and it wrote: %v", r.Changed, wrote)
			}
			m.Extra = []truststore.Store{&bad.memory}
			undo(t, m, truststore.ExitOK)
			if len(bad.entries) != 1 {
				t.Errorf("%d entries are left", len(bad.entries))
			}
		})
	}
}

// A panic in one of several stores reaches the caller, who may recover from it.
func TestPanicOfAStoreIsTheCallers(t *testing.T) {
	w := newWorld(t)
	bad := &odd{read: func(*truststore.Snapshot) *truststore.Snapshot { panic("of its own") }}
	m := w.machine("test", w.keystore("one"), w.keystore("two"))
	m.Extra = []truststore.Store{bad}
	m.Select = append(m.Select, truststore.Selector{Kind: "acme"})
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "of its own") {
			t.Errorf("recovered %v", p)
		}
	}()
	m.Check(t.Context(), ownGoal(javatest.NewPKI(t).Root))
	t.Error("nothing happened")
}
