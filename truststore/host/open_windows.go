package host

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// A file that another program has open for itself is waited for, as long as
// virus scanners and indexers take.
const (
	patience  = 2 * time.Second
	retryOpen = 20 * time.Millisecond
)

// openToRead opens a file and lets others write, replace and delete it
// meanwhile: package os would keep them from the latter two.
func openToRead(name string) (*os.File, error) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	for deadline := time.Now().Add(patience); ; time.Sleep(retryOpen) {
		h, err := windows.CreateFile(path, windows.GENERIC_READ, share, nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
		switch {
		case err == nil:
			return os.NewFile(uintptr(h), name), nil
		case !errors.Is(err, windows.ERROR_SHARING_VIOLATION) || !time.Now().Before(deadline):
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
	}
}
