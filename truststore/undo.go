package truststore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// UndoOptions narrow what Undo takes back. The zero value means everything
// that this owner did in this scope.
type UndoOptions struct {
	Last   bool          // the latest run alone
	Run    string        // the run of that name alone
	Stores []Selector    // these stores alone, by kind or path
	Certs  []Fingerprint // these certificates alone
	// Forget ends the receipts that are selected without touching a store:
	// for stores that will never be seen again.
	Forget bool
}

// validate returns ErrOptions if the options cannot be meant.
func (o UndoOptions) validate() error {
	switch {
	case o.Last && o.Run != "":
		return fmt.Errorf("%w: Last and Run exclude each other", ErrOptions)
	case o.Forget && len(o.Stores) == 0 && o.Run == "":
		return fmt.Errorf("%w: Forget needs a store or a run", ErrOptions)
	}
	return nil
}

// Undo takes back what this owner changed, newest first, by the inverse edit.
// A certificate that another owner claims stays until that one undoes, too.
// Trust that others changed since is left alone and reported. The receipts of a
// store that is gone, or out of reach, stay: what was asked for is done as soon
// as a run that may write sees the store again.
//
// A run that no receipt of this owner names is [ErrNoRun]; a place that does
// not exist and that no receipt names is [fs.ErrNotExist].
//
// The report is never nil; the error is its Err.
func (m *Machine) Undo(ctx context.Context, opt UndoOptions) (*Report, error) {
	m, err := m.prepared()
	report := m.newReport("undo", Goal{})
	if err == nil {
		err = opt.validate()
	}
	if err != nil {
		return report.fail(ctx, err)
	}
	r, told := m.begin(Goal{})
	defer r.close()
	if r.ledger == nil {
		return report.fail(ctx, r.noLedger)
	}
	groups, more, err := r.undoable(ctx, opt)
	if err != nil {
		return report.fail(ctx, err)
	}
	report.Findings = asErrors(append(told, more...))
	report.Run = r.id
	feeds := func(i int) bool { return backendOf(Kind(groups[i][0].Store.Kind)).feeds }
	each(len(groups), feeds, func(i int) StoreReport { return r.undoStore(ctx, groups[i], opt.Forget) }, func(s StoreReport) { report.add(m, s) })
	return report.finish(ctx)
}

// asErrors gives the findings about receipts that cannot be read the weight
// that they have for an undo: what they record stays changed.
func asErrors(findings []Finding) []Finding {
	for i, f := range findings {
		if f.Code == CodeReceiptDamaged || f.Code == CodeReceiptNewer {
			findings[i].Level = LevelError
		}
	}
	return findings
}

// undoable selects the receipts that the options mean, a group a store.
func (r *run) undoable(ctx context.Context, opt UndoOptions) ([][]ledger.Receipt, []Finding, error) {
	all, told, err := r.ownReceipts()
	if err != nil {
		return nil, told, storeError(Info{Kind: kindLedger}, "read", translate(err))
	}
	meant, absent := r.machine.meant(ctx, opt.Stores)
	if opt.Last {
		latest := ""
		for _, rec := range all {
			if rec.ID > latest {
				latest, opt.Run = rec.ID, rec.Run
			}
		}
	}
	ran := false
	keep := func(rec ledger.Receipt) bool {
		ran = ran || rec.Run == opt.Run
		if rec.State == ledger.Due && !opt.Forget {
			return meant(rec.Store) // asked for before
		}
		return (opt.Run == "" || rec.Run == opt.Run) && meant(rec.Store) &&
			(len(opt.Certs) == 0 || slices.ContainsFunc(opt.Certs, func(c Fingerprint) bool { return c.String() == rec.SHA256 }))
	}
	groups := byPlace(all, keep)
	slices.SortStableFunc(groups, func(a, b []ledger.Receipt) int {
		return rank(Kind(a[0].Store.Kind)) - rank(Kind(b[0].Store.Kind))
	})
	switch {
	case opt.Run != "" && !opt.Last && !ran:
		return nil, told, fmt.Errorf("%w: %s", ErrNoRun, opt.Run)
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
	err := r.ledger.All(func(receipts []ledger.Receipt, damaged []ledger.Damaged) bool {
		for _, rec := range receipts {
			if rec.Owner == r.machine.owner() && rec.State != ledger.Retired {
				all = append(all, rec)
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
		if s.Path == "" {
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

// undoStore takes back the selected receipts of one store.
func (r *run) undoStore(ctx context.Context, selected []ledger.Receipt, forget bool) StoreReport {
	ref := selected[0].Store
	out := StoreReport{Info: r.machine.infoOf(ref), Status: StatusOK}
	fail := func(status Status, err error) StoreReport {
		out.Status, out.Err = status, storeError(out.Info, "undo", err)
		return out
	}
	if err := ctx.Err(); err != nil {
		return fail(StatusUnknown, err)
	}
	account, err := r.account(ctx, Kind(ref.Kind), ref.Paths())
	if err != nil {
		return fail(StatusFailed, err)
	}
	defer account.Close()
	w := &work{run: r, info: out.Info, account: account}
	if forget {
		out.Findings = append(out.Findings, finding(CodeUndoForgotten, "path", ref.Path))
		if err := account.Write(nil, idsOf(selected)...); err != nil {
			return fail(StatusFailed, err)
		}
		return out
	}
	out.Findings = w.settle(ctx)
	found := r.machine.locate(ctx, ref)
	w.undoIn(ctx, found, idsOf(selected), &out)
	return out
}

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
	for _, receipt := range layer {
		change := w.inverse(snap, receipt, &closing, out)
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
func (w *work) inverse(snap *Snapshot, receipt ledger.Receipt, closing *outcome, out *StoreReport) *Change {
	ref, err := refOf(receipt)
	if err != nil {
		return nil // the ledger lets no such receipt in
	}
	before, after := receiptTrust(receipt.Before), receiptTrust(receipt.After)
	past := w.past().confirmed(snap)
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
	results, _, err := makeChanges(ctx, w.store, changes)
	if err != nil {
		if !stillRunning(err) {
			_, settleErr := w.settleIn(context.WithoutCancel(ctx), []Store{w.store}, undoing, true)
			err = errors.Join(err, settleErr)
		}
		return err
	}
	out.Changes = append(out.Changes, results...)
	out.Findings = append(out.Findings, restarts(snap.Info, results)...)
	if out.Status == StatusOK {
		out.Status = StatusChanged
	}
	if !last {
		return w.account.Write(receipts)
	}
	// The receipts go last: while there is one, an interrupted run is settled.
	if err := w.tidyBefore(context.WithoutCancel(ctx), receipts); err != nil {
		return err
	}
	return w.conclude(outcome{closed: idsOf(receipts)})
}

// tidyBefore tidies up if the receipts, which are undone, are the last.
func (w *work) tidyBefore(ctx context.Context, closing []ledger.Receipt) error {
	if w.account.Incomplete() || len(w.open(idsOf(closing))) > 0 {
		return nil
	}
	return settled(ctx, w.store, anyMadeStore(closing))
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

// completeDue does what an undo asked for while the store was out of reach.
func (w *work) completeDue(ctx context.Context) ([]Result, []Finding) {
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
