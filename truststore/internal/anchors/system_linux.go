package anchors

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

func tryLock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return errLocked
	}
	return err
}

func unlock(f *os.File) { unix.Flock(int(f.Fd()), unix.LOCK_UN) }

// publish makes a file that others may read. It appears with its whole
// content, and a process that is killed before leaves nothing: in a directory
// in which every file is an anchor, a temporary one would be, too. A name that
// is taken is [fs.ErrExist].
//
//	f = openat(dir, O_TMPFILE|O_WRONLY, 0600)
//	write(f), fchmod(f, 0644), fsync(f)
//	linkat("/proc/self/fd/f", name, AT_SYMLINK_FOLLOW)
//	fsync(dir)
//
// Where the file system has no unnamed files, errors.ErrUnsupported.
func publish(name string, content []byte) error {
	fd, err := unix.Open(filepath.Dir(name), unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EISDIR) {
		return errors.ErrUnsupported
	}
	if err != nil {
		return &os.PathError{Op: "create", Path: name, Err: err}
	}
	f := os.NewFile(uintptr(fd), name)
	defer f.Close()
	if _, err := f.Write(content); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	err = unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", fd), unix.AT_FDCWD, name, unix.AT_SYMLINK_FOLLOW)
	if errors.Is(err, unix.ENOENT) {
		return errors.ErrUnsupported // a tree without /proc
	}
	if err != nil {
		return &os.PathError{Op: "create", Path: name, Err: err}
	}
	return syncDir(filepath.Dir(name))
}
