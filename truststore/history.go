package truststore

import (
	"slices"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// history is what the receipts of one store tell a program. A receipt is a
// claim and the store is the truth: see [history.confirmed].
type history struct {
	owner    string // who asks
	receipts []ledger.Receipt
}

// confirmed keeps the receipts whose entries the store shows: by name,
// fingerprint and trust, or that a later one of them was built on. The others
// are void: the store was replaced, or somebody else has been at the entry
// since. What a newer catalogue retired stays known in any case.
func (h history) confirmed(snap *Snapshot) history {
	var kept []ledger.Receipt // newest first
	later := builders{}
	for _, r := range slices.Backward(h.receipts) {
		next, built := later.on(r)
		switch {
		case r.State == ledger.Retired:
			kept = append(kept, r)
		case !built && snap.shows(r), built && sameEntry(receiptTrust(r.After), receiptTrust(next.Before)):
			kept = append(kept, r)
			later.add(r)
		}
	}
	slices.Reverse(kept)
	return history{owner: h.owner, receipts: kept}
}

// builders finds, among receipts that were added newest first, those that build
// on another, as [buildsOn] says, without asking each: a store may have
// thousands.
type builders map[builderKey]builder

// builderKey is what one receipt must share with another to build on it: the
// certificate, and the entry's name if any is to count.
type builderKey struct {
	sha256, name string
	any          bool
}

type builder struct {
	ledger.Receipt
	n int // how many were added before it
}

// add makes a receipt, which is not retired, the oldest.
func (b builders) add(r ledger.Receipt) {
	anyName := builderKey{sha256: r.SHA256, any: true}
	next := builder{r, b[anyName].n + 1}
	b[anyName] = next
	b[builderKey{sha256: r.SHA256, name: entryName(r)}] = next
}

// on returns the oldest receipt that builds on r.
func (b builders) on(r ledger.Receipt) (ledger.Receipt, bool) {
	latest, ok := b[builderKey{sha256: r.SHA256, any: true}]
	name := entryName(r)
	if !ok || name == "" || buildsOn(latest.Receipt, r) {
		return latest.Receipt, ok
	}
	named, ok := b[builderKey{sha256: r.SHA256, name: name}]
	if unnamed, other := b[builderKey{sha256: r.SHA256}]; other && unnamed.n > named.n {
		named, ok = unnamed, true
	}
	return named.Receipt, ok
}

// shows reports whether the store shows what a receipt says was left there.
func (s *Snapshot) shows(r ledger.Receipt) bool {
	ref, err := refOf(r)
	if err != nil {
		return false
	}
	after := receiptTrust(r.After)
	if !after.Present {
		return s.trustUnder(receiptTrust(r.Before).Name, ref).Same(after)
	}
	now := s.trustUnder(after.Name, ref)
	return sameEntry(now, after) && (now.Exact == "" || after.Exact == "" || now.Exact == after.Exact)
}

// sameEntry reports whether two attitudes are those of one entry.
func sameEntry(a, b Trust) bool {
	dated := !a.Created.IsZero() && !b.Created.IsZero()
	return a.Same(b) && (a.Name == "" || b.Name == "" || a.Name == b.Name) && (!dated || a.Created.Equal(b.Created.Time))
}

// buildsOn reports whether a later change may have found what an earlier one of
// the same store left: both are about the same certificate and, where a store
// may have that several times, about the entry of one name.
func buildsOn(later, earlier ledger.Receipt) bool {
	if later.SHA256 != earlier.SHA256 || !backendOf(Kind(later.Store.Kind)).repeats {
		return later.SHA256 == earlier.SHA256
	}
	a, b := entryName(later), entryName(earlier)
	return a == "" || b == "" || a == b
}

// entryName is the name of the entry that a receipt is about.
func entryName(r ledger.Receipt) string {
	if r.After.Present {
		return r.After.Name
	}
	return r.Before.Name
}

// of returns the open receipts of a certificate, oldest first.
func (h history) of(id Fingerprint) []ledger.Receipt {
	var out []ledger.Receipt
	for _, r := range h.receipts {
		if r.SHA256 == id.String() && r.State != ledger.Retired {
			out = append(out, r)
		}
	}
	return out
}

// ofOwner returns those of them that are this owner's and whose conditions
// somebody accepted, or did not, when the certificate was added.
func (h history) ofOwner(id Fingerprint, accepted bool) bool {
	return slices.ContainsFunc(h.of(id), func(r ledger.Receipt) bool {
		return r.Owner == h.owner && (len(r.Accepted) > 0) == accepted
	})
}

// holds reports whether this owner added the certificate and nobody accepted
// its condition when it was added.
func (h history) holds(id Fingerprint) bool { return h.ofOwner(id, false) }

// accepted reports whether this owner added the certificate because somebody
// accepted its condition.
func (h history) accepted(id Fingerprint) bool { return h.ofOwner(id, true) }

// retiredAfter reports whether a catalogue newer than the given one retired
// the certificate in the store.
func (h history) retiredAfter(id Fingerprint, catalogue string) bool {
	return slices.ContainsFunc(h.receipts, func(r ledger.Receipt) bool {
		return r.State == ledger.Retired && r.SHA256 == id.String() && r.Catalogue > catalogue
	})
}

// interrupted reports whether a receipt's change was begun and not finished.
func interrupted(r ledger.Receipt) bool { return r.State == ledger.Intent || r.State == ledger.Undoing }

func (h history) unsettled() bool { return slices.ContainsFunc(h.receipts, interrupted) }

// due lists this owner's receipts whose undo was asked for while the store was
// out of reach, and that the store shows now.
func (h history) due(snap *Snapshot) []ledger.Receipt {
	var out []ledger.Receipt
	for _, r := range h.receipts {
		if r.Owner == h.owner && r.State == ledger.Due && snap.shows(r) {
			out = append(out, r)
		}
	}
	return out
}

// openFindings tells of what is still to be done about a store's receipts: by
// a run that may write.
func (h history) openFindings(snap *Snapshot) []Finding {
	var out []Finding
	if h.unsettled() {
		out = append(out, finding(CodeReceiptOpen, "path", snap.Info.Path, "error", ""))
	}
	if due := h.due(snap); len(due) > 0 {
		out = append(out, finding(CodeUndoDue, "path", snap.Info.Path))
	}
	return out
}

// next returns the receipt of another run or owner that was built on this one.
func (h history) next(receipt ledger.Receipt) (ledger.Receipt, bool) {
	after := false
	for _, r := range h.receipts {
		if after && r.State != ledger.Retired && buildsOn(r, receipt) {
			return r, true
		}
		after = after || r.ID == receipt.ID
	}
	return ledger.Receipt{}, false
}
