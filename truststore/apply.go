package truststore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// Apply carries out a plan. It decides nothing new: each store is planned once
// more from its present content; the same or fewer changes are made, more is
// [ErrStale]. Every change has a receipt before it is made and is read back
// after. One store that fails keeps no other from being served; independent
// stores are worked on at the same time.
//
// The report is never nil; the error is its Err. A nil plan is
// [ErrPlanRefused].
func (m *Machine) Apply(ctx context.Context, plan *Plan) (*Report, error) {
	return m.applyAs(ctx, "apply", plan)
}

func (m *Machine) applyAs(ctx context.Context, command string, plan *Plan) (*Report, error) {
	m, err := m.prepared()
	if err == nil && plan == nil {
		plan, err = &Plan{}, fmt.Errorf("%w: there is none", ErrPlanRefused)
	}
	if err == nil && len(plan.Stores) == 0 && len(plan.Findings) == 0 {
		err = fmt.Errorf("%w: it says nothing of any store", ErrPlanRefused)
	}
	if err == nil {
		err = plan.Goal.validate(m.host().Now())
	}
	report := m.newReport(command, plan.goal())
	if err != nil {
		return report.fail(ctx, err)
	}
	r, told := m.begin(plan.Goal)
	defer r.close()
	// Damaged receipts may be others than when the plan was made.
	report.Findings = append(withoutReceipts(plan.Findings), told...)
	each(len(plan.Stores), func(i int) bool { return backendOf(plan.Stores[i].Info.Kind).feeds }, func(i int) StoreReport {
		planned := plan.Stores[i]
		if planned.Err != nil {
			return planned.unchanged()
		}
		store, err := m.open(planned.Info)
		if err != nil {
			return failed(planned, err)
		}
		return r.serve(ctx, store, &planned)
	}, func(s StoreReport) { report.add(m, s) })
	return r.finish(ctx, report)
}

func (p *Plan) goal() Goal {
	if p == nil {
		return Goal{}
	}
	return p.Goal
}

func withoutReceipts(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool {
		return f.Code == CodeReceiptDamaged || f.Code == CodeReceiptNewer || f.Code == CodeLedgerUnreadable || f.Code == CodeLearnt
	})
}

// serve makes a store meet the goal, as far as it was planned where it was. A
// store in which nothing is to be written is read once, without a lock.
func (r *run) serve(ctx context.Context, store Store, planned *StorePlan) StoreReport {
	now, past := r.plan(ctx, store)
	if now.Err != nil {
		return now.unchanged()
	}
	if err := planned.permits(now); err != nil {
		return failed(now, err)
	}
	if !r.writes(now, past) && !(now.waiting && mends(store)) {
		return now.unchanged()
	}
	account, err := r.account(ctx, now.Info.Kind, pathsOf(now.Info))
	if err != nil {
		return failed(now, err)
	}
	defer account.Close()
	w := &work{run: r, store: store, info: now.Info, account: account}
	told, _ := w.settle(ctx) // what stays open is told, and hinders no change
	settled := append(damagedReceipts(account.Damaged()), told...)
	undone, due := w.completeDue(ctx)
	out := w.apply(ctx, planned)
	out.Changes = append(undone, out.Changes...)
	out.Findings = slices.Concat(settled, due, out.Findings)
	return out
}

// writes reports whether anything is to be written: to the store, or to its
// receipts.
func (r *run) writes(p StorePlan, past history) bool {
	return len(applicable(p.Changes)) > 0 || len(claims(p.Changes, past)) > 0 ||
		slices.ContainsFunc(p.Findings, func(f Finding) bool { return f.Code == CodeUndoDue || f.Code == CodeReceiptOpen })
}

// permits returns ErrStale if a store needs more than was planned. What was not
// planned beforehand may need anything.
func (p *StorePlan) permits(now StorePlan) error {
	if p == nil {
		return nil
	}
	for _, c := range applicable(now.Changes) {
		if !slices.ContainsFunc(p.Changes, func(planned Change) bool { return planned.covers(c) }) {
			return fmt.Errorf("%w: %s", ErrStale, c.Name)
		}
	}
	return nil
}

// work is a run's work on one store, whose receipts are locked.
type work struct {
	*run
	store   Store
	info    Info
	account *ledger.Account
	tidied  bool // nothing of ours is left beside the store
	emptied bool // a change took the last that is ours from a store that we made
	edited  replaced
}

func (w *work) past() history { return w.historyIn(w.account) }

// apply plans the store once more, now that nobody else changes its receipts,
// and makes the changes.
func (w *work) apply(ctx context.Context, planned *StorePlan) StoreReport {
	now, past := w.planWith(ctx, w.store, w.past())
	if now.Err != nil {
		return now.unchanged()
	}
	if err := planned.permits(now); err != nil {
		return failed(now, err)
	}
	w.info = now.Info
	if err := w.claim(claims(now.Changes, past)); err != nil {
		return failed(now, err)
	}
	todo := applicable(now.Changes)
	if len(todo) == 0 && now.waiting {
		return w.mendPlanned(ctx, now)
	}
	if len(todo) == 0 {
		return now.unchanged()
	}
	results, err := w.change(ctx, todo, now.file)
	if err != nil {
		return failed(now, err, results...)
	}
	told := append(consequences(now.Info, now.Findings, results), w.becameOfMade(ctx)...)
	if len(now.Findings) > 0 || mends(w.store) {
		// What was found beforehand may be what was just mended, and what was
		// changed may wait for another program.
		if after, _ := w.planWith(ctx, w.store, w.past()); after.Err == nil {
			now.Findings = after.Findings
		}
	}
	return changed(now, results, told)
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

func failed(p StorePlan, err error, results ...Result) StoreReport {
	s := changed(p, results, nil)
	s.Status = StatusFailed
	s.Err = storeError(p.Info, "apply", err)
	return s
}

// changed reports a store after its changes were made.
func changed(p StorePlan, results []Result, told []Finding) StoreReport {
	s := p.unchanged()
	s.Findings = append(s.Findings, told...)
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

// consequences tells for whom changes do not count as they do for others: for a
// running program (a browser sees an added CA at once, but remembers one that it
// has used), and under other names of the file, as was found before.
func consequences(info Info, before []Finding, results []Result) (told []Finding) {
	if !slices.ContainsFunc(results, func(r Result) bool { return r.Changed }) {
		return nil
	}
	if info.Running && slices.ContainsFunc(results, func(r Result) bool { return r.Changed && r.Action != Add }) {
		told = append(told, finding(CodeRestart, "program", info.Label))
	}
	for _, f := range before {
		if f.Code == CodeHardLinked {
			told = append(told, f)
		}
	}
	return told
}

// change writes the intents, changes the store, proves that and writes what
// came of it.
func (w *work) change(ctx context.Context, todo []Change, file string) ([]Result, error) {
	receipts := make([]ledger.Receipt, len(todo))
	for i, c := range todo {
		receipts[i] = w.receipt(c)
	}
	if err := w.account.Write(receipts); err != nil {
		return nil, errors.Join(err, w.account.Write(nil, idsOf(receipts)...))
	}
	results, after, err := makeChanges(ctx, w.store, todo)
	if err != nil {
		// Whatever the error says, the store itself knows what was done.
		if !stillRunning(err) {
			told, settleErr := w.settleIn(context.WithoutCancel(ctx), []Store{w.store}, receipts, true)
			results, err = becameOf(todo, told), errors.Join(err, settleErr)
		}
		return results, err
	}
	past := w.past().confirmedBefore(after, receipts)
	var o outcome
	for i, res := range results {
		o.record(receipts[i], res, past)
	}
	made := anyMadeFile(w.open(nil), file)
	w.edited = replaced{file, after.File}
	if err := errors.Join(after.lost, w.conclude(o)); err != nil || len(w.open(nil)) > 0 || w.account.Incomplete() {
		return results, err
	}
	// What was removed was the last that was ours.
	w.emptied = made
	return results, settled(context.WithoutCancel(ctx), w.store, made)
}

// becameOf are the results of changes whose call failed, by what was found of their
// receipts.
func becameOf(changes []Change, told []Finding) []Result {
	var out []Result
	for _, c := range changes {
		made := slices.ContainsFunc(told, func(f Finding) bool {
			return f.Args["sha256"] == c.SHA256.String() && slices.Contains([]string{settledDone, settledUndone}, f.Args["outcome"])
		})
		out = append(out, Result{Change: c, Changed: made})
	}
	return out
}

// stillRunning reports whether what was to change a store may be at it yet, so
// that nothing can be said of it.
func stillRunning(err error) bool { return errors.Is(err, host.ErrStillRunning) }

// receipt is the intent of a change.
func (w *work) receipt(c Change) ledger.Receipt {
	now := w.machine.host().Now()
	receipt := ledger.Receipt{
		ID: w.ledger.NewID(now), Run: w.id, State: ledger.Intent, Time: now.UTC(),
		Owner: w.machine.owner(), Catalogue: w.goal.Catalogue, Goal: w.goal.Name,
		Store: w.machine.storeRef(w.info), SHA256: c.SHA256.String(), DER: c.DER,
		Action: receiptActions[c.Action], Name: c.After.Name,
		Before: receiptEntry(c.Before), After: receiptEntry(c.After), Accepted: w.goal.accepted(),
		Learnt: w.goal.learnt(c.SHA256),
	}
	if w.info.Missing {
		markMissing(&receipt.Before)
	}
	if c.Reason == CodeRetired {
		receipt.After.Detail = map[string]string{detailReason: string(CodeRetired)}
	}
	return receipt
}

var receiptActions = map[Action]ledger.Action{Add: ledger.Add, ChangeTrust: ledger.Trust, Remove: ledger.Remove}

func idsOf(receipts []ledger.Receipt) []string {
	ids := make([]string, len(receipts))
	for i, r := range receipts {
		ids[i] = r.ID
	}
	return ids
}
