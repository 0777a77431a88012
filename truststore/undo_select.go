package truststore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// undoable selects the receipts that the options mean, a group a store.
func (r *run) undoable(ctx context.Context, opt UndoOptions) ([][]ledger.Receipt, []Finding, error) {
	all, told, err := r.ownReceipts()
	if err != nil {
		return nil, told, storeError(Info{Kind: kindLedger}, "read", translate(err))
	}
	named, absent := r.machine.meant(ctx, opt.Stores)
	ofMachine, missing := r.machine.meant(ctx, r.machine.Select)
	absent = errors.Join(absent, missing)
	ours := func(ref ledger.StoreRef) bool { return ofMachine(ref) && r.machine.inScope(Scope(ref.Scope)) }
	meant := func(ref ledger.StoreRef) bool { return named(ref) && ours(ref) }
	if opt.Last {
		latest := ""
		for _, rec := range all {
			if rec.ID > latest && ours(rec.Store) {
				latest, opt.Runs = rec.ID, []string{rec.Run}
			}
		}
	}
	unseen := slices.Clone(opt.Runs)
	keep := func(rec ledger.Receipt) bool {
		unseen = slices.DeleteFunc(unseen, func(run string) bool { return run == rec.Run })
		if rec.State == ledger.Due && !opt.Forget {
			return meant(rec.Store) // asked for before
		}
		return (len(opt.Runs) == 0 || slices.Contains(opt.Runs, rec.Run)) && meant(rec.Store) &&
			(len(opt.Certs) == 0 || slices.ContainsFunc(opt.Certs, func(c Fingerprint) bool { return c.String() == rec.SHA256 }))
	}
	groups := byPlace(all, keep)
	slices.SortStableFunc(groups, func(a, b []ledger.Receipt) int {
		return rank(Kind(a[0].Store.Kind)) - rank(Kind(b[0].Store.Kind))
	})
	switch {
	case len(unseen) > 0:
		return nil, told, fmt.Errorf("%w: %s", ErrNoRun, strings.Join(unseen, ", "))
	case len(groups) == 0 && absent != nil:
		return nil, told, absent
	}
	return groups, told, nil
}

// ownReceipts reads this owner's receipts of all stores. Those of interrupted
// changes are among them, to be settled.
func (r *run) ownReceipts() ([]ledger.Receipt, []Finding, error) {
	var all []ledger.Receipt
	var told []Finding
	var others []string
	err := r.ledger.All(func(receipts []ledger.Receipt, damaged []ledger.Damaged) bool {
		for _, rec := range receipts {
			switch {
			case rec.State == ledger.Retired:
			case rec.Owner == r.machine.owner():
				all = append(all, rec)
			case !slices.Contains(others, rec.Owner):
				others = append(others, rec.Owner)
				told = append(told, finding(CodeOwnersLeft, "owner", rec.Owner))
			}
		}
		told = append(told, damagedReceipts(damaged)...)
		return true
	})
	return all, told, err
}

// meant reports which stores of receipts the selectors name: by kind, by a path
// in the receipt, which may be all that is left of the store, or by what is
// found at the place now. absent is the error of a place where nothing is.
func (m *Machine) meant(ctx context.Context, selectors []Selector) (match func(ledger.StoreRef) bool, absent error) {
	var found []Info
	for _, s := range selectors {
		if s.Path == "" || m.given(s) {
			continue
		}
		d, err := m.at(ctx, s, nil)
		for _, store := range d.stores {
			found = append(found, store.Info())
		}
		for _, p := range d.problems {
			err = errors.Join(err, p)
		}
		if len(d.stores) == 0 {
			absent = errors.Join(absent, err)
		}
	}
	return func(ref ledger.StoreRef) bool {
		return len(selectors) == 0 ||
			slices.ContainsFunc(found, func(i Info) bool { return namesStore(i, ref) }) ||
			slices.ContainsFunc(selectors, func(s Selector) bool { return s.names(ref) })
	}, absent
}

// namesStore reports whether a store found now is the one of a receipt, as far
// as paths tell. What a user's path leads to is that user's: no link of theirs
// names a store of the machine.
func namesStore(info Info, ref ledger.StoreRef) bool {
	return string(info.Kind) == ref.Kind && sameOwner(info.Owner, ref.OwnerUID) &&
		slices.ContainsFunc(pathsOf(info), func(p string) bool { return slices.Contains(ref.Paths(), p) })
}

func sameOwner(owner *host.User, uid *int) bool {
	if owner == nil || uid == nil {
		return owner == nil && uid == nil
	}
	return owner.UID == *uid
}

// names reports whether the selector itself means the store of a receipt.
func (s Selector) names(ref ledger.StoreRef) bool {
	return (s.Kind == "" || string(s.Kind) == ref.Kind) && (s.Path == "" || slices.Contains(ref.Paths(), s.Path))
}
