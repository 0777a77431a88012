package truststore

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// unsettled reports whether an earlier run was interrupted in a change.
func (h history) unsettled() bool {
	return slices.ContainsFunc(h.receipts, interrupted)
}

func interrupted(r ledger.Receipt) bool { return r.State == ledger.Intent || r.State == ledger.Undoing }

// settle finds out, by reading the stores, what became of the changes that an
// earlier run began and did not finish. The ledger's lock shows that nobody is
// still at it.
func (r *run) settle(ctx context.Context) []Finding {
	past, findings := r.machine.past(r.ledger)
	for _, group := range byStore(past.receipts, interrupted) {
		findings = append(findings, r.settleGroup(ctx, group)...)
	}
	return findings
}

func (r *run) settleGroup(ctx context.Context, receipts []ledger.Receipt) []Finding {
	store, err := r.machine.refStore(receipts[0].Store)
	if err == nil {
		var told []Finding
		if told, err = r.settleStore(ctx, store, receipts); err == nil {
			err = r.tidy(ctx, store, slices.ContainsFunc(receipts, madeStore), nil)
		}
		if err == nil {
			return told
		}
	}
	return []Finding{finding(CodeReceiptOpen, "path", receipts[0].Store.Path, "error", err.Error())}
}

// settleStore settles the receipts of one store. Receipts of a store that is
// gone are closed; those of a store that cannot be read stay as they are.
func (r *run) settleStore(ctx context.Context, store Store, receipts []ledger.Receipt) ([]Finding, error) {
	snap, err := store.Read(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return []Finding{finding(CodeStoreVanished, "path", store.Info().Path)}, r.forget(receipts)
	}
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, receipt := range receipts {
		outcome, err := r.settleReceipt(snap, receipt)
		if err != nil {
			return findings, err
		}
		findings = append(findings, finding(CodeReceiptSettled,
			"path", receipt.Store.Path, "sha256", receipt.SHA256, "outcome", outcome))
	}
	return findings, nil
}

// settleReceipt closes or confirms one receipt by what the store shows.
func (r *run) settleReceipt(snap *Snapshot, receipt ledger.Receipt) (said string, err error) {
	before, after := receiptTrust(receipt.Before), receiptTrust(receipt.After)
	now := snap.settled(receipt)
	switch {
	case receipt.State == ledger.Intent && receipt.Action == ledger.Remove && now.same(after):
		past, _ := r.machine.past(r.ledger)
		var o outcome
		o.removed(receipt, past)
		return "done", r.write(o)
	case receipt.State == ledger.Intent && now.same(after) && !after.same(before):
		receipt.State = ledger.Done
		receipt.After = receiptEntry(now)
		receipt.Name = now.Name
		return "done", r.ledger.Put(receipt)
	case receipt.State == ledger.Undoing && !now.same(before):
		receipt.State = ledger.Done
		return "not undone", r.ledger.Put(receipt)
	case receipt.State == ledger.Undoing:
		return "undone", r.ledger.Delete(receipt.ID)
	}
	return "not done", r.ledger.Delete(receipt.ID)
}

// settled returns the trust that tells what became of a receipt's change: for
// what ends in absence, that of the very entry.
func (s *Snapshot) settled(receipt ledger.Receipt) Trust {
	id, err := parseFingerprint(receipt.SHA256)
	if err != nil {
		return Trust{}
	}
	name := ""
	switch {
	case receipt.State == ledger.Undoing && !receipt.Before.Present:
		name = receipt.After.Name
	case !receipt.After.Present && (receipt.State == ledger.Intent || infoOf(receipt.Store).repeats()):
		name = receipt.Before.Name
	}
	return s.left(id, name, receipt.DER)
}

// byStore groups the receipts that keep says by their store, in order.
func byStore(receipts []ledger.Receipt, keep func(ledger.Receipt) bool) [][]ledger.Receipt {
	var groups [][]ledger.Receipt
	for _, r := range receipts {
		if !keep(r) {
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
