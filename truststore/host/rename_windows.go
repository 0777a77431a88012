package host

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"
)

// Rename renames a file inside a directory, replacing the one that has the new
// name. One that another program has open is waited for about two seconds;
// then the error matches ERROR_SHARING_VIOLATION. The renamed file is flushed
// to the disk, and with it its new name.
func Rename(root *os.Root, from, to string) error {
	// To replace an open file is a lack of rights for Windows, unless all who
	// have it open share its deletion. Who had it open may be gone when asked.
	err := root.Rename(from, to)
	for deadline := time.Now().Add(patience); (inUse(err) || errors.Is(err, windows.ERROR_ACCESS_DENIED)) && time.Now().Before(deadline); {
		time.Sleep(retryOpen)
		err = root.Rename(from, to)
	}
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

// inUse reports that another program has a file open and does not share it.
func inUse(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}
