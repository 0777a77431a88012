package truststore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// run is one call at work: what it is for, and the receipts it may look up.
type run struct {
	machine *Machine
	goal    Goal
	id      string // its name in receipts
	// ledger is nil where receipts can be neither read nor written, and
	// noLedger says why.
	ledger   *ledger.Ledger
	noLedger error
	// leaves: there are receipts of this run, which can be undone.
	leaves atomic.Bool
}

// begin opens the ledger of the user who runs the program: the machine's if
// that user is elevated. Who has no place for one can still ask; a ledger that
// is there and cannot be read is told.
func (m *Machine) begin(goal Goal) (*run, []Finding) {
	r := &run{machine: m, goal: goal, id: newRun(m.host().Now())}
	h := m.host()
	dir, err := ledger.Dir(h)
	if err == nil {
		r.ledger, err = ledger.Open(dir, ledger.Options{RequireUID: ledgerOwner(h), Waits: patience()})
	}
	if err == nil {
		return r, append(goal.learntFindings(), damagedReceipts(r.ledger.Damaged())...)
	}
	r.noLedger = &StoreError{Info: Info{Kind: kindLedger, Path: dir}, Op: "open", Err: explainDenied(h, dir, translate(err))}
	me, _ := h.Me()
	foreign := dir == "" && errors.Is(err, fs.ErrPermission) && !h.OwnsHome(me)
	if foreign || errors.Is(err, ledger.ErrNoPlace) {
		return r, nil // nor was there ever a place
	}
	return r, []Finding{finding(CodeLedgerUnreadable, "path", dir, "error", err.Error())}
}

// patience is how long the receipts of a store are waited for, by kind.
func patience() map[string]time.Duration {
	waits := map[string]time.Duration{}
	for _, b := range backends() {
		waits[string(b.kind)] = b.patience
	}
	return waits
}

// kindLedger stands in errors for the ledger, which is no store.
const kindLedger Kind = "ledger"

// ledgerOwner is the user that a ledger must belong to, nil where files have
// no numeric owner.
func ledgerOwner(h *host.Host) *int {
	if h.GOOS() == "windows" && !h.Elevated() {
		return nil
	}
	uid := max(os.Geteuid(), 0) // Windows has none: administrators or SYSTEM
	return &uid
}

func newRun(now time.Time) string {
	return now.UTC().Format("20060102T150405Z") + "-" + rand.Text()[:6]
}

func (r *run) close() {
	if r.ledger != nil {
		r.ledger.Close()
	}
}

func damagedReceipts(damaged []ledger.Damaged) []Finding {
	var out []Finding
	for _, d := range damaged {
		code := CodeReceiptDamaged
		if errors.Is(d.Err, ledger.ErrNewer) {
			code = CodeReceiptNewer
		}
		out = append(out, finding(code, "receipt", d.Name, "error", d.Err.Error(), "setAside", d.SetAside))
	}
	return out
}

// pathsOf are the paths by which receipts of a store are found.
func pathsOf(info Info) []string { return append([]string{info.Path}, info.Links...) }

// history reads the receipts of a store without a lock.
func (r *run) history(info Info) (history, []Finding) {
	h := history{owner: r.machine.owner()}
	if r.ledger == nil {
		return h, nil
	}
	receipts, damaged, err := r.ledger.Receipts(string(info.Kind), pathsOf(info)...)
	if err != nil {
		return h, []Finding{finding(CodeLedgerUnreadable, "path", info.Path, "error", err.Error())}
	}
	h.receipts = receipts
	return h, damagedReceipts(damaged)
}

// account locks the receipts of a store.
func (r *run) account(ctx context.Context, kind Kind, paths []string) (*ledger.Account, error) {
	if r.ledger == nil {
		return nil, r.noLedger
	}
	a, err := r.ledger.Account(ctx, string(kind), paths...)
	if err != nil {
		h := r.machine.host()
		dir, _ := ledger.Dir(h)
		return nil, &StoreError{Info: Info{Kind: kindLedger, Path: dir}, Op: "open", Err: explainDenied(h, dir, translate(err))}
	}
	return a, nil
}

func (r *run) historyIn(a *ledger.Account) history {
	return history{owner: r.machine.owner(), receipts: a.Receipts()}
}

// atOnce is how many stores are worked on at a time: most of the work is
// waiting for the disk.
const atOnce = 8

// each works on n stores: those that feed others first, one after the other,
// then several of the rest at a time. It tells of them in their order.
func each[T any](n int, feeds func(int) bool, work func(int) T, tell func(T)) {
	type outcome struct {
		value T
		panic string
	}
	if n == 1 {
		tell(work(0))
		return
	}
	done := make([]chan outcome, n)
	for i := range n {
		done[i] = make(chan outcome, 1)
	}
	// A panic of a caller's own store is the caller's: it can be recovered from
	// where the call was made.
	guarded := func(i int) (o outcome) {
		defer func() {
			if p := recover(); p != nil {
				o.panic = fmt.Sprintf("%v\n\n%s", p, debug.Stack())
			}
		}()
		o.value = work(i)
		return o
	}
	slots := make(chan struct{}, atOnce)
	go func() {
		for i := range n {
			if feeds(i) {
				done[i] <- guarded(i)
				continue
			}
			slots <- struct{}{}
			go func() {
				done[i] <- guarded(i)
				<-slots
			}()
		}
	}()
	panicked := ""
	for i := range n {
		o := <-done[i]
		if o.panic != "" {
			panicked = o.panic
			continue
		}
		tell(o.value)
	}
	if panicked != "" {
		panic(panicked)
	}
}

// inOrder puts the stores that feed others first: a distribution's hook writes
// Java's store when the system's changes.
func inOrder(stores []Store) []Store {
	out := slices.Clone(stores)
	slices.SortStableFunc(out, func(a, b Store) int { return rank(a.Info().Kind) - rank(b.Info().Kind) })
	return out
}
