//go:build unix

package ledger

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

const (
	openNonblock = syscall.O_NONBLOCK
	openNoFollow = syscall.O_NOFOLLOW
)

func mkdirPrivate(path string, _ *int) error { return os.Mkdir(path, 0o700) }

// checkOwner checks that an open directory belongs to a user, and that nobody
// else may write to it.
func checkOwner(dir *os.File, uid int) error {
	info, err := dir.Stat()
	if err != nil {
		return err
	}
	if owner := int(info.Sys().(*syscall.Stat_t).Uid); owner != uid {
		return fmt.Errorf("%w: %s belongs to user %d, not %d", ErrOwner, dir.Name(), owner, uid)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return fmt.Errorf("%w: %s has mode %04o", ErrOwner, dir.Name(), mode)
	}
	return nil
}

// checkOwnerInside does the same for what lies in the ledger: it may have been
// made before the ledger was safe.
func checkOwnerInside(dir *os.File, uid int) error { return checkOwner(dir, uid) }

// syncDirectory makes the entries of an open directory durable. Some network
// and user-space file systems refuse that; they have no way to do better.
func syncDirectory(dir *os.File) error {
	err := dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}
