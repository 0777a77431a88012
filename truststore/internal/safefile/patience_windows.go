package safefile

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// patience is how long a file is waited for that another program has open, and
// retryOpen the pause between two tries. Virus scanners and indexers open each
// new file for a moment.
const (
	patience  = 2 * time.Second
	retryOpen = 20 * time.Millisecond
)

// patiently repeats op while it fails because another program has a file open.
func patiently(op func() error) error { return repeat(op, inUse) }

// repeat repeats op while it fails in a way that may pass.
func repeat(op func() error, passes func(error) bool) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(retryOpen) {
		err := op()
		if !passes(err) || !time.Now().Before(deadline) {
			return err
		}
	}
}

// Rename renames a file inside a directory, replacing the one that has the new
// name. One that another program has open is waited for about two seconds;
// then the error matches ERROR_SHARING_VIOLATION. The renamed file is flushed
// to the disk, and with it its new name.
func Rename(root *os.Root, from, to string) error {
	// To replace an open file is a lack of rights for Windows, unless all who
	// have it open share its deletion. Who had it open may be gone when asked.
	denied := func(err error) bool { return inUse(err) || errors.Is(err, windows.ERROR_ACCESS_DENIED) }
	err := repeat(func() error { return root.Rename(from, to) }, denied)
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) && heldOpen(filepath.Join(root.Name(), to)) {
		return windows.ERROR_SHARING_VIOLATION
	}
	if err != nil {
		return err
	}
	f, err := root.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return nil // may be renamed, not written to; it was written to the disk before
	}
	defer f.Close()
	return f.Sync()
}

// replaceable reports that a program has the file open and does not share its
// deletion.
func replaceable(name string) error {
	if err := mayOpen(name, windows.DELETE); inUse(err) {
		return err
	}
	return nil // whatever else is wrong, the rename will tell
}

// heldOpen reports whether any program has a file open.
func heldOpen(path string) bool {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return false
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return inUse(err)
	}
	windows.CloseHandle(h)
	return false
}
