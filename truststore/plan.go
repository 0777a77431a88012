package truststore

import (
	"context"
	"slices"
	"time"
)

// Plan is what each store needs for a goal. It is data: it holds no open file
// and can be kept, shown and compared.
type Plan struct {
	Goal     Goal
	Created  time.Time
	Stores   []StorePlan
	Findings []Finding
}

// StorePlan is the part of a plan that concerns one store.
type StorePlan struct {
	Info     Info      `json:"store"`
	Changes  []Change  `json:"changes"`
	Findings []Finding `json:"findings,omitempty"`
	// Err is why the store is unknown: it could not be found or read.
	Err error `json:"-"`

	store Store // nil where Err is set
}

// needs reports whether any change would write.
func (p StorePlan) needs() bool { return len(effective(p.Changes)) > 0 }

// Plan finds the stores and decides what each needs for the goal. It changes
// nothing. A goal that is refused is a [*RefusedError]; stores that cannot be
// read are in the plan, with their error.
func (m *Machine) Plan(ctx context.Context, goal Goal) (*Plan, error) {
	if err := goal.check(m.host().Now()); err != nil {
		return nil, err
	}
	past, told, err := m.history(ctx)
	if err != nil {
		return nil, err
	}
	d, err := m.discover(ctx)
	if err != nil {
		return nil, err
	}
	plan := &Plan{Goal: goal, Created: m.host().Now().UTC(), Findings: append(d.findings, told...)}
	for _, store := range inOrder(d.stores) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		plan.Stores = append(plan.Stores, planOf(ctx, store, goal, past))
	}
	for _, p := range d.problems {
		plan.Stores = append(plan.Stores, StorePlan{Info: p.Info, Err: p})
	}
	return plan, nil
}

// planOf reads a store and plans it.
func planOf(ctx context.Context, store Store, goal Goal, past history) StorePlan {
	p := StorePlan{Info: store.Info(), store: store}
	snap, err := store.Read(ctx)
	if err != nil {
		p.Err = storeError(p.Info, "read", err)
		return p
	}
	p.Info = snap.Info
	changes, findings := planStore(goal, snap, past)
	p.Changes, p.Findings = changes, append(snap.Findings, findings...)
	return p
}

// inOrder puts the stores that feed others first: a distribution's hook writes
// Java's store when the system's changes.
func inOrder(stores []Store) []Store {
	out := slices.Clone(stores)
	slices.SortStableFunc(out, func(a, b Store) int {
		return slices.Index(Kinds(), a.Info().Kind) - slices.Index(Kinds(), b.Info().Kind)
	})
	return out
}

// Needs reports whether carrying out the plan would write anything.
func (p *Plan) Needs() bool { return slices.ContainsFunc(p.Stores, StorePlan.needs) }
