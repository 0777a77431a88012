package ledger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gofrs/flock"
)

// AccountFormat is the first line of an account. A change that an older
// program must not overlook gets a higher number.
const AccountFormat = "hktrust.account/1"

const accountPrefix = "hktrust.account/"

// Account is the receipts of one store, locked against other programs and
// other Accounts of this one. Where the store's names led elsewhere once, it
// has the receipts of that place, too. It is used by one goroutine at a time.
type Account struct {
	ledger *Ledger
	key    string // of the store as it is now
	names  []string
	locks  map[string]*flock.Flock
	files  map[string]*accountFile
	once   sync.Once

	damaged []Damaged
}

// accountFile is the content of one file of an account.
type accountFile struct {
	receipts []Receipt
	kept     [][]byte // lines that this version does not understand, and leaves
	spoiled  [][]byte // lines that nobody understands
	damaged  []Damaged
	closed   error // why this version can write nothing here
}

func (l *Ledger) readAccount(key string) (*accountFile, error) {
	root, err := l.sub(storesDir)
	if err != nil {
		return nil, err
	}
	name := key + accountSuffix
	data, err := readFile(root, name, maxAccount)
	if errors.Is(err, ErrDamaged) {
		return &accountFile{damaged: []Damaged{{Name: name, Err: err}}, closed: err}, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := parseAccount(name, data)
	if err != nil {
		return nil, err
	}
	l.saw(f.receipts)
	return f, nil
}

// parseAccount reads an account line by line: a damaged line takes no other
// with it.
func parseAccount(name string, data []byte) (*accountFile, error) {
	f := &accountFile{}
	head, rest, _ := bytes.Cut(data, []byte("\n"))
	var format struct {
		Format string `json:"format"`
	}
	switch err := json.Unmarshal(head, &format); {
	case len(data) == 0:
		return f, nil
	case isNewer(format.Format, accountPrefix):
		newer := fmt.Errorf("%w: %s", ErrNewer, format.Format)
		return &accountFile{damaged: []Damaged{{Name: name, Err: newer}}, closed: newer}, nil
	case err != nil || format.Format != AccountFormat:
		rest = data // whatever this is, each line of it is looked at
	}
	for line := range bytes.Lines(rest) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			f.parseLine(name, line)
		}
		if len(f.receipts) > maxReceipts {
			return nil, ErrTooMany
		}
	}
	sortReceipts(f.receipts)
	return f, nil
}

func (f *accountFile) parseLine(name string, line []byte) {
	r, err := decode(line)
	switch {
	case err == nil:
		f.receipts = append(f.receipts, r)
		return
	case errors.Is(err, ErrNewer):
		f.kept = append(f.kept, line)
	default:
		f.spoiled = append(f.spoiled, line)
	}
	f.damaged = append(f.damaged, Damaged{Name: name, Err: err})
}

func (f *accountFile) encode() ([]byte, error) {
	if len(f.receipts) == 0 && len(f.kept) == 0 {
		return nil, nil
	}
	out := bytes.NewBufferString(`{"format":"` + AccountFormat + `"}` + "\n")
	for i := range f.receipts {
		line, err := encode(&f.receipts[i])
		if err != nil {
			return nil, err
		}
		out.Write(line)
	}
	for _, line := range f.kept {
		out.Write(line)
		out.WriteByte('\n')
	}
	if out.Len() > maxAccount || len(f.receipts) > maxReceipts {
		return nil, ErrTooMany
	}
	return out.Bytes(), nil
}

func sortReceipts(receipts []Receipt) {
	slices.SortStableFunc(receipts, func(a, b Receipt) int { return cmp.Compare(a.ID, b.ID) })
}

// openAccount locks every file that may hold receipts of the store. Locks are
// taken in one order by all, and again where a name turns out to lead to more.
func (l *Ledger) openAccount(ctx context.Context, kind string, paths []string) (*Account, error) {
	limited, cancel := context.WithTimeoutCause(ctx, max(l.opt.Wait, l.opt.Waits[kind]), ErrBusy)
	defer cancel()
	a := &Account{ledger: l, key: keyOf(kind, paths[0]), names: nameKeys(kind, paths)}
	for {
		accounts, err := l.accountsOf(kind, paths)
		if err != nil {
			return nil, err
		}
		wanted := slices.Compact(slices.Sorted(slices.Values(slices.Concat(a.names, accounts))))
		if err := a.lock(limited, wanted); err != nil {
			return nil, err
		}
		now, err := l.accountsOf(kind, paths)
		if err == nil && !slices.ContainsFunc(now, func(k string) bool { return a.locks[k] == nil }) {
			return a, a.load(now)
		}
		a.unlock()
		if err != nil {
			return nil, err
		}
	}
}

func (a *Account) lock(ctx context.Context, keys []string) error {
	a.locks = map[string]*flock.Flock{}
	if _, err := a.ledger.needSub(locksDir); err != nil {
		return err
	}
	for _, key := range keys {
		lock, err := a.ledger.takeLock(ctx, filepath.Join(locksDir, key))
		if err != nil {
			a.unlock()
			return err
		}
		a.locks[key] = lock
	}
	return nil
}

// takeLock locks a file of the ledger. Whoever held the lock may have removed
// the file: what was locked must still be what has the name.
func (l *Ledger) takeLock(ctx context.Context, name string) (*flock.Flock, error) {
	path := filepath.Join(l.path, name)
	for {
		lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
		_, err := lock.TryLockContext(ctx, retryLock)
		if err != nil && ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			return nil, err
		}
		held, err := lock.Stat()
		if err == nil {
			var named fs.FileInfo
			if named, err = os.Lstat(path); err == nil && os.SameFile(held, named) {
				return lock, nil
			}
		}
		lock.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
}

// load reads the files, and sets aside what nobody understands.
func (a *Account) load(keys []string) error {
	a.files = map[string]*accountFile{}
	for _, key := range keys {
		f, err := a.ledger.readAccount(key)
		if err == nil {
			err = f.closed
		}
		if err != nil {
			a.Close()
			return err
		}
		a.files[key] = f
		aside := ""
		if len(f.spoiled) > 0 {
			if aside, err = a.setAside(key, f); err != nil {
				a.Close()
				return err
			}
		}
		for _, d := range f.damaged {
			d.SetAside = aside
			a.damaged = append(a.damaged, d)
		}
	}
	return nil
}

// Receipts returns the store's receipts in order of creation, as they are after
// the last Write.
func (a *Account) Receipts() []Receipt {
	var out []Receipt
	for _, key := range slices.Sorted(maps.Keys(a.files)) {
		out = append(out, a.files[key].receipts...)
	}
	sortReceipts(out)
	return out
}

// Incomplete reports whether there was, or is, more in the account than this
// version can read: something of ours may be in the store that no receipt tells.
func (a *Account) Incomplete() bool {
	aside := func(d Damaged) bool {
		return slices.ContainsFunc(slices.Collect(maps.Keys(a.locks)), func(key string) bool {
			return strings.HasPrefix(d.Name, key+accountSuffix)
		})
	}
	return len(a.damaged) > 0 || slices.ContainsFunc(a.ledger.Damaged(), aside)
}

// Damaged lists what of the account could not be read when it was opened.
func (a *Account) Damaged() []Damaged { return a.damaged }

// Write writes receipts, each new or in place of the one with the same ID, and
// deletes others. When it returns nil, that survives a power failure; when it
// does not, each may have been written or not. A receipt that no undo could
// use is [ErrInvalid], and then nothing was written.
//
// The trace on Linux, where D is the directory of the accounts:
//
//	openat(D, .put-<key>.jsonl, O_CREAT|O_EXCL, 0600), write, fsync, close
//	renameat(D, .put-<key>.jsonl, D, <key>.jsonl)
//	fsync(D)
//
// An account without receipts is deleted instead.
func (a *Account) Write(put []Receipt, drop ...string) error { return a.write(put, drop, true) }

// Conclude is Write without the last sync: a power failure may bring back the
// receipts as they were before it. It is for what the next run would find out
// by reading the store.
func (a *Account) Conclude(put []Receipt, drop ...string) error { return a.write(put, drop, false) }

func (a *Account) write(put []Receipt, drop []string, durable bool) error {
	if a.files == nil {
		return fs.ErrClosed
	}
	next := map[string]*accountFile{}
	edit := func(key string) *accountFile {
		if next[key] == nil {
			f := accountFile{}
			if now := a.files[key]; now != nil {
				f = *now
				f.receipts = slices.Clone(now.receipts)
			}
			next[key] = &f
		}
		return next[key]
	}
	for _, id := range drop {
		if key, ok := a.keyOf(id); ok {
			f := edit(key)
			f.receipts = slices.DeleteFunc(f.receipts, func(r Receipt) bool { return r.ID == id })
		}
	}
	for _, r := range put {
		key, ok := a.keyOf(r.ID)
		f := edit(key)
		f.receipts = slices.DeleteFunc(f.receipts, func(o Receipt) bool { return ok && o.ID == r.ID })
		f.receipts = append(f.receipts, r)
	}
	return a.replace(next, durable)
}

// keyOf tells in which file a receipt lies; a new one lies in that of the store
// as it is now.
func (a *Account) keyOf(id string) (string, bool) {
	for key, f := range a.files {
		if slices.ContainsFunc(f.receipts, func(r Receipt) bool { return r.ID == id }) {
			return key, true
		}
	}
	return a.key, false
}

func (a *Account) replace(next map[string]*accountFile, durable bool) error {
	encoded := map[string][]byte{}
	for key, f := range next {
		sortReceipts(f.receipts)
		data, err := f.encode()
		if err != nil {
			return err
		}
		encoded[key] = data
	}
	for _, key := range slices.Sorted(maps.Keys(next)) {
		if err := a.replaceFile(key, next[key], encoded[key], durable); err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) replaceFile(key string, f *accountFile, data []byte, durable bool) error {
	root, err := a.ledger.needSub(storesDir)
	if err != nil {
		return err
	}
	if data == nil {
		if err := removeFile(root, key+accountSuffix); err != nil {
			return err
		}
		a.ledger.unname(key, a.files[key])
		delete(a.files, key)
	} else {
		if err := a.ledger.nameAll(key, f); err != nil {
			return err
		}
		if err := writeFile(root, key+accountSuffix, data); err != nil {
			return err
		}
		// As it will be read, so that the caller's maps stay its own.
		if a.files[key], err = parseAccount(key, data); err != nil {
			return err
		}
	}
	if !durable {
		return nil
	}
	return syncRoot(root)
}

// setAside moves lines that cannot be read out of an account.
func (a *Account) setAside(key string, f *accountFile) (string, error) {
	path, err := a.ledger.setAside(key+accountSuffix, bytes.Join(append(f.spoiled, nil), []byte("\n")))
	if err != nil {
		return "", err
	}
	clean := accountFile{receipts: f.receipts, kept: f.kept}
	data, err := clean.encode()
	if err != nil {
		return "", err
	}
	return path, a.replaceFile(key, &clean, data, true)
}

// Close ends the locks. Closing again does nothing.
func (a *Account) Close() error {
	a.once.Do(a.unlock)
	return nil
}

// unlock ends the locks, and removes those of accounts that do not exist.
func (a *Account) unlock() {
	a.files = nil
	locks, _ := a.ledger.sub(locksDir)
	for key, lock := range a.locks {
		a.ledger.sweep(key)
		a.ledger.pruneName(key)
		if locks != nil && !a.ledger.known(key) {
			removeFile(locks, key)
		}
		lock.Close()
	}
	a.locks = nil
}

// sweep removes what a killed writer of an account left half-written.
func (l *Ledger) sweep(key string) {
	for dir, name := range map[string]string{storesDir: key + accountSuffix, namesDir: key} {
		if root, err := l.sub(dir); err == nil && root != nil {
			_ = removeFile(root, tempPrefix+name)
		}
	}
}

// known reports whether a key has an account, or is a name of some.
func (l *Ledger) known(key string) bool {
	for dir, name := range map[string]string{storesDir: key + accountSuffix, namesDir: key} {
		root, err := l.sub(dir)
		if err != nil {
			return true
		}
		if root == nil {
			continue
		}
		if _, err := root.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}
