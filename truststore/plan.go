package truststore

import (
	"context"
	"errors"
	"fmt"
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

	waiting bool   // as Snapshot.Waiting says
	blocked error  // as Snapshot.Blocked says
	file    string // as Snapshot.File says
}

// Plan finds the stores and decides what each needs for the goal. It changes
// nothing. A goal that cannot be meant is [ErrGoal], one that is refused a
// [*RefusedError]; stores that cannot be read are in the plan, with their error.
func (m *Machine) Plan(ctx context.Context, goal Goal) (*Plan, error) {
	m, err := m.prepared()
	if err != nil {
		return nil, err
	}
	if err := goal.validate(m.host().Now()); err != nil {
		return nil, err
	}
	r, told := m.begin(goal)
	defer r.close()
	d, err := m.discover(ctx)
	if err != nil {
		return nil, err
	}
	plan := &Plan{Goal: goal, Created: m.host().Now().UTC(), Findings: append(d.findings, told...)}
	stores := inOrder(d.stores)
	d.stores = nil // nothing is to keep their content
	plan.Stores = make([]StorePlan, len(stores))
	each(len(stores), readsAtOnce, func(i int) StoreReport {
		plan.Stores[i], _ = r.plan(ctx, stores[i])
		stores[i] = nil
		return StoreReport{}
	}, func(StoreReport) {})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, p := range d.problems {
		plan.Stores = append(plan.Stores, StorePlan{Info: p.Info, Err: p})
	}
	return plan, nil
}

// readsAtOnce: to read a store writes none.
func readsAtOnce(int) bool { return false }

// plan reads a store, and plans it by what its receipts tell.
func (r *run) plan(ctx context.Context, store Store) (StorePlan, history) {
	past, told := r.history(store.Info())
	p, confirmed := r.planWith(ctx, store, past)
	p.Findings = append(told, p.Findings...)
	return p, confirmed
}

// planWith also returns what of the receipts the store confirms.
func (r *run) planWith(ctx context.Context, store Store, past history) (StorePlan, history) {
	p := StorePlan{Info: store.Info()}
	if err := ctx.Err(); err != nil {
		p.Err = storeError(p.Info, "read", err)
		return p, past
	}
	r.machine.working(p.Info.Path)
	snap, err := store.Read(ctx)
	if err == nil {
		err = snap.isOf(p.Info)
	}
	if err != nil {
		p.Err = storeError(p.Info, "read", err)
		return p, past
	}
	p.Info, p.waiting, p.blocked, p.file = snap.Info, snap.Waiting, snap.Blocked, snap.File
	confirmed := past.confirmed(snap)
	changes, findings := planStore(r.goal, snap, confirmed)
	p.Changes, p.Findings = changes, slices.Concat(snap.Findings, findings, past.openFindings(snap))
	if r.machine.noteInterceptors {
		p.Findings = append(p.Findings, installedInterceptors(snap)...)
	}
	if !slices.ContainsFunc(changes, Change.reliesOnStore) {
		p.Findings = asNotes(p.Findings)
	}
	return p, confirmed
}

// asNotes takes the weight from findings about a store that its programs do not
// look at, where nothing depends on it.
func asNotes(findings []Finding) []Finding {
	for i, f := range findings {
		if f.aboutReaders() {
			findings[i].Level = LevelNote
		}
	}
	return findings
}

// isOf returns an error for a snapshot that is none of a store: receipts and
// reports name the store as the snapshot does.
func (s *Snapshot) isOf(info Info) error {
	switch {
	case s == nil:
		return errors.New("the store gave no content and no error")
	case s.Info.Kind != info.Kind || s.Info.Path != info.Path:
		return fmt.Errorf("the store calls itself %s %s once it is read", s.Info.Kind, s.Info.Path)
	}
	return nil
}

// Needs reports whether carrying out the plan would write to a store. A nil plan
// needs nothing.
func (p *Plan) Needs() bool {
	return p != nil && slices.ContainsFunc(p.Stores, func(s StorePlan) bool { return slices.ContainsFunc(s.Changes, Change.Effective) })
}
