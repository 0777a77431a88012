package truststore

import "context"

// leftovers are the stores of this machine in which programs still see something
// of what was undone before: its receipts are closed, and the program that would
// put the undo into effect has not run, or not to its end. Where that can be done
// here, it is.
func (m *Machine) leftovers(ctx context.Context, opt UndoOptions) []StoreReport {
	if opt.Last || opt.Forget || len(opt.Runs)+len(opt.Certs) > 0 || m.Scope == ScopeUser {
		return nil
	}
	if h := m.host(); h.Live() && !h.Elevated() {
		return nil // who may not change the machine's stores need not look
	}
	var out []StoreReport
	for _, b := range backends() {
		if !b.mends {
			continue
		}
		for _, store := range b.find(ctx, search{machine: m, host: m.host(), shared: true}).stores {
			if !admits(opt.Stores, store.Info()) || !admits(m.Select, store.Info()) {
				continue
			}
			if s, ok := leftover(ctx, store); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// leftover ends what is left in a store. Who may not change it is told nothing of
// what others did there.
func leftover(ctx context.Context, store Store) (StoreReport, bool) {
	snap, err := store.Read(ctx)
	if err != nil || snap.left == nil || snap.Blocked != nil {
		return StoreReport{}, false
	}
	out := StoreReport{Info: snap.Info, Status: StatusOK}
	if err := mend(ctx, store); err != nil {
		out.Status, out.Err = StatusFailed, err
		return out, true
	}
	after, err := store.Read(ctx)
	switch {
	case err != nil:
		out.Status, out.Err = StatusUnknown, storeError(out.Info, "read", err)
	case after.left == nil:
		out.Findings = []Finding{finding(CodeMended, "path", out.Info.Path)}
	default:
		out.Findings = append(after.Findings, after.left...)
	}
	return out, true
}
