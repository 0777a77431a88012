package ledger

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

const (
	lockFile      = "lock"
	receiptsDir   = "receipts"
	damagedDir    = "damaged"
	receiptSuffix = ".json"
	tempPrefix    = ".put-"

	maxReceipts = 100_000
	maxTotal    = 512 << 20 // bytes of all receipts
	maxWriters  = 8         // receipts written at a time
)

// load reads all receipts.
func (l *Ledger) load() error {
	names, err := l.list()
	if err != nil {
		return err
	}
	total := 0
	for _, name := range names {
		id := strings.TrimSuffix(name, receiptSuffix)
		l.saw(id)
		data, err := l.read(name)
		if total += len(data); total > maxTotal {
			return ErrTooMany
		}
		var r Receipt
		if err == nil {
			r, err = decode(id, data)
		}
		switch {
		case err == nil:
			l.receipts[id] = r
		case !errors.Is(err, fs.ErrNotExist): // else deleted since it was listed
			l.damaged = append(l.damaged, l.setAside(name, err))
		}
	}
	return nil
}

// list names the receipts in order, and clears away what a killed Put left.
// Other files are not ours to judge.
func (l *Ledger) list() ([]string, error) {
	dir, err := l.files.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	var names []string
	for {
		entries, err := dir.ReadDir(1024)
		for _, e := range entries {
			switch {
			case strings.HasSuffix(e.Name(), receiptSuffix):
				names = append(names, e.Name())
			case strings.HasPrefix(e.Name(), tempPrefix) && !l.readOnly:
				l.files.Remove(e.Name())
			}
		}
		if len(names) > maxReceipts {
			return nil, ErrTooMany
		}
		if errors.Is(err, io.EOF) {
			slices.Sort(names)
			return names, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// read returns the content of one receipt. It waits for no pipe and follows no
// link.
func (l *Ledger) read(name string) ([]byte, error) {
	named, err := l.files.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !named.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a regular file", ErrDamaged)
	}
	f, err := l.files.OpenFile(name, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	opened, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !opened.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a regular file", ErrDamaged)
	}
	return io.ReadAll(io.LimitReader(f, maxReceipt+1))
}

// write replaces one receipt; that its name lasts takes a sync of the directory.
func (l *Ledger) write(name string, data []byte) error {
	random := make([]byte, 8)
	rand.Read(random)
	temp := tempPrefix + hex.EncodeToString(random)
	f, err := l.files.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = host.Rename(l.files, temp, name)
	}
	if err != nil {
		l.files.Remove(temp)
	}
	return err
}

// setAside moves a damaged receipt out of the way, unless the damage may be in
// the eye of the reader.
func (l *Ledger) setAside(name string, why error) Damaged {
	d := Damaged{Name: name, Err: why}
	if l.readOnly || !errors.Is(why, ErrDamaged) {
		return d
	}
	aside, err := l.moveAside(name)
	if err != nil {
		d.Err = errors.Join(why, fmt.Errorf("cannot be set aside: %w", err))
		return d
	}
	d.SetAside = filepath.Join(l.path, aside)
	return d
}

// moveAside overwrites nothing: each damaged receipt is kept.
func (l *Ledger) moveAside(name string) (string, error) {
	if err := l.subdirectory(damagedDir); err != nil {
		return "", err
	}
	aside := filepath.Join(damagedDir, name)
	for n := 1; ; n++ {
		_, err := l.root.Lstat(aside)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return "", err
		}
		aside = filepath.Join(damagedDir, fmt.Sprintf("%s.%d", name, n))
	}
	if err := l.root.Rename(filepath.Join(receiptsDir, name), aside); err != nil {
		return "", err
	}
	return aside, errors.Join(l.syncInside(damagedDir), syncRoot(l.files))
}

// subdirectory makes a directory of the ledger if it is missing.
func (l *Ledger) subdirectory(name string) error {
	err := l.root.Mkdir(name, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return syncRoot(l.root)
}

func (l *Ledger) syncInside(name string) error {
	dir, err := l.root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return syncDirectory(dir)
}

func syncRoot(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	return syncDirectory(dir)
}
