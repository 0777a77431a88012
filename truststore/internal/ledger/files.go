package ledger

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

const (
	storesDir     = "stores"
	namesDir      = "names"
	locksDir      = "locks"
	damagedDir    = "damaged"
	receiptsDir   = "receipts"
	receiptSuffix = ".json"
	accountSuffix = ".jsonl"
	tempPrefix    = ".put-"

	maxFiles    = 100_000
	maxReceipts = 10_000   // of one store
	maxAccount  = 64 << 20 // bytes
	maxNames    = 64       // accounts behind one name
)

// list names the files of a directory that have a suffix, in order.
func (l *Ledger) list(dir, suffix string) ([]string, error) {
	root, err := l.sub(dir)
	if root == nil {
		return nil, err
	}
	f, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var names []string
	for {
		entries, err := f.ReadDir(1024)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), suffix) && !strings.HasPrefix(e.Name(), tempPrefix) {
				names = append(names, e.Name())
			}
		}
		switch {
		case len(names) > maxFiles:
			return nil, ErrTooMany
		case errors.Is(err, io.EOF):
			slices.Sort(names)
			return names, nil
		case err != nil:
			return nil, err
		}
	}
}

// readFile returns the content of a file of the ledger. It waits for no pipe
// and follows no link; nil if there is none.
func readFile(root *os.Root, name string, limit int) ([]byte, error) {
	if root == nil {
		return nil, nil
	}
	f, err := root.OpenFile(name, os.O_RDONLY|openNonblock|openNoFollow, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		if info, lerr := root.Lstat(name); lerr == nil && !info.Mode().IsRegular() {
			err = fmt.Errorf("%w: not a regular file", ErrDamaged)
		}
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: not a regular file", ErrDamaged)
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("%w: more than %d bytes", ErrDamaged, limit)
	}
	if data == nil {
		data = []byte{}
	}
	return data, err
}

// writeFile replaces a file of the ledger. That its name lasts takes a sync of
// the directory. Whoever writes a file holds its lock, so that what lies under
// the temporary name is what a killed writer left.
func writeFile(root *os.Root, name string, data []byte) error {
	temp := tempPrefix + name
	if err := removeFile(root, temp); err != nil {
		return err
	}
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
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
		err = host.Rename(root, temp, name)
	}
	if err != nil {
		root.Remove(temp)
	}
	return err
}

// removeFile deletes a file of the ledger; one that is gone is no error.
func removeFile(root *os.Root, name string) error {
	err := root.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func syncRoot(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	return syncDirectory(dir)
}
