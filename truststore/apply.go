package truststore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// Apply carries out a plan. It decides nothing new: each store is planned once
// more from its present content; the same or fewer changes are made, more is
// [ErrStale]. Every change has a receipt before it is made and is read back
// after. One store that fails keeps no other from being served.
//
// The report is never nil; the error is its Err.
func (m *Machine) Apply(ctx context.Context, plan *Plan) (*Report, error) {
	return m.apply(ctx, plan, false)
}

// apply is Apply. A fresh plan was made by this very call: where it has nothing
// to write, the stores need no second look.
func (m *Machine) apply(ctx context.Context, plan *Plan, fresh bool) (*Report, error) {
	report := m.newReport("apply", plan.Goal)
	report.Findings = plan.Findings
	past, _, err := m.history(ctx)
	if err != nil {
		return report.fail(ctx, err)
	}
	if !plan.writes(past) {
		for _, p := range plan.Stores {
			report.add(m, m.keep(ctx, p, plan.Goal, past, fresh))
		}
		return report.finish(ctx)
	}
	l, err := m.openLedger(ctx, ledger.Options{Create: true})
	if err != nil {
		return report.fail(ctx, err)
	}
	defer l.Close()
	run := &run{machine: m, ledger: l, goal: plan.Goal, id: newRun(m.host().Now())}
	report.Run = run.id
	// The ledger, now that it is locked, tells of damaged receipts itself.
	report.Findings = slices.DeleteFunc(slices.Clone(report.Findings), func(f Finding) bool { return f.Code == CodeReceiptDamaged })
	report.Findings = append(report.Findings, run.settle(ctx)...)
	for _, p := range plan.Stores {
		report.add(m, run.apply(ctx, p))
	}
	return report.finish(ctx)
}

// writes reports whether anything is to be written: to a store, or to the
// ledger.
func (p *Plan) writes(past history) bool {
	if past.unsettled() {
		return true
	}
	return slices.ContainsFunc(p.Stores, func(s StorePlan) bool {
		return len(makeable(s.Changes)) > 0 || len(claims(s.Info, s.Changes, past)) > 0
	})
}

// makeable returns the changes that would write and can be made.
func makeable(changes []Change) []Change {
	return slices.DeleteFunc(effective(changes), func(c Change) bool { return c.Blocked != "" })
}

// unchanged reports a store that is left as it is.
func (p StorePlan) unchanged() StoreReport {
	s := StoreReport{Info: p.Info, Findings: p.Findings, Status: StatusOK, Err: p.Err}
	for _, c := range p.Changes {
		s.Changes = append(s.Changes, Result{Change: c})
		switch {
		case c.Blocked != "":
			s.Status = StatusBlocked
		case c.Effective() && s.Status == StatusOK:
			s.Status = StatusDiffers
		}
	}
	if p.Err != nil {
		s.Status = StatusUnknown
	}
	return s
}

// run is one Apply or Undo at work, holding the ledger.
type run struct {
	machine *Machine
	ledger  *ledger.Ledger
	goal    Goal
	id      string
}

func newRun(now time.Time) string {
	return now.UTC().Format("20060102T150405Z") + "-" + rand.Text()[:6]
}

// apply serves one store of the plan.
func (r *run) apply(ctx context.Context, planned StorePlan) StoreReport {
	if planned.Err != nil || ctx.Err() != nil {
		return planned.unchanged()
	}
	past, _ := r.machine.past(r.ledger)
	now, err := r.machine.again(ctx, planned, r.goal, past)
	if err != nil {
		return failed(now, err)
	}
	if now.Err != nil {
		return now.unchanged()
	}
	store, todo := now.store, makeable(now.Changes)
	if err := r.claim(claims(now.Info, now.Changes, past)); err != nil {
		return failed(now, err)
	}
	if len(todo) == 0 {
		return now.unchanged()
	}
	results, err := r.change(ctx, store, now.Info, todo, past)
	if err != nil {
		return failed(now, err, results...)
	}
	if len(now.Findings) > 0 {
		// What was found beforehand may be what was just mended.
		if after := planOf(ctx, store, r.goal, past); after.Err == nil {
			now.Findings = after.Findings
		}
	}
	return changed(now, results)
}

// keep reports a store in which nothing is to be written, and which is looked
// at again unless the plan is fresh.
func (m *Machine) keep(ctx context.Context, planned StorePlan, goal Goal, past history, fresh bool) StoreReport {
	if fresh || planned.Err != nil {
		return planned.unchanged()
	}
	now, err := m.again(ctx, planned, goal, past)
	if err != nil {
		return failed(now, err)
	}
	return now.unchanged()
}

// again plans a store once more. What needs more than was planned is ErrStale.
func (m *Machine) again(ctx context.Context, planned StorePlan, goal Goal, past history) (StorePlan, error) {
	store, err := m.storeOf(planned)
	if err != nil {
		return planned, err
	}
	now := planOf(ctx, store, goal, past)
	for _, c := range makeable(now.Changes) {
		if !slices.ContainsFunc(planned.Changes, func(p Change) bool { return p.covers(c) }) {
			return now, fmt.Errorf("%w: %s", ErrStale, c.Name)
		}
	}
	return now, nil
}

func (m *Machine) storeOf(p StorePlan) (Store, error) {
	if p.store != nil {
		return p.store, nil
	}
	return m.refStore(storeRef(p.Info))
}

func failed(p StorePlan, err error, results ...Result) StoreReport {
	s := StoreReport{Info: p.Info, Status: StatusFailed, Findings: p.Findings, Changes: results}
	if results == nil {
		s = p.unchanged()
		s.Status = StatusFailed
	}
	s.Err = storeError(p.Info, "apply", err)
	return s
}

// changed reports a store after its changes were made.
func changed(p StorePlan, results []Result) StoreReport {
	s := p.unchanged()
	s.Findings = append(s.Findings, restarts(p.Info, results)...)
	if s.Status == StatusDiffers {
		s.Status = StatusOK
	}
	for _, r := range results {
		i := slices.IndexFunc(s.Changes, func(c Result) bool {
			return c.SHA256 == r.SHA256 && c.Action == r.Action && !c.Changed
		})
		if i < 0 {
			continue
		}
		s.Changes[i] = r
		if r.Changed && s.Status == StatusOK {
			s.Status = StatusChanged
		}
	}
	return s
}

// restarts tells of a running program that goes on trusting as before: a
// browser sees an added CA at once, but remembers one that it has used.
func restarts(info Info, results []Result) []Finding {
	for _, r := range results {
		if info.Running && r.Changed && r.Action != Add {
			return []Finding{finding(CodeRestart, "program", info.Label)}
		}
	}
	return nil
}

// change writes the intents, changes the store and writes what came of it.
func (r *run) change(ctx context.Context, store Store, info Info, todo []Change, past history) ([]Result, error) {
	receipts := make([]ledger.Receipt, len(todo))
	for i, c := range todo {
		receipts[i] = r.receipt(info, c)
	}
	if err := r.ledger.Put(receipts...); err != nil {
		return nil, errors.Join(err, r.forget(receipts))
	}
	results, err := store.Apply(ctx, todo)
	if err == nil && len(results) != len(todo) {
		err = fmt.Errorf("%w: %d results of %d changes", errUnproven, len(results), len(todo))
		results = nil
	}
	if err != nil {
		// Whatever the error says, the store itself knows what was done.
		_, settleErr := r.settleStore(context.WithoutCancel(ctx), store, receipts)
		return results, errors.Join(err, settleErr)
	}
	var o outcome
	for i, res := range results {
		o.record(receipts[i], res, past)
	}
	return results, r.write(o)
}

// receipt is the intent of a change.
func (r *run) receipt(info Info, c Change) ledger.Receipt {
	now := r.machine.host().Now()
	receipt := ledger.Receipt{
		ID: r.ledger.NewID(now), Run: r.id, State: ledger.Intent, Time: now.UTC(),
		Owner: r.machine.owner(), Catalogue: r.goal.Catalogue, Goal: r.goal.Name,
		Store: storeRef(info), SHA256: c.SHA256.String(), DER: c.DER,
		Action: receiptActions[c.Action], Name: c.After.Name,
		Before: receiptEntry(c.Before), After: receiptEntry(c.After), Accepted: r.goal.accepted(),
	}
	if info.Missing {
		markMissing(&receipt.Before)
	}
	if c.Reason == CodeRetired {
		receipt.After.Detail = map[string]string{"reason": string(CodeRetired)}
	}
	return receipt
}

var receiptActions = map[Action]ledger.Action{Add: ledger.Add, Retrust: ledger.Trust, Remove: ledger.Remove}

// outcome is what the ledger holds of changes that were made.
type outcome struct {
	kept, closed []ledger.Receipt
}

func (r *run) write(o outcome) error {
	var err error
	if len(o.kept) > 0 {
		err = r.ledger.Put(o.kept...)
	}
	return errors.Join(err, r.forget(o.closed))
}

// record turns the intent of a change into what is left of it.
func (o *outcome) record(receipt ledger.Receipt, res Result, past history) {
	if !res.Changed {
		o.closed = append(o.closed, receipt)
		return
	}
	made := madeStore(receipt)
	receipt.State, receipt.Name = ledger.Done, res.After.Name
	receipt.Before = receiptEntry(res.Before)
	if made {
		markMissing(&receipt.Before)
	}
	if res.Action == Remove {
		o.removed(receipt, past)
		return
	}
	receipt.After = receiptEntry(res.After)
	o.kept = append(o.kept, receipt)
}

// removed closes the receipts of what is gone now. What others had there
// before us is worth a receipt; what was ours alone is not. A retired
// certificate leaves a mark, so that an older catalogue does not add it again.
func (o *outcome) removed(receipt ledger.Receipt, past history) {
	var chain []ledger.Receipt
	for _, earlier := range past.about(receipt) {
		if earlier.ID != receipt.ID && leftEntry(earlier, receipt.Before.Name) && buildsOn(receipt, earlier) {
			chain = append(chain, earlier)
		}
	}
	o.closed = append(o.closed, chain...)
	if len(chain) > 0 {
		receipt.Before = chain[0].Before
	}
	receipt.State = ledger.Done
	switch {
	case receipt.After.Detail["reason"] == string(CodeRetired):
		receipt.State = ledger.Retired
		o.kept = append(o.kept, receipt)
	case receipt.Before.Present:
		o.kept = append(o.kept, receipt)
	default:
		o.closed = append(o.closed, receipt)
	}
}

// leftEntry reports whether a receipt's change left the entry of that name, as
// far as it names one of several.
func leftEntry(r ledger.Receipt, name string) bool {
	return r.After.Name == "" || name == "" || r.After.Name == name || !infoOf(r.Store).repeats()
}

func infoOf(ref ledger.StoreRef) Info { return Info{Kind: Kind(ref.Kind), Path: ref.Path} }

// forget deletes receipts; one that is gone already is no error.
func (r *run) forget(receipts []ledger.Receipt) error {
	if len(receipts) == 0 {
		return nil
	}
	ids := make([]string, len(receipts))
	for i, receipt := range receipts {
		ids[i] = receipt.ID
	}
	return r.ledger.Delete(ids...)
}

// claim is a certificate that this owner wants and another one added.
type claim struct {
	info   Info
	change Change
}

// claims lists the certificates that are as wanted because of other owners'
// changes, and that this owner has not claimed yet.
func claims(info Info, changes []Change, past history) []claim {
	var out []claim
	for _, c := range changes {
		if c.Action != Keep || c.Reason == CodeNotHere {
			continue
		}
		chain := past.of(info, c.SHA256)
		mine := func(r ledger.Receipt) bool { return r.Owner == past.owner }
		if len(chain) > 0 && !slices.ContainsFunc(chain, mine) {
			out = append(out, claim{info, c})
		}
	}
	return out
}

// claim writes a receipt that changes nothing but keeps the certificate when
// the owner who added it undoes that.
func (r *run) claim(claims []claim) error {
	for _, c := range claims {
		receipt := r.receipt(c.info, c.change)
		receipt.State, receipt.Action = ledger.Done, ledger.Trust
		receipt.Before, receipt.After = receiptEntry(c.change.Before), receiptEntry(c.change.Before)
		if err := r.ledger.Put(receipt); err != nil {
			return err
		}
	}
	return nil
}
