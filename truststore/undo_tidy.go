package truststore

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// tidyBefore tidies up if the receipts, which are undone, are the last.
func (w *work) tidyBefore(ctx context.Context, closing []ledger.Receipt, made bool) error {
	if w.account.Incomplete() || len(w.open(idsOf(closing))) > 0 {
		return nil
	}
	err := settled(ctx, w.store, made)
	w.tidied = err == nil
	return err
}

// madeStays tells of a store that was made by what is undone now and is there
// yet: others may have put something in, or a program may have it open.
func (w *work) madeStays(ctx context.Context, closing []ledger.Receipt) []Finding {
	if !anyMadeStore(closing) || len(w.open(idsOf(closing))) > 0 {
		return nil
	}
	if snap, err := w.store.Read(ctx); err != nil || snap.Info.Missing {
		return nil
	}
	return []Finding{finding(CodeMadeStays, "path", w.info.Path)}
}

// becameOfMade tells of a store that we made, and from which the last that is ours
// was removed: it went with that, or stays.
func (w *work) becameOfMade(ctx context.Context) []Finding {
	if !w.emptied {
		return nil
	}
	switch snap, err := w.store.Read(ctx); {
	case errors.Is(err, fs.ErrNotExist) || err == nil && snap.Info.Missing:
		return []Finding{finding(CodeMadeRemoved, "path", w.info.Path)}
	case err == nil:
		return []Finding{finding(CodeMadeStays, "path", w.info.Path)}
	}
	return nil // which of both is not known
}

// tidy tells stores in which nothing of ours is left that it is so.
func (w *work) tidy(ctx context.Context, stores []Store, made bool) error {
	if w.account.Incomplete() || slices.ContainsFunc(w.account.Receipts(), func(r ledger.Receipt) bool { return r.State != ledger.Retired }) {
		return nil
	}
	var errs []error
	for _, s := range stores {
		errs = append(errs, settled(ctx, s, made))
	}
	return errors.Join(errs...)
}

func settled(ctx context.Context, store Store, made bool) error {
	s, ok := store.(Settler)
	if !ok {
		return nil
	}
	if err := s.Settled(ctx, made); !errors.Is(err, fs.ErrNotExist) {
		return storeError(store.Info(), "tidy", err)
	}
	return nil
}
