package truststore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// UndoOptions narrow what Undo takes back. The zero value means everything
// that this owner did in this scope.
type UndoOptions struct {
	Last   bool          // the latest run alone
	Run    string        // the run of that name alone
	Stores []Selector    // these stores alone, by kind or path
	Certs  []Fingerprint // these certificates alone
}

// Undo takes back what this owner changed, newest first, by the inverse edit.
// A certificate that another owner claims stays until that one undoes, too.
// Trust that others changed since is left alone and reported; a store that is
// gone closes its receipts.
//
// The report is never nil; the error is its Err.
func (m *Machine) Undo(ctx context.Context, opt UndoOptions) (*Report, error) {
	report := m.newReport("undo", Goal{})
	if m.homeless() {
		_, err := m.openLedger(ctx, ledger.Options{ReadOnly: true})
		return report.fail(ctx, err)
	}
	past, told, err := m.history(ctx)
	if err != nil {
		return report.fail(ctx, err)
	}
	if len(past.receipts) == 0 {
		report.Findings = told
		return report.finish(ctx)
	}
	l, err := m.openLedger(ctx, ledger.Options{Create: true})
	if err != nil {
		return report.fail(ctx, err)
	}
	defer l.Close()
	run := &run{machine: m, ledger: l, id: newRun(m.host().Now())}
	report.Run = run.id
	report.Findings = run.settle(ctx)
	past, _ = m.past(l)
	keep := past.undoable(opt, m.meant(ctx, opt.Stores))
	for _, group := range byStore(past.receipts, keep) {
		if ctx.Err() != nil {
			break
		}
		report.add(m, run.undoStore(ctx, group))
	}
	return report.finish(ctx)
}

// undoable selects receipts by the options; meant tells which stores they name.
func (h history) undoable(opt UndoOptions, meant func(ledger.StoreRef) bool) func(ledger.Receipt) bool {
	if opt.Last {
		for _, r := range h.receipts {
			if r.Owner == h.owner && r.State == ledger.Done {
				opt.Run = r.Run
			}
		}
	}
	return func(r ledger.Receipt) bool {
		return r.Owner == h.owner && r.State == ledger.Done &&
			(opt.Run == "" || r.Run == opt.Run) && meant(r.Store) &&
			(len(opt.Certs) == 0 || slices.ContainsFunc(opt.Certs, func(c Fingerprint) bool { return c.String() == r.SHA256 }))
	}
}

// meant reports which stores of receipts the selectors name: by kind, by the
// path in the receipt, which may be all that is left of the store, or by what
// is found at the place now.
func (m *Machine) meant(ctx context.Context, selectors []Selector) func(ledger.StoreRef) bool {
	var found []ledger.StoreRef
	for _, s := range selectors {
		if s.place() == "" {
			continue
		}
		// A place where nothing is found is looked for in the receipts alone.
		d, _ := m.at(ctx, s)
		for _, store := range d.stores {
			found = append(found, storeRef(store.Info()))
		}
	}
	return func(ref ledger.StoreRef) bool {
		return len(selectors) == 0 || slices.ContainsFunc(found, ref.Same) ||
			slices.ContainsFunc(selectors, func(s Selector) bool { return s.names(ref) })
	}
}

// names reports whether the selector itself means the store of a receipt.
func (s Selector) names(ref ledger.StoreRef) bool {
	return (s.Kind == "" || string(s.Kind) == ref.Kind) && s.place() == s.Path && (s.Path == "" || s.Path == ref.Path)
}

// undoStore takes back the selected receipts of one store, newest first.
func (r *run) undoStore(ctx context.Context, selected []ledger.Receipt) StoreReport {
	info := Info{Kind: Kind(selected[0].Store.Kind), Path: selected[0].Store.Path, Scope: Scope(selected[0].Store.Scope)}
	out := StoreReport{Info: info, Status: StatusOK}
	store, err := r.machine.refStore(selected[0].Store)
	if err != nil {
		out.Status, out.Err = StatusFailed, storeError(info, "undo", err)
		return out
	}
	out.Info = store.Info()
	made := slices.ContainsFunc(selected, madeStore)
	for len(selected) > 0 && out.Err == nil {
		var layer []ledger.Receipt
		layer, selected = topLayer(selected)
		out.Err = storeError(out.Info, "undo", r.undoLayer(ctx, store, layer, &out))
	}
	if out.Err == nil {
		out.Err = storeError(out.Info, "tidy", r.tidy(ctx, store, made, nil))
	}
	if out.Err != nil && out.Status != StatusUnknown {
		out.Status = StatusFailed
	}
	return out
}

// buildsOn reports whether a later change may have found what an earlier one of
// the same store left: both are about the same certificate, and do not remove
// different entries of it.
func buildsOn(later, earlier ledger.Receipt) bool {
	removals := !later.After.Present && !earlier.After.Present && infoOf(later.Store).repeats()
	return later.SHA256 == earlier.SHA256 && !(removals && later.Before.Name != earlier.Before.Name)
}

// topLayer splits off the newest receipt of each certificate.
func topLayer(receipts []ledger.Receipt) (top, rest []ledger.Receipt) {
	for _, receipt := range slices.Backward(receipts) {
		if slices.ContainsFunc(top, func(later ledger.Receipt) bool { return buildsOn(later, receipt) }) {
			rest = append(rest, receipt)
			continue
		}
		top = append(top, receipt)
	}
	slices.Reverse(rest)
	return top, rest
}

// undoLayer takes back receipts of different certificates in one edit.
func (r *run) undoLayer(ctx context.Context, store Store, layer []ledger.Receipt, out *StoreReport) error {
	snap, err := store.Read(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		out.Findings = append(out.Findings, finding(CodeStoreVanished, "path", out.Info.Path))
		return r.forget(layer)
	}
	if err != nil {
		out.Status = StatusUnknown
		return err
	}
	out.Info = snap.Info
	var receipts []ledger.Receipt
	var changes []Change
	for _, receipt := range layer {
		change, err := r.inverse(snap, receipt, out)
		if err != nil {
			return err
		}
		if change != nil && snap.TrustBlocked != nil && change.writesTrust() {
			change.Blocked = codeOf(snap.TrustBlocked)
			out.Changes, out.Status = append(out.Changes, Result{Change: *change}), StatusBlocked
			continue
		}
		if change != nil {
			receipts, changes = append(receipts, receipt), append(changes, *change)
		}
	}
	return r.takeBack(ctx, store, snap, receipts, changes, out)
}

// inverse decides what undoing one receipt takes: an edit, or nothing but
// closing the receipt, which it then does.
func (r *run) inverse(snap *Snapshot, receipt ledger.Receipt, out *StoreReport) (*Change, error) {
	past, _ := r.machine.past(r.ledger)
	id, err := parseFingerprint(receipt.SHA256)
	if err != nil {
		return nil, err
	}
	before, after := receiptTrust(receipt.Before), receiptTrust(receipt.After)
	if next, ok := past.next(receipt, id); ok {
		out.Findings = append(out.Findings, finding(CodeClaimLeft, "path", out.Info.Path, "sha256", receipt.SHA256, "owner", next.Owner))
		return nil, r.absorb(receipt, next)
	}
	if before.same(after) {
		return nil, r.ledger.Delete(receipt.ID)
	}
	name, there := after.Name, snap.Trust(id).Present
	if !after.Present && snap.Info.repeats() { // the very entry is to come back
		name, there = before.Name, before.Present
	}
	now := snap.left(id, name, receipt.DER)
	ghost := snap.ghostTrust(receipt.DER)
	switch {
	case !before.Present && !now.Present && ghost.vouches():
		// Somebody deleted the certificate, and its trust stayed behind.
		return inverseChange(receipt, id, ghost, before), nil
	case now.same(before) && there == before.Present:
		out.Findings = append(out.Findings, finding(CodeEntryGone, "path", out.Info.Path, "sha256", receipt.SHA256))
		return nil, r.ledger.Delete(receipt.ID)
	case !now.same(after):
		c := inverseChange(receipt, id, snap.Trust(id), before)
		c.Blocked = CodeTrustLeft
		out.Changes = append(out.Changes, Result{Change: *c})
		out.Status = StatusBlocked
		return nil, nil
	}
	return inverseChange(receipt, id, after, before), nil
}

func inverseChange(receipt ledger.Receipt, id Fingerprint, from, to Trust) *Change {
	c := &Change{
		Action: Retrust, SHA256: id, Name: commonName(receipt.DER), DER: receipt.DER,
		Before: from, After: to, Reason: CodePresent,
	}
	switch {
	case !to.Present:
		c.Action, c.Reason = Remove, CodeUnwanted
	case !from.Present:
		c.Action, c.Reason, c.restore = Add, CodeAbsent, infoOf(receipt.Store).repeats()
	}
	return c
}

// next returns the receipt of another run or owner that was built on this one.
func (h history) next(receipt ledger.Receipt, id Fingerprint) (ledger.Receipt, bool) {
	chain := h.of(infoOf(receipt.Store), id)
	i := slices.IndexFunc(chain, func(r ledger.Receipt) bool { return r.ID == receipt.ID })
	for _, later := range chain[i+1:] {
		if i >= 0 && buildsOn(later, receipt) {
			return later, true
		}
	}
	return ledger.Receipt{}, false
}

// absorb closes a receipt by letting the one built on it take over what was
// there before both.
func (r *run) absorb(receipt, next ledger.Receipt) error {
	next.Before = receipt.Before
	if err := r.ledger.Put(next); err != nil {
		return err
	}
	return r.ledger.Delete(receipt.ID)
}

// takeBack makes the inverse edits of receipts.
func (r *run) takeBack(ctx context.Context, store Store, snap *Snapshot, receipts []ledger.Receipt, changes []Change, out *StoreReport) error {
	if len(changes) == 0 {
		return nil
	}
	if snap.Blocked != nil {
		return snap.Blocked
	}
	undoing := slices.Clone(receipts)
	for i := range undoing {
		undoing[i].State = ledger.Undoing
	}
	if err := r.ledger.Put(undoing...); err != nil {
		return err
	}
	results, err := store.Apply(ctx, changes)
	if err != nil {
		_, settleErr := r.settleStore(context.WithoutCancel(ctx), store, undoing)
		return errors.Join(err, settleErr)
	}
	out.Changes = append(out.Changes, results...)
	out.Findings = append(out.Findings, restarts(snap.Info, results)...)
	if out.Status == StatusOK {
		out.Status = StatusChanged
	}
	// The receipts go last: while there is one, an interrupted run is settled.
	return errors.Join(r.tidy(ctx, store, slices.ContainsFunc(receipts, madeStore), receipts), r.forget(receipts))
}

// tidy tells a store that nothing of ours is left in it but the changes of the
// given receipts, which are undone.
func (r *run) tidy(ctx context.Context, store Store, made bool, closing []ledger.Receipt) error {
	past, _ := r.machine.past(r.ledger)
	left := slices.ContainsFunc(past.receipts, func(rec ledger.Receipt) bool {
		return rec.State != ledger.Retired && concerns(rec, store.Info()) &&
			!slices.ContainsFunc(closing, func(c ledger.Receipt) bool { return c.ID == rec.ID })
	})
	s, ok := store.(settler)
	if left || !ok {
		return nil
	}
	if err := s.Settled(ctx, made); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func parseFingerprint(s string) (Fingerprint, error) {
	f, err := hkpost.ParseFingerprint(s)
	if err != nil {
		return f, fmt.Errorf("%w: receipt names certificate %q", ErrDamaged, s)
	}
	return f, nil
}
