package safefile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// retryLock is the pause between two tries to take a lock.
const retryLock = 5 * time.Millisecond

// directory is the directory of the edited file. All work goes through an open
// handle to it, so that it does not matter if it is renamed meanwhile.
type directory struct {
	root   *os.Root
	path   string
	lockOn *flock.Flock // nil where the file system has no locks
}

func openDirectory(path string) (*directory, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &directory{root: root, path: path}, nil
}

// lock waits until this process alone edits files in the directory.
func (d *directory) lock(ctx context.Context, base string, wait time.Duration) error {
	limited, cancel := context.WithTimeoutCause(ctx, wait, ErrBusy)
	defer cancel()
	path, flag := lockPlace(d.path, base)
	lock := flock.New(path, flock.SetFlag(flag), flock.SetPermissions(0o600))
	_, err := lock.TryLockContext(limited, retryLock)
	if err != nil {
		lock.Close()
	}
	switch {
	case err != nil && limited.Err() != nil:
		return context.Cause(limited)
	case errors.Is(err, errors.ErrUnsupported) || locksMissing(err):
		return nil
	case err != nil:
		return err
	}
	d.lockOn = lock
	return d.checkLock()
}

// checkLock makes sure that what is locked is the directory that is open, not
// one that took its place in between.
func (d *directory) checkLock() error {
	if !lockIsDirectory {
		return nil
	}
	locked, err := d.lockOn.Stat()
	if err != nil {
		return err
	}
	opened, err := d.root.Stat(".")
	if err != nil {
		return err
	}
	if !os.SameFile(locked, opened) {
		return ErrBusy
	}
	return nil
}

func (d *directory) close() {
	if d.lockOn != nil {
		d.lockOn.Close()
		if !lockIsDirectory {
			os.Remove(d.lockOn.Path()) // fails, rightly, while another process waits with it open
		}
	}
	d.root.Close()
}

// full is the path of a file in the directory.
func (d *directory) full(base string) string { return filepath.Join(d.path, base) }
