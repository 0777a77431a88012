//go:build unix

package safefile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/gofrs/flock"
)

// takeLock locks the directory itself: nothing is left behind, and a rename
// inside it does not lose the lock. It is errors.ErrUnsupported where the file
// system has no locks.
func (d *directory) takeLock(ctx context.Context) (unlock func(), err error) {
	lock := flock.New(d.path, flock.SetFlag(os.O_RDONLY|syscall.O_DIRECTORY))
	if _, err = lock.TryLockContext(ctx, retryLock); err == nil {
		err = d.isLocked(lock)
	}
	if err == nil {
		return func() { lock.Close() }, nil
	}
	lock.Close()
	if errors.Is(err, syscall.ENOLCK) {
		err = fmt.Errorf("%w: %w", errors.ErrUnsupported, err)
	}
	return nil, err
}

// isLocked makes sure that what is locked is the directory that is open, not
// one that took its place in between.
func (d *directory) isLocked(lock *flock.Flock) error {
	locked, err := lock.Stat()
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
