package truststore_test

import (
	"context"
	"errors"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// What cannot be meant is wrong usage by a typed error, and writes nothing.
func TestWhatCannotBeMeant(t *testing.T) {
	w := newWorld(t)
	store := w.keystore("cacerts")
	root := javatest.NewPKI(t).Root
	goal := ownGoal(root)
	scope, extra := w.machine("test", store), w.machine("test", store)
	scope.Scope, extra.Extra = "everywhere", []truststore.Store{nil}
	good, odd := w.machine("test", store), w.machine("test", store)
	odd.Select = []truststore.Selector{{Kind: "jabba"}}
	ctx := context.Background()
	type call = func() (*truststore.Report, error)
	for name, test := range map[string]struct {
		call call
		is   error
	}{
		"ensure: scope":       {func() (*truststore.Report, error) { return scope.Ensure(ctx, goal) }, truststore.ErrMachine},
		"check: scope":        {func() (*truststore.Report, error) { return scope.Check(ctx, goal) }, truststore.ErrMachine},
		"undo: scope":         {func() (*truststore.Report, error) { return scope.Undo(ctx, truststore.UndoOptions{}) }, truststore.ErrMachine},
		"check: unknown kind": {func() (*truststore.Report, error) { return odd.Check(ctx, goal) }, truststore.ErrMachine},
		"ensure: nil extra":   {func() (*truststore.Report, error) { return extra.Ensure(ctx, goal) }, truststore.ErrMachine},
		"undo: nil extra":     {func() (*truststore.Report, error) { return extra.Undo(ctx, truststore.UndoOptions{}) }, truststore.ErrMachine},
		"apply: nil plan":     {func() (*truststore.Report, error) { return good.Apply(ctx, nil) }, truststore.ErrPlanRefused},
		"ensure: empty goal":  {func() (*truststore.Report, error) { return good.Ensure(ctx, truststore.Goal{}) }, truststore.ErrGoal},
		"check: empty goal":   {func() (*truststore.Report, error) { return good.Check(ctx, truststore.Goal{}) }, truststore.ErrGoal},
		"remove: nothing":     {func() (*truststore.Report, error) { return good.Remove(ctx) }, truststore.ErrGoal},
		"remove: zero":        {func() (*truststore.Report, error) { return good.Remove(ctx, truststore.CertRef{}) }, truststore.ErrGoal},
		"no certificate": {func() (*truststore.Report, error) {
			return good.Ensure(ctx, truststore.Goal{Want: []truststore.Want{{}}})
		}, truststore.ErrGoal},
		"contradiction": {func() (*truststore.Report, error) {
			both := ownGoal(root)
			both.Absent = []truststore.CertRef{truststore.RefOf(root.Certificate)}
			return good.Ensure(ctx, both)
		}, truststore.ErrGoal},
		"unknown profile": {func() (*truststore.Report, error) {
			return truststore.EnsureHongkongPostChain(truststore.WithMachine(good), truststore.WithProfile("none"))
		}, hkpost.ErrUnknownProfile},
		"undo: last and run": {func() (*truststore.Report, error) {
			return good.Undo(ctx, truststore.UndoOptions{Last: true, Runs: []string{"x"}})
		}, truststore.ErrOptions},
		"undo: unknown run": {func() (*truststore.Report, error) {
			return good.Undo(ctx, truststore.UndoOptions{Runs: []string{"x"}})
		}, truststore.ErrNoRun},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := test.call()
			if sound(t, r, err); r.Exit != truststore.ExitUsage || r.Changed || !errors.Is(err, test.is) {
				t.Errorf("exit %d, changed=%v, %v", r.Exit, r.Changed, err)
			}
		})
	}
	wantBytes(t, store, openJDKRoots(t))
	w.wantReceipts(0)
}

// A nil Machine is this machine: without a goal it is asked nothing.
func TestNilMachine(t *testing.T) {
	var m *truststore.Machine
	r, err := m.Ensure(context.Background(), truststore.Goal{})
	if sound(t, r, err); !errors.Is(err, truststore.ErrGoal) {
		t.Error(err)
	}
	if r, err = m.Apply(context.Background(), nil); !errors.Is(err, truststore.ErrPlanRefused) || r.Exit != truststore.ExitUsage {
		t.Errorf("exit %d, %v", r.Exit, err)
	}
	if _, err = m.Plan(context.Background(), truststore.Goal{}); !errors.Is(err, truststore.ErrGoal) {
		t.Error(err)
	}
}

// A nil Option is none.
func TestNilOption(t *testing.T) {
	w := newWorld(t)
	m := w.machine("test", w.keystore("cacerts"))
	r, err := truststore.EnsureHongkongPostChain(nil, truststore.WithMachine(m), nil)
	if sound(t, r, err); r.Exit != truststore.ExitOK {
		t.Errorf("exit %d, %v", r.Exit, err)
	}
}
