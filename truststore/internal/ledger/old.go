package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// lockFile is the lock of versions before accounts.
const lockFile = "lock"

// loadOld reads the receipts that a version before accounts left, one a file.
func (l *Ledger) loadOld() error {
	names, err := l.list(receiptsDir, receiptSuffix)
	if err != nil {
		return err
	}
	for _, name := range names {
		r, err := l.readOld(name)
		switch {
		case err == nil && r != nil:
			l.old = append(l.old, *r)
		case err != nil:
			l.damaged = append(l.damaged, Damaged{Name: name, Err: err})
		}
	}
	sortReceipts(l.old)
	l.saw(l.old)
	return nil
}

func (l *Ledger) readOld(name string) (*Receipt, error) {
	root, err := l.sub(receiptsDir)
	if err != nil {
		return nil, err
	}
	data, err := readFile(root, name, maxReceipt)
	if err != nil || data == nil { // gone since it was listed
		return nil, err
	}
	r, err := decode(data)
	if err == nil && r.ID != strings.TrimSuffix(name, receiptSuffix) {
		err = fmt.Errorf("%w: it calls itself %s", ErrDamaged, r.ID)
	}
	return &r, err
}

// oldOf are the old receipts of one store.
func (l *Ledger) oldOf(kind string, paths []string) []Receipt {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Receipt
	for _, r := range l.old {
		if r.Store.Kind == kind && slices.ContainsFunc(r.Store.Paths(), func(p string) bool { return slices.Contains(paths, p) }) {
			out = append(out, r)
		}
	}
	return out
}

// moveOver puts receipts of a version before accounts into accounts, under the
// lock of that version. A receipt is deleted when its account is durable: a
// move that is interrupted is made again.
func (l *Ledger) moveOver(ctx context.Context) error {
	names, err := l.list(receiptsDir, receiptSuffix)
	if err != nil || len(names) == 0 {
		return err
	}
	limited, cancel := context.WithTimeoutCause(ctx, l.opt.Wait, ErrBusy)
	defer cancel()
	lock, err := l.takeLock(limited, lockFile)
	if err != nil {
		return err
	}
	defer lock.Close()
	for _, name := range names {
		if err := l.moveOne(ctx, name); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.old = nil
	root, err := l.subLocked("")
	if err != nil {
		return err
	}
	if old := l.subs[receiptsDir]; old != nil {
		old.Close()
		delete(l.subs, receiptsDir)
	}
	_ = root.Remove(receiptsDir) // stays while something that is no receipt lies in it
	_ = root.Remove(lockFile)
	return nil
}

func (l *Ledger) moveOne(ctx context.Context, name string) error {
	r, err := l.readOld(name)
	switch {
	case errors.Is(err, ErrNewer):
		return nil // not ours to move
	case errors.Is(err, ErrDamaged):
		return l.moveAside(name)
	case err != nil || r == nil:
		return err
	}
	a, err := l.openAccount(ctx, r.Store.Kind, r.Store.Paths())
	if err != nil {
		return err
	}
	defer a.Close()
	if err := a.Write([]Receipt{*r}); err != nil {
		return err
	}
	root, err := l.sub(receiptsDir)
	if err != nil || root == nil {
		return err
	}
	return removeFile(root, name)
}

// moveAside takes an old receipt that is damaged out of the way.
func (l *Ledger) moveAside(name string) error {
	if _, err := l.needSub(damagedDir); err != nil {
		return err
	}
	root, err := l.sub("")
	if err != nil {
		return err
	}
	free, err := l.freeName(name)
	if err != nil {
		return err
	}
	if err := root.Rename(filepath.Join(receiptsDir, name), filepath.Join(damagedDir, free)); err != nil {
		return err
	}
	return l.syncSub(damagedDir)
}

// setAside keeps what cannot be read in a file of its own, and returns its path.
func (l *Ledger) setAside(name string, data []byte) (string, error) {
	root, err := l.needSub(damagedDir)
	if err != nil {
		return "", err
	}
	free, err := l.freeName(name)
	if err != nil {
		return "", err
	}
	if err := writeFile(root, free, bytes.TrimLeft(data, "\n")); err != nil {
		return "", err
	}
	return filepath.Join(l.path, damagedDir, free), syncRoot(root)
}

// freeName is a name under which nothing was set aside yet: each is kept.
func (l *Ledger) freeName(name string) (string, error) {
	root, err := l.sub(damagedDir)
	if err != nil || root == nil {
		return name, err
	}
	for n := 0; ; n++ {
		free := name
		if n > 0 {
			free = fmt.Sprintf("%s.%d", name, n)
		}
		if _, err := root.Lstat(free); errors.Is(err, fs.ErrNotExist) {
			return free, nil
		} else if err != nil {
			return "", err
		}
	}
}

func (l *Ledger) syncSub(name string) error {
	root, err := l.sub(name)
	if err != nil || root == nil {
		return err
	}
	return syncRoot(root)
}

// maxSetAside bounds how many files that were set aside are named.
const maxSetAside = 100

// loadSetAside notes what earlier runs set aside: somebody must look at it, or
// what it was about stays changed for ever.
func (l *Ledger) loadSetAside() error {
	root, err := l.sub(damagedDir)
	if err != nil || root == nil {
		return err
	}
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	entries, err := dir.ReadDir(maxSetAside)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) {
			continue
		}
		l.damaged = append(l.damaged, Damaged{
			Name: e.Name(), Err: fmt.Errorf("%w: it was set aside", ErrDamaged),
			SetAside: filepath.Join(l.path, damagedDir, e.Name()),
		})
	}
	return nil
}
