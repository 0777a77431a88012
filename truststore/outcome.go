package truststore

import (
	"slices"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// outcome is what the ledger holds of changes that were made.
type outcome struct {
	kept   []ledger.Receipt
	closed []string // identifiers
	// file is the store's, where a change that was cut short was done.
	file string
}

// conclude writes what came of changes. That we made the store is remembered
// by whatever receipt is left of it.
func (w *work) conclude(o outcome) error {
	if len(o.kept)+len(o.closed) == 0 {
		return nil
	}
	left, all := w.open(o.closed), w.account.Receipts()
	closing := slices.IndexFunc(all, func(r ledger.Receipt) bool { return madeStore(r) && slices.Contains(o.closed, r.ID) })
	if len(left) > 0 && closing >= 0 {
		heir := slices.IndexFunc(o.kept, func(r ledger.Receipt) bool { return r.ID == left[0].ID })
		if heir < 0 {
			heir = len(o.kept)
			o.kept = append(o.kept, left[0])
		}
		markMissing(&o.kept[heir].Before)
		if file := all[closing].Before.Detail[detailFile]; file != "" {
			mark(&o.kept[heir].Before, detailFile, file)
		}
	}
	w.follow(&o)
	if slices.ContainsFunc(o.kept, func(r ledger.Receipt) bool { return r.Run == w.run.id && r.State != ledger.Retired }) {
		w.run.leaves.Store(true)
	}
	return w.account.Conclude(o.kept, o.closed...)
}

// open lists the receipts of the store that are open, but for some.
func (w *work) open(closed []string) []ledger.Receipt {
	return slices.DeleteFunc(w.account.Receipts(), func(r ledger.Receipt) bool {
		return r.State == ledger.Retired || r.Store.Path != w.info.Path || slices.Contains(closed, r.ID)
	})
}

// record turns the intent of a change into what is left of it.
func (o *outcome) record(receipt ledger.Receipt, res Result, past history) {
	if !res.Changed {
		o.closed = append(o.closed, receipt.ID)
		return
	}
	made, file := madeStore(receipt), receipt.Before.Detail[detailFile]
	receipt.State, receipt.Name = ledger.Done, res.After.Name
	receipt.Before = receiptEntry(res.Before)
	if made {
		markMissing(&receipt.Before)
		if file != "" {
			mark(&receipt.Before, detailFile, file)
		}
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
	for _, earlier := range past.receipts {
		if earlier.ID != receipt.ID && earlier.State != ledger.Retired &&
			leftEntry(earlier, receipt.Before.Name) && buildsOn(receipt, earlier) {
			chain = append(chain, earlier)
		}
	}
	o.closed = append(o.closed, idsOf(chain)...)
	if len(chain) > 0 {
		receipt.Before = chain[0].Before
	}
	receipt.State = ledger.Done
	switch {
	case receipt.After.Detail[detailReason] == string(CodeRetired):
		receipt.State = ledger.Retired
		o.kept = append(o.kept, receipt)
	case receipt.Before.Present:
		o.kept = append(o.kept, receipt)
	default:
		o.closed = append(o.closed, receipt.ID)
	}
}

// leftEntry reports whether a receipt's change left the entry of that name, as
// far as it names one of several.
func leftEntry(r ledger.Receipt, name string) bool {
	return r.After.Name == "" || name == "" || r.After.Name == name || !backendOf(Kind(r.Store.Kind)).repeats
}

// confirmedBefore is what was confirmed before changes were made whose receipts
// are given: an earlier receipt counts if what it left is what one of them
// found, or what the store still shows.
func (h history) confirmedBefore(after *Snapshot, made []ledger.Receipt) history {
	var receipts []ledger.Receipt
	for _, r := range h.receipts {
		if !slices.ContainsFunc(made, func(m ledger.Receipt) bool { return m.ID == r.ID }) {
			receipts = append(receipts, r)
		}
	}
	with := history{owner: h.owner, receipts: append(receipts, made...)}
	return with.confirmed(after)
}

// claims lists the certificates that are as wanted because of other owners'
// changes, and that this owner has not claimed yet: what is claimed is the entry
// that those left, not one beside it that is somebody's own.
func claims(changes []Change, past history) []Change {
	var out []Change
	for _, c := range changes {
		if c.Action != Keep || c.Reason == CodeNotHere {
			continue
		}
		chain := slices.DeleteFunc(past.of(c.SHA256), func(r ledger.Receipt) bool { return !r.After.Present })
		mine := func(r ledger.Receipt) bool { return r.Owner == past.owner }
		if len(chain) > 0 && !slices.ContainsFunc(chain, mine) {
			c.Before = receiptTrust(chain[len(chain)-1].After)
			out = append(out, c)
		}
	}
	return out
}

// claim writes receipts that change nothing but keep the certificates when the
// owner who added them undoes that.
func (w *work) claim(claims []Change) error {
	if len(claims) == 0 {
		return nil
	}
	var receipts []ledger.Receipt
	for _, c := range claims {
		receipt := w.receipt(c)
		receipt.State, receipt.Action = ledger.Done, ledger.Trust
		receipt.Before, receipt.After = receiptEntry(c.Before), receiptEntry(c.Before)
		receipts = append(receipts, receipt)
	}
	w.run.leaves.Store(true)
	return w.account.Write(receipts)
}
