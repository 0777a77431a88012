//go:build unix

package safefile

import (
	"errors"
	"os"
	"syscall"
)

// lockIsDirectory says that the directory itself is locked: nothing is left
// behind, and a rename inside it does not lose the lock.
const lockIsDirectory = true

func lockPlace(dir, _ string) (path string, flag int) {
	return dir, os.O_RDONLY | syscall.O_DIRECTORY
}

// locksMissing reports whether the file system says that it cannot lock.
func locksMissing(err error) bool { return errors.Is(err, syscall.ENOLCK) }

// sync makes the directory's entries durable. Some network and user-space file
// systems refuse to sync a directory; they have no way to do better.
func (d *directory) sync() error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// inUse: a file that others have open can be replaced.
func inUse(error) bool { return false }
