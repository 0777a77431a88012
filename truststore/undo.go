package truststore

import (
	"context"
	"fmt"
	"slices"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// UndoOptions narrow what Undo takes back. The zero value means everything that
// this owner did in the stores that the Machine means.
type UndoOptions struct {
	Last   bool          // the latest run alone, of those that changed stores which the Machine means
	Runs   []string      // the runs of these names alone: [Report.Run], which is "" where nothing is to be undone
	Stores []Selector    // these stores alone, by kind or path
	Certs  []Fingerprint // these certificates alone
	// Forget ends the receipts that are selected without touching a store:
	// for stores that will never be seen again.
	Forget bool
}

// validate returns ErrOptions if the options cannot be meant.
func (o UndoOptions) validate() error {
	switch {
	case o.Last && len(o.Runs) > 0:
		return fmt.Errorf("%w: Last and Runs exclude each other", ErrOptions)
	case o.Forget && len(o.Stores) == 0 && len(o.Runs) == 0:
		return fmt.Errorf("%w: what is to be forgotten needs a store or a run to be named", ErrOptions)
	}
	return nil
}

// Undo takes back what this owner changed, newest first, by the inverse edit: in
// every store, found now or not, that the Machine's Select and Scope do not leave out.
// A certificate that another owner claims stays until that one undoes, too.
// Trust that others changed since is left alone and reported. The receipts of a
// store that is gone, or out of reach, stay: what was asked for is done as soon
// as a run that may write sees the store again.
//
// A run that no receipt of this owner names, "" among them, is [ErrNoRun]; a place that does
// not exist and that no receipt names is [fs.ErrNotExist].
//
// The report is never nil; the error is its Err.
func (m *Machine) Undo(ctx context.Context, opt UndoOptions) (*Report, error) {
	m, err := m.prepared()
	report := m.newReport("undo", Goal{})
	if err == nil {
		err = opt.validate()
	}
	if err != nil {
		return report.fail(ctx, err)
	}
	r, told := m.begin(Goal{})
	defer r.close()
	if r.ledger == nil {
		return report.fail(ctx, r.noLedger)
	}
	groups, more, err := r.undoable(ctx, opt)
	if err != nil {
		return report.fail(ctx, err)
	}
	report.Findings = asErrors(append(told, more...))
	feeds := func(i int) bool { return backendOf(Kind(groups[i][0].Store.Kind)).feeds }
	each(len(groups), feeds, func(i int) StoreReport { return r.undoStore(ctx, groups[i], opt.Forget) }, func(s StoreReport) { report.add(m, s) })
	for _, s := range m.leftovers(ctx, opt) {
		if !slices.ContainsFunc(report.Stores, func(o StoreReport) bool { return o.Info.same(s.Info) }) {
			report.add(m, s)
		}
	}
	return report.finish(ctx)
}

// asErrors gives the findings about receipts that cannot be read the weight
// that they have for an undo: what they record stays changed.
func asErrors(findings []Finding) []Finding {
	for i, f := range findings {
		if f.Code == CodeReceiptDamaged || f.Code == CodeReceiptNewer {
			findings[i].Level = LevelError
		}
	}
	return findings
}

// stillOpen reports whether it is not known what became of a selected change:
// it may be in the store.
func (w *work) stillOpen(selected []ledger.Receipt) bool {
	ids := idsOf(selected)
	return slices.ContainsFunc(w.account.Receipts(), func(r ledger.Receipt) bool {
		return interrupted(r) && slices.Contains(ids, r.ID)
	})
}

// undoStore takes back the selected receipts of one store.
func (r *run) undoStore(ctx context.Context, selected []ledger.Receipt, forget bool) StoreReport {
	ref := selected[0].Store
	out := StoreReport{Info: r.machine.infoOf(ref), Status: StatusOK}
	fail := func(status Status, err error) StoreReport {
		out.Status, out.Err = status, storeError(out.Info, "undo", err)
		return out
	}
	if err := ctx.Err(); err != nil {
		return fail(StatusUnknown, err)
	}
	account, err := r.account(ctx, Kind(ref.Kind), ref.Paths())
	if err != nil {
		return fail(StatusFailed, err)
	}
	defer account.Close()
	w := &work{run: r, info: out.Info, account: account}
	if forget {
		out.Findings = append(out.Findings, finding(CodeUndoForgotten, "path", ref.Path))
		if err := account.Write(nil, idsOf(selected)...); err != nil {
			return fail(StatusFailed, err)
		}
		return out
	}
	var open error
	out.Findings, open = w.settle(ctx)
	found := r.machine.locate(ctx, ref)
	w.undoIn(ctx, found, idsOf(selected), &out)
	if out.Err == nil && open != nil && w.stillOpen(selected) {
		return fail(StatusFailed, open)
	}
	return out
}
