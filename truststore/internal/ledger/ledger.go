// Package ledger keeps the receipts of what hktrust changed on a machine, so
// that it can be undone exactly, and only what was changed.
//
// A ledger is a directory:
//
//	lock         held by the one program that may change it
//	receipts/    one JSON file a change, named by its identifier
//	damaged/     receipts that could not be read, set aside, never deleted
//
// The package stores receipts and checks that each is complete. What they mean
// together (claims, settling, undoing) is for the truststore package to say.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

const (
	defaultWait = 10 * time.Second
	retryLock   = 10 * time.Millisecond
)

// The errors of this package; match them with [errors.Is].
var (
	ErrBusy     = errors.New("the ledger is in use by another program")
	ErrOwner    = errors.New("the ledger's directory is not safe from other users")
	ErrDamaged  = errors.New("receipt is damaged")
	ErrNewer    = errors.New("receipt was written by a newer version")
	ErrTooMany  = errors.New("the ledger holds more receipts than it can")
	ErrReadOnly = errors.New("the ledger was opened for reading")
	ErrInvalid  = errors.New("receipt is not complete")
)

// Options say how [Open] opens a ledger.
type Options struct {
	// Create makes the directory, for its owner alone, if it is missing.
	// Without it, that is fs.ErrNotExist, or an empty ledger with ReadOnly.
	Create bool

	// ReadOnly takes no lock and changes nothing. Receipts written or
	// deleted meanwhile may be seen or not, each as a whole.
	ReadOnly bool

	// RequireUID, if not nil, is the user that the directory must belong
	// to; nobody else may have the right to write to it. On Windows, 0
	// stands for the Administrators or SYSTEM and is the only number that
	// is checked.
	RequireUID *int

	// Wait bounds the waiting for the lock; 0 means 10 s.
	Wait time.Duration
}

// Ledger is an open ledger. It may be used by several goroutines at once.
type Ledger struct {
	path     string
	readOnly bool
	lock     *flock.Flock
	root     *os.Root // nil for the empty ledger of a missing directory
	files    *os.Root // the directory of the receipts; nil likewise

	mu       sync.Mutex
	closed   bool
	receipts map[string]Receipt
	damaged  []Damaged
	last     time.Time // of the newest identifier seen
}

// Damaged is a file among the receipts that is not one of them.
type Damaged struct {
	Name     string // of the file
	Err      error  // matches ErrDamaged, ErrNewer, or says why it could not be read
	SetAside string // where it lies now; "" if it was left in place
}

// Open opens the ledger in dir and reads all of it.
//
// Unless it is opened for reading, the ledger is locked until it is closed,
// against other processes and against other Opens in this one; Open waits for
// that at most [Options.Wait] and as long as ctx allows, then answers
// [ErrBusy]. What killed runs left half-written is removed, and damaged
// receipts are set aside. A receipt in a newer format, or one that the system
// would not read, stays where it is. Either is reported by
// [Ledger.Receipts] and keeps nothing else from working.
//
// A ledger of more than 100,000 receipts, or 512 MiB, is [ErrTooMany].
func Open(ctx context.Context, dir string, o Options) (*Ledger, error) {
	l := &Ledger{path: dir, readOnly: o.ReadOnly, receipts: map[string]Receipt{}}
	err := l.open(ctx, o)
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("ledger %s: %w", dir, err)
	}
	return l, nil
}

func (l *Ledger) open(ctx context.Context, o Options) error {
	if o.Create && !o.ReadOnly {
		if err := makeDirectory(l.path, o.RequireUID); err != nil {
			return err
		}
	}
	root, err := openDirectory(l.path, o.RequireUID)
	if o.ReadOnly && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	l.root = root
	if !o.ReadOnly {
		if err := l.takeLock(ctx, o.Wait); err != nil {
			return err
		}
		if err := l.subdirectory(receiptsDir); err != nil {
			return err
		}
	}
	l.files, err = openInside(root, receiptsDir, o.RequireUID)
	if o.ReadOnly && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return l.load()
}

func (l *Ledger) takeLock(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		wait = defaultWait
	}
	limited, cancel := context.WithTimeoutCause(ctx, wait, ErrBusy)
	defer cancel()
	lock := flock.New(filepath.Join(l.path, lockFile), flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	_, err := lock.TryLockContext(limited, retryLock)
	if err != nil && limited.Err() != nil {
		return context.Cause(limited)
	}
	if err != nil {
		return err
	}
	l.lock = lock
	return nil
}

// Close ends the lock. Closing again does nothing.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	var errs []error
	for _, root := range []*os.Root{l.files, l.root} {
		if root != nil {
			errs = append(errs, root.Close())
		}
	}
	if l.lock != nil {
		errs = append(errs, l.lock.Close())
	}
	return errors.Join(errs...)
}

// Receipts returns all receipts in order of creation, as they are after the
// last Put or Delete, and what Open found damaged.
func (l *Ledger) Receipts() ([]Receipt, []Damaged) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Receipt
	for _, id := range slices.Sorted(maps.Keys(l.receipts)) {
		out = append(out, l.receipts[id])
	}
	return out, slices.Clone(l.damaged)
}

// NewID returns an identifier for a new receipt. It sorts behind all that the
// ledger has seen, even if the clock went back.
func (l *Ledger) NewID(now time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.last.Add(1)) {
		now = l.last.Add(1)
	}
	if now.After(lastTime) {
		now = lastTime
	}
	id := newID(now)
	l.saw(id)
	return id
}

// saw remembers the newest identifier.
func (l *Ledger) saw(id string) {
	if t, ok := timeOfID(id); ok && t.After(l.last) {
		l.last = t
	}
}

// Put writes receipts, each new or in place of the one with the same ID. When
// it returns nil, they survive a power failure; when it does not, each of them
// may have been written or not. A receipt that no undo could use is
// [ErrInvalid], and then nothing was written.
//
// The trace on Linux, where D is the directory of the receipts:
//
//	openat(D, .put-<random>, O_CREAT|O_EXCL, 0600), write, fsync, close   each
//	renameat(D, .put-<random>, D, <ID>.json)                              each
//	fsync(D)
func (l *Ledger) Put(receipts ...Receipt) error {
	encoded := make([][]byte, len(receipts))
	for i := range receipts {
		data, err := encode(&receipts[i])
		if err != nil {
			return err
		}
		encoded[i] = data
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.mayWrite(); err != nil {
		return err
	}
	if len(l.receipts)+len(receipts) > maxReceipts {
		return ErrTooMany
	}
	errs := l.writeAll(receipts, encoded)
	for i, r := range receipts {
		if errs[i] == nil {
			// Read back from the bytes, so that the caller's maps stay its own.
			l.receipts[r.ID], _ = decode(r.ID, encoded[i])
			l.saw(r.ID)
		}
	}
	return errors.Join(append(errs, syncRoot(l.files))...)
}

// writeAll writes receipts at the same time: the waits for the disk, which are
// most of the work, then fall together.
func (l *Ledger) writeAll(receipts []Receipt, encoded [][]byte) []error {
	errs := make([]error, len(receipts))
	var writers sync.WaitGroup
	slots := make(chan struct{}, maxWriters)
	for i, r := range receipts {
		slots <- struct{}{}
		writers.Go(func() {
			errs[i] = l.write(r.ID+receiptSuffix, encoded[i])
			<-slots
		})
	}
	writers.Wait()
	return errs
}

// Delete removes receipts for good. One that does not exist is no error, and
// one that cannot be removed keeps no other.
func (l *Ledger) Delete(ids ...string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.mayWrite(); err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, l.delete(id))
	}
	return errors.Join(append(errs, syncRoot(l.files))...)
}

func (l *Ledger) delete(id string) error {
	if _, known := l.receipts[id]; !known {
		return nil
	}
	err := l.files.Remove(id + receiptSuffix)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		delete(l.receipts, id)
		return nil
	}
	return err
}

func (l *Ledger) mayWrite() error {
	switch {
	case l.readOnly:
		return ErrReadOnly
	case l.closed:
		return fs.ErrClosed
	}
	return nil
}
