package truststore

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Reconcile compares changes with a store's content, read under its lock. A
// change that is made already becomes a Result that changed nothing; one whose
// Before is no longer true fails all with [ErrStale]; the others are marked as
// changed, for the store to make. Changes that are blocked, or would write
// nothing, are left out.
func (s *Snapshot) Reconcile(changes []Change) ([]Result, error) {
	var results []Result
	for _, c := range applicable(changes) {
		now := s.trustFor(c)
		switch {
		case now.Same(c.After):
			c.Before, c.After = now, now
			results = append(results, Result{Change: c, under: s})
		case now.Same(c.Before):
			c.Before = now
			results = append(results, Result{Change: c, Changed: true, under: s})
		default:
			return nil, fmt.Errorf("%w: %s", ErrStale, c.Name)
		}
	}
	return results, nil
}

// ErrUnproven means that a store, read again after it was written, does not
// show what it was to show.
var ErrUnproven = errors.New("the store does not show the change after it was written")

// makeChanges has a store make changes and proves them: whatever the store says
// of its work, it is read again, and what it shows then is in the results.
func makeChanges(ctx context.Context, store Store, changes []Change) ([]Result, *Snapshot, error) {
	results, err := store.Apply(ctx, changes)
	if err != nil {
		return results, nil, err
	}
	// What was written needs its receipt, also when the caller has gone.
	after, err := store.Read(context.WithoutCancel(ctx))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrUnproven, err)
	}
	proven, err := prove(after, changes, results)
	if err == nil && !mends(store) {
		after.lost = after.lostSince(results)
	}
	return proven, after, err
}

// shownFor is what a store shows of a change that was made, under the name that
// the store says it gave to the entry.
func (s *Snapshot) shownFor(c Change, name string) Trust {
	if c.Action != Remove {
		if named := s.trustUnder(name, c.ref()); named.Same(c.After) {
			return named
		}
		c.After.Name = name
	}
	return s.trustFor(c)
}

// prove compares what was asked of a store with what it shows.
func prove(after *Snapshot, asked []Change, results []Result) ([]Result, error) {
	if len(results) != len(asked) {
		return nil, fmt.Errorf("%w: %d results of %d changes", ErrUnproven, len(results), len(asked))
	}
	var proven []Result
	for i, r := range results {
		want := asked[i]
		if r.under == nil && !slices.Contains(Kinds(), after.Info.Kind) {
			return nil, fmt.Errorf("%w: its results are none of Snapshot.Reconcile's", ErrUnproven) // what it lost cannot be seen
		}
		if r.SHA256 != want.SHA256 || r.Action != want.Action {
			return nil, fmt.Errorf("%w: a result is not about %s", ErrUnproven, want.Name)
		}
		shown := after.shownFor(want, r.After.Name)
		if !shown.Same(want.After) {
			return nil, fmt.Errorf("%w: %s", ErrUnproven, want.Name)
		}
		if !r.Changed && !r.Before.Same(shown) {
			return nil, fmt.Errorf("%w: the store says that it did not change %s", ErrUnproven, want.Name)
		}
		want.Before, want.After = r.Before.withExact(want.Before.Exact), shown
		proven = append(proven, Result{Change: want, Changed: r.Changed})
	}
	return proven, nil
}
