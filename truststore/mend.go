package truststore

import "context"

// mends reports whether a store can put into effect what waits for another
// program.
func mends(store Store) bool {
	_, ok := store.(Mender)
	return ok
}

// mend puts into effect what an earlier run left waiting in a store.
func mend(ctx context.Context, store Store) error {
	m, ok := store.(Mender)
	if !ok {
		return nil
	}
	return storeError(store.Info(), "mend", m.Mend(ctx))
}

// mendPlanned serves a store in which nothing is to be changed and something
// waits.
func (w *work) mendPlanned(ctx context.Context, planned StorePlan) StoreReport {
	if err := mend(ctx, w.store); err != nil {
		return failed(planned, err)
	}
	after, _ := w.planWith(ctx, w.store, w.past())
	if after.Err == nil && !after.waiting {
		after.Findings = append(after.Findings, finding(CodeMended, "path", w.info.Path))
	}
	return after.unchanged()
}

// mendUndone ends an undo: what others did to our entries may wait as well as
// what was just taken back. It tells what is left waiting.
func (w *work) mendUndone(ctx context.Context) ([]Finding, error) {
	if !mends(w.store) {
		return nil, nil
	}
	if err := mend(context.WithoutCancel(ctx), w.store); err != nil {
		return nil, err
	}
	snap, err := w.store.Read(context.WithoutCancel(ctx))
	if err != nil {
		return nil, storeError(w.info, "read", err)
	}
	return snap.Findings, nil
}
