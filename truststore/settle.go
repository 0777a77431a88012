package truststore

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// settle finds out, by reading the store, what became of the changes that an
// earlier run began and did not finish. The lock on its receipts shows that
// nobody is still at it. The error says why some of them stay open, except those
// of a store that is gone, which holds nothing of ours.
func (w *work) settle(ctx context.Context) (findings []Finding, open error) {
	for _, group := range byPlace(w.account.Receipts(), interrupted) {
		stores := []Store{w.store}
		reached := w.machine.away(group[0].Store) == nil
		if w.store == nil || group[0].Store.Path != w.info.Path {
			found := w.machine.locate(ctx, group[0].Store)
			stores, reached = found.stores, found.err == nil || w.unmade(group, found.err)
		}
		told, err := w.settleIn(ctx, stores, group, reached)
		findings = append(findings, told...)
		gone := err == errGone
		for _, s := range stores {
			err = errors.Join(err, mend(ctx, s))
		}
		if err != nil {
			findings = append(findings, finding(CodeReceiptOpen, "path", group[0].Store.Path, "error", err.Error()))
		}
		if !gone {
			open = errors.Join(open, err)
		}
	}
	return findings, open
}

// unmade reports whether all that keeps receipts of a store that was to be made
// from being settled is that no store is there, and perhaps no directory that
// would hold it.
func (w *work) unmade(receipts []ledger.Receipt, err error) bool {
	nothing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrNotStore)
	return nothing && anyMadeStore(receipts) && w.machine.away(receipts[0].Store) == nil
}

// byPlace groups the receipts that match by what the store was.
func byPlace(receipts []ledger.Receipt, match func(ledger.Receipt) bool) [][]ledger.Receipt {
	var groups [][]ledger.Receipt
	for _, r := range receipts {
		if !match(r) {
			continue
		}
		i := slices.IndexFunc(groups, func(g []ledger.Receipt) bool { return g[0].Store.Same(r.Store) })
		if i < 0 {
			groups = append(groups, []ledger.Receipt{r})
			continue
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// errOutOfReach means that a place where a change may have been made cannot be
// looked at.
var errOutOfReach = errors.New("a place where it may be is out of reach")

// settleIn settles receipts by the stores that their change may have been made
// in. What no store shows, while one is out of reach, stays open; and what was
// done to a store that is gone, with errGone.
func (w *work) settleIn(ctx context.Context, stores []Store, receipts []ledger.Receipt, reached bool) ([]Finding, error) {
	var snaps []*Snapshot
	for _, s := range stores {
		snap, err := s.Read(ctx)
		switch {
		case errors.Is(err, errGone):
		case err != nil:
			reached = false
		default:
			snaps = append(snaps, snap)
		}
	}
	var findings []Finding
	var o outcome
	for _, receipt := range receipts {
		said := o.settle(receipt, snaps, reached, w.past())
		if said == "" {
			err := w.conclude(o)
			if err == nil && reached {
				return findings, errGone
			}
			return findings, errors.Join(errOutOfReach, err)
		}
		findings = append(findings, finding(CodeReceiptSettled, "path", receipt.Store.Path, "sha256", receipt.SHA256, "outcome", said))
	}
	// The edit that was cut short may have replaced the file.
	w.edited = replaced{after: o.file}
	if err := w.conclude(o); err != nil {
		return findings, err
	}
	return findings, w.tidy(ctx, stores, anyMadeStore(receipts))
}

// What became of a change that was interrupted.
const (
	settledDone      = "done"
	settledNotDone   = "not done"
	settledUndone    = "undone"
	settledNotUndone = "not undone"
)

// settle closes or confirms one receipt by what the stores show; it says
// nothing where that cannot be known.
func (o *outcome) settle(receipt ledger.Receipt, snaps []*Snapshot, reached bool, past history) string {
	shown := slices.IndexFunc(snaps, func(s *Snapshot) bool { return s.reached(receipt) })
	switch {
	case receipt.State == ledger.Intent && shown >= 0:
		now := snaps[shown].subject(receipt)
		o.file = snaps[shown].File
		if receipt.Action == ledger.Remove {
			o.removed(receipt, past.confirmedBefore(snaps[shown], []ledger.Receipt{receipt}))
			return settledDone
		}
		receipt.State, receipt.After, receipt.Name = ledger.Done, receiptEntry(now), now.Name
		o.kept = append(o.kept, receipt)
		return settledDone
	case receipt.State == ledger.Undoing && shown >= 0:
		receipt.State = ledger.Done
		o.kept = append(o.kept, receipt)
		return settledNotUndone
	case !reached || len(snaps) == 0:
		return ""
	}
	o.closed = append(o.closed, receipt.ID)
	if receipt.State == ledger.Undoing {
		return settledUndone
	}
	return settledNotDone
}

// subject is the trust that tells what became of a receipt's change.
func (s *Snapshot) subject(receipt ledger.Receipt) Trust {
	ref, err := refOf(receipt)
	if err != nil {
		return Trust{}
	}
	name := ""
	repeats := backendOf(Kind(receipt.Store.Kind)).repeats
	switch {
	case receipt.State == ledger.Undoing && !receipt.Before.Present:
		name = receipt.After.Name
	case !receipt.After.Present && (receipt.State == ledger.Intent || repeats):
		name = receipt.Before.Name
	}
	return s.trustUnder(name, ref)
}

// reached reports whether the store shows the change of a receipt: for an undo
// that was interrupted, that it was not undone.
func (s *Snapshot) reached(receipt ledger.Receipt) bool {
	before, after := receiptTrust(receipt.Before), receiptTrust(receipt.After)
	now := s.subject(receipt)
	if receipt.State == ledger.Undoing {
		return !now.Same(before)
	}
	return now.Same(after) && !after.Same(before)
}
