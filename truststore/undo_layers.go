package truststore

import (
	"context"
	"errors"
	"slices"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// undoHere takes receipts back in one store, layer by layer. Where the store is
// found in a second place, too, the receipts are closed with the last.
func (w *work) undoHere(ctx context.Context, ids []string, last bool, out *StoreReport) error {
	for selected := w.selected(ids); len(selected) > 0; {
		var layer []ledger.Receipt
		layer, selected = topLayer(selected)
		if err := w.undoLayer(ctx, layer, last, out); err != nil {
			return err
		}
	}
	if !last {
		return nil
	}
	told, err := w.mendUndone(ctx)
	out.Findings = append(out.Findings, told...)
	if w.tidied {
		return err
	}
	return errors.Join(err, w.tidy(context.WithoutCancel(ctx), []Store{w.store}, false))
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
func (w *work) undoLayer(ctx context.Context, layer []ledger.Receipt, last bool, out *StoreReport) error {
	snap, err := w.store.Read(ctx)
	if err != nil {
		out.Status = StatusUnknown
		return err
	}
	var receipts []ledger.Receipt
	var changes []Change
	var closing outcome
	past := w.past().confirmed(snap)
	for _, receipt := range layer {
		change := w.inverse(snap, past, receipt, &closing, out)
		if change != nil && change.Blocked == "" {
			change.Blocked = snap.blocks(*change)
		}
		if change != nil && change.Blocked != "" {
			out.Changes, out.Status = append(out.Changes, Result{Change: *change}), StatusBlocked
			continue
		}
		if change != nil {
			receipts, changes = append(receipts, receipt), append(changes, *change)
		}
	}
	if last && len(closing.closed)+len(closing.kept) > 0 {
		if err := w.account.Write(closing.kept, closing.closed...); err != nil {
			return err
		}
	}
	return w.takeBack(ctx, snap, receipts, changes, last, out)
}

// inverse decides what undoing one receipt takes: an edit, or nothing but
// closing the receipt.
func (w *work) inverse(snap *Snapshot, past history, receipt ledger.Receipt, closing *outcome, out *StoreReport) *Change {
	ref, err := refOf(receipt)
	if err != nil {
		return nil // the ledger lets no such receipt in
	}
	before, after := receiptTrust(receipt.Before), receiptTrust(receipt.After)
	if next, ok := past.next(receipt); ok {
		if next.Owner != receipt.Owner {
			out.Findings = append(out.Findings, finding(CodeClaimLeft, "path", out.Info.Path, "sha256", receipt.SHA256, "owner", next.Owner))
		}
		// The one that was built on this takes over what was there before both.
		next.Before = receipt.Before
		closing.kept = append(closing.kept, next)
		closing.closed = append(closing.closed, receipt.ID)
		return nil
	}
	if before.Same(after) {
		w.tellClaims(past, receipt, out)
		closing.closed = append(closing.closed, receipt.ID)
		return nil
	}
	if slices.ContainsFunc(past.receipts, func(r ledger.Receipt) bool { return r.ID == receipt.ID }) {
		return w.inverseChange(receipt, ref, after, before)
	}
	return w.inverseOfVoid(snap, receipt, ref, closing, out)
}

// tellClaims says for whom a certificate stays that this owner only claimed.
func (w *work) tellClaims(past history, receipt ledger.Receipt, out *StoreReport) {
	for _, r := range past.receipts {
		if r.SHA256 == receipt.SHA256 && r.Owner != receipt.Owner && r.State != ledger.Retired {
			out.Findings = append(out.Findings, finding(CodeClaimLeft, "path", out.Info.Path, "sha256", receipt.SHA256, "owner", r.Owner))
			return
		}
	}
}

// inverseOfVoid decides about a receipt whose entry the store does not show any
// more: what others did is left alone.
func (w *work) inverseOfVoid(snap *Snapshot, receipt ledger.Receipt, ref CertRef, closing *outcome, out *StoreReport) *Change {
	before, after := receiptTrust(receipt.Before), receiptTrust(receipt.After)
	name, there := after.Name, snap.Trust(ref).Present
	if !after.Present && backendOf(snap.Info.Kind).repeats { // the very entry is to come back
		name, there = before.Name, before.Present
	}
	now := snap.trustUnder(name, ref)
	ghost := snap.ghostTrust(receipt.DER)
	switch {
	case !before.Present && !now.Present && ghost.vouches():
		// Somebody deleted the certificate, and its trust stayed behind.
		return w.inverseChange(receipt, ref, ghost, before)
	case receipt.State == ledger.Due:
		// What is at the place was never the store: it may come back yet.
		out.Findings = append(out.Findings, finding(CodeUndoDue, "path", receipt.Store.Path))
		return nil
	case now.Same(before) && there == before.Present, after.Present && !there:
		out.Findings = append(out.Findings, finding(CodeEntryGone, "path", out.Info.Path, "sha256", receipt.SHA256))
		closing.closed = append(closing.closed, receipt.ID)
		return nil
	}
	// An entry of somebody's own is in its place.
	c := w.inverseChange(receipt, ref, snap.Trust(ref), before)
	c.Blocked = CodeTrustLeft
	out.Changes = append(out.Changes, Result{Change: *c})
	out.Status = StatusBlocked
	return nil
}

func (w *work) inverseChange(receipt ledger.Receipt, ref CertRef, from, to Trust) *Change {
	c := &Change{
		Action: ChangeTrust, SHA256: ref.SHA256, Name: certificateName(receipt.DER), DER: receipt.DER,
		Before: from, After: to, Reason: CodePresent, Undo: true,
	}
	switch {
	case !to.Present:
		c.Action, c.Reason = Remove, CodeUnwanted
	case !from.Present:
		c.Action, c.Reason, c.Restore = Add, CodeAbsent, backendOf(Kind(receipt.Store.Kind)).repeats
	}
	return c
}

// takeBack makes the inverse edits of receipts. Where the store is in a second
// place, too, the receipts stay until that one has been served.
func (w *work) takeBack(ctx context.Context, snap *Snapshot, receipts []ledger.Receipt, changes []Change, last bool, out *StoreReport) error {
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
	if err := w.account.Write(undoing); err != nil {
		return err
	}
	results, after, err := makeChanges(ctx, w.store, changes)
	if err != nil {
		if !stillRunning(err) {
			told, settleErr := w.settleIn(context.WithoutCancel(ctx), []Store{w.store}, undoing, true)
			out.Changes, err = append(out.Changes, becameOf(changes, told)...), errors.Join(err, settleErr)
		}
		return err
	}
	out.Changes = append(out.Changes, results...)
	out.Findings = append(out.Findings, consequences(snap.Info, snap.Findings, results)...)
	if out.Status == StatusOK {
		out.Status = StatusChanged
	}
	if after.lost != nil {
		return errors.Join(after.lost, w.account.Write(receipts))
	}
	if !last {
		return w.account.Write(receipts)
	}
	// The receipts go last: while there is one, an interrupted run is settled.
	w.edited = replaced{snap.File, after.File}
	if err := w.tidyBefore(context.WithoutCancel(ctx), receipts, anyMadeFile(receipts, snap.File)); err != nil {
		return err
	}
	out.Findings = append(out.Findings, w.madeStays(ctx, receipts)...)
	return w.conclude(outcome{closed: idsOf(receipts)})
}
