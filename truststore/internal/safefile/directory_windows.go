package safefile

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// lockIsDirectory says that a file is locked: Windows cannot lock a directory.
const lockIsDirectory = false

func lockPlace(dir, base string) (path string, flag int) {
	return filepath.Join(dir, "."+base+".hktrust-lock"), os.O_CREATE | os.O_RDWR
}

func locksMissing(error) bool { return false }

// sync does nothing: NTFS journals its directories, and Windows does not let
// a program flush one.
func (d *directory) sync() error { return nil }

// inUse reports that another program has the file open and does not share it.
func inUse(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}
