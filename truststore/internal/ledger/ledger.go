// Package ledger keeps receipts of changes to trust stores, so that each can
// be undone exactly, and settled if a program dies between beginning and
// finishing it.
//
// A ledger is a directory. The receipts of one store lie in one file, its
// account, and a program opens those of the stores that it works on alone:
//
//	stores/KEY.jsonl  the open receipts of a store, one a line
//	names/KEY         the accounts of what a name led to when it was written to
//	locks/KEY         held by the one program that may change an account
//	last              the newest identifier that was given, as far as it is known
//	damaged/          receipts that could not be read, set aside, never deleted
//	receipts/         one file a receipt, of versions before accounts; moved over
//
// KEY is made of a store's kind and of a path. The package stores receipts and
// checks that each is complete. What they mean together (claims, settling,
// undoing) is for the truststore package to say.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	defaultWait = 10 * time.Second
	retryLock   = 5 * time.Millisecond
)

// The errors of this package; match them with [errors.Is].
var (
	ErrBusy    = errors.New("the ledger is in use by another program")
	ErrOwner   = errors.New("the ledger's directory is not safe from other users")
	ErrDamaged = errors.New("receipt is damaged")
	ErrNewer   = errors.New("receipt was written by a newer version")
	ErrTooMany = errors.New("the ledger holds more receipts than it can")
	ErrInvalid = errors.New("receipt is not complete")
)

// Options say how [Open] opens a ledger.
type Options struct {
	// RequireUID, if not nil, is the user that the directory must belong
	// to; nobody else may have the right to write to it. On Windows, 0
	// stands for the Administrators or SYSTEM and is the only number that
	// is checked.
	RequireUID *int
	// Wait bounds the waiting for an account; 0 means 10 s.
	Wait time.Duration
	// Waits are the bounds for stores of a kind whose changes take longer.
	Waits map[string]time.Duration
}

// Ledger is an open ledger. It may be used by several goroutines at once.
type Ledger struct {
	path string
	opt  Options

	mu      sync.Mutex
	subs    map[string]*os.Root // the directory ("") and those in it
	last    time.Time           // of the newest identifier seen
	issued  bool                // an identifier was given
	old     []Receipt           // of a version before accounts, until they are moved over
	damaged []Damaged
}

// Damaged is something among the receipts that is not one of them, or that was
// set aside by an earlier run.
type Damaged struct {
	Name     string // of the file
	Err      error  // matches ErrDamaged, ErrNewer, or says why it could not be read
	SetAside string // where it lies now; "" if it was left in place
}

// Open opens the ledger in dir. It takes no lock and makes nothing: a ledger
// that does not exist is empty, and comes into being with the first receipt.
func Open(dir string, o Options) (*Ledger, error) {
	l := &Ledger{path: dir, opt: o, subs: map[string]*os.Root{}}
	if o.Wait <= 0 {
		l.opt.Wait = defaultWait
	}
	err := l.look()
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("ledger %s: %w", dir, err)
	}
	return l, nil
}

func (l *Ledger) look() error {
	root, err := l.sub("")
	if root == nil {
		return err
	}
	if err := l.loadOld(); err != nil {
		return err
	}
	return l.loadSetAside()
}

// Close closes the ledger. Accounts that are open stay so.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.issued {
		l.writeLast()
	}
	var errs []error
	for _, root := range l.subs {
		errs = append(errs, root.Close())
	}
	l.subs = map[string]*os.Root{}
	return errors.Join(errs...)
}

// Damaged lists what was set aside by this run or by an earlier one, and has
// not been taken away by a person since.
func (l *Ledger) Damaged() []Damaged {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Damaged(nil), l.damaged...)
}

// sub opens a directory of the ledger, "" for itself, and keeps it open; nil if
// it does not exist.
func (l *Ledger) sub(name string) (*os.Root, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.subLocked(name)
}

func (l *Ledger) subLocked(name string) (*os.Root, error) {
	if root := l.subs[name]; root != nil {
		return root, nil
	}
	var root *os.Root
	var err error
	if name == "" {
		root, err = openDirectory(l.path, l.opt.RequireUID)
	} else if parent, perr := l.subLocked(""); parent == nil {
		return nil, perr
	} else {
		root, err = openInside(parent, name, l.opt.RequireUID)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	l.subs[name] = root
	return root, nil
}

// needSub is sub, but makes what is missing.
func (l *Ledger) needSub(name string) (*os.Root, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if root, err := l.subLocked(name); root != nil || err != nil {
		return root, err
	}
	parent, err := l.subLocked("")
	if err == nil && parent == nil {
		if err = makeDirectory(l.path, l.opt.RequireUID); err == nil {
			parent, err = l.subLocked("")
		}
	}
	if err != nil {
		return nil, err
	}
	if name != "" {
		if err := parent.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		if err := syncRoot(parent); err != nil {
			return nil, err
		}
	}
	root, err := l.subLocked(name)
	if err == nil && root == nil {
		err = fs.ErrNotExist // gone again already
	}
	return root, err
}

// NewID returns an identifier for a new receipt. It sorts behind all that the
// ledger has seen, even if the clock went back.
func (l *Ledger) NewID(now time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.issued {
		l.issued = true
		l.readLast()
	}
	if now.Before(l.last.Add(1)) {
		now = l.last.Add(1)
	}
	if now.After(lastTime) {
		now = lastTime
	}
	id := newID(now)
	l.last, _ = timeOfID(id)
	return id
}

// saw remembers the newest identifier.
func (l *Ledger) saw(receipts []Receipt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range receipts {
		if t, ok := timeOfID(r.ID); ok && t.After(l.last) {
			l.last = t
		}
	}
}

// Receipts reads the receipts of one store, in order of creation, and what
// among them could not be read, without a lock. Receipts that are written
// meanwhile may be seen or not, each as a whole. The store is known by the
// paths given: what it is now, and under which names programs find it.
func (l *Ledger) Receipts(kind string, paths ...string) ([]Receipt, []Damaged, error) {
	keys, err := l.accountsOf(kind, paths)
	if err != nil {
		return nil, nil, l.failed(err)
	}
	receipts := l.oldOf(kind, paths)
	var damaged []Damaged
	for _, key := range keys {
		f, err := l.readAccount(key)
		if err != nil {
			return nil, nil, l.failed(err)
		}
		receipts = append(receipts, f.receipts...)
		damaged = append(damaged, f.damaged...)
	}
	sortReceipts(receipts)
	return receipts, damaged, nil
}

// All calls visit with the receipts of each account in turn, without a lock,
// until it returns false.
func (l *Ledger) All(visit func([]Receipt, []Damaged) bool) error {
	if len(l.old) > 0 && !visit(l.old, nil) {
		return nil
	}
	names, err := l.list(storesDir, accountSuffix)
	if err != nil {
		return l.failed(err)
	}
	for _, name := range names {
		f, err := l.readAccount(strings.TrimSuffix(name, accountSuffix))
		if err != nil {
			return l.failed(err)
		}
		if !visit(f.receipts, f.damaged) {
			return nil
		}
	}
	return nil
}

func (l *Ledger) failed(err error) error { return fmt.Errorf("ledger %s: %w", l.path, err) }

// Account opens and locks the receipts of one store, for those who change
// them. The first of the paths is what the store is now: its new receipts lie
// under that. Account waits for the lock as long as [Options] and ctx allow,
// then answers [ErrBusy].
func (l *Ledger) Account(ctx context.Context, kind string, paths ...string) (*Account, error) {
	if err := l.moveOver(ctx); err != nil {
		return nil, l.failed(err)
	}
	a, err := l.openAccount(ctx, kind, paths)
	if err != nil {
		return nil, l.failed(err)
	}
	return a, nil
}
