package safefile

import (
	"context"
	"errors"
	"os"
	"time"
)

// retryLock is the pause between two tries to take a lock.
const retryLock = 5 * time.Millisecond

// directory is the directory of the edited file. All work goes through an open
// handle to it, so that it does not matter if it is renamed meanwhile.
type directory struct {
	root   *os.Root
	path   string
	unlock func() // nil where it is not locked
}

func openDirectory(path string) (*directory, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &directory{root: root, path: path}, nil
}

// lock waits until this process alone edits files in the directory. Where the
// file system has no locks, it does nothing.
func (d *directory) lock(ctx context.Context, wait time.Duration) error {
	limited, cancel := context.WithTimeoutCause(ctx, wait, ErrBusy)
	defer cancel()
	unlock, err := d.takeLock(limited)
	switch {
	case err != nil && limited.Err() != nil:
		return context.Cause(limited)
	case errors.Is(err, errors.ErrUnsupported):
		return nil
	}
	d.unlock = unlock
	return err
}

func (d *directory) close() {
	if d.unlock != nil {
		d.unlock()
	}
	d.root.Close()
}
