package truststore

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// undoIn takes receipts back wherever their store is found.
func (w *work) undoIn(ctx context.Context, found located, ids []string, out *StoreReport) {
	fail := func(status Status, err error) {
		out.Err = errors.Join(out.Err, storeError(out.Info, "undo", err))
		if out.Status != StatusUnknown {
			out.Status = status
		}
	}
	places := placesOf(ctx, found, fail)
	showing := slices.ContainsFunc(places, func(p *place) bool { return p.shows(w.selected(ids)) })
	for i, p := range places {
		if showing && !p.shows(w.selected(ids)) {
			continue
		}
		last := !slices.ContainsFunc(places[i+1:], func(p *place) bool { return p.shows(w.selected(ids)) })
		w.store, w.info, out.Info = p.store, p.snap.Info, p.snap.Info
		if err := w.undoHere(ctx, ids, showing && last || !showing && i == len(places)-1 && found.err == nil, out); err != nil {
			fail(StatusFailed, err)
			return
		}
	}
	left := w.selected(ids)
	switch {
	case len(left) == 0 || out.Err != nil && len(places) > 0 || out.Status == StatusBlocked:
		return
	case found.err != nil && !showing:
		fail(StatusUnknown, found.err)
		out.Findings = append(out.Findings, finding(CodeUndoDue, "path", out.Info.Path))
	case len(places) == 0 && found.gone:
		out.Findings = append(out.Findings, finding(CodeStoreVanished, "path", out.Info.Path))
	}
	if err := w.makeDue(left); err != nil {
		fail(StatusFailed, err)
	}
}

// selected returns what is left of the selected receipts.
func (w *work) selected(ids []string) []ledger.Receipt {
	return slices.DeleteFunc(w.account.Receipts(), func(r ledger.Receipt) bool {
		return !slices.Contains(ids, r.ID) || r.State != ledger.Done && r.State != ledger.Due
	})
}

// makeDue keeps receipts for the day when their store is seen again.
func (w *work) makeDue(receipts []ledger.Receipt) error {
	for i := range receipts {
		receipts[i].State = ledger.Due
	}
	return w.account.Write(receipts)
}

// place is a store in which receipts may have to be taken back.
type place struct {
	store Store
	snap  *Snapshot
}

func (p *place) shows(receipts []ledger.Receipt) bool {
	return slices.ContainsFunc(receipts, func(r ledger.Receipt) bool { return p.snap.shows(r) && r.Before.Present != r.After.Present }) ||
		slices.ContainsFunc(receipts, func(r ledger.Receipt) bool { return r.After.Present && p.snap.shows(r) })
}

// placesOf reads the stores. One that cannot be read fails the undo, and keeps
// none of the others from it.
func placesOf(ctx context.Context, found located, fail func(Status, error)) []*place {
	var places []*place
	for _, s := range found.stores {
		snap, err := s.Read(ctx)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			fail(StatusUnknown, err)
		default:
			places = append(places, &place{s, snap})
		}
	}
	return places
}

// completeDue does what an undo asked for while the store was out of reach.
func (w *work) completeDue(ctx context.Context) ([]Result, []Finding) {
	if !slices.ContainsFunc(w.account.Receipts(), func(r ledger.Receipt) bool { return r.State == ledger.Due }) {
		return nil, nil
	}
	snap, err := w.store.Read(ctx)
	if err != nil {
		return nil, nil // the plan that follows says so
	}
	due := w.past().confirmed(snap).due(snap)
	if len(due) == 0 {
		return nil, nil
	}
	out := StoreReport{Info: w.info, Status: StatusOK}
	err = w.undoHere(ctx, idsOf(due), true, &out)
	if err != nil {
		return out.Changes, append(out.Findings, finding(CodeUndoDue, "path", w.info.Path, "error", err.Error()))
	}
	return out.Changes, append(out.Findings, finding(CodeUndoCompleted, "path", w.info.Path))
}
