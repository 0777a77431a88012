//go:build unix

package nss

import (
	"errors"
	"io"
	"os"
	"syscall"

	"github.com/hktrust/hktrust/truststore/host"
)

// posixLocked reports whether another process holds a POSIX lock on a file;
// known is false if that cannot be asked. Only for files that this process
// itself does not lock: closing one ends all its locks on it.
func posixLocked(h *host.Host, path string) (locked, known bool) {
	if !h.IsFile(path) {
		return false, false
	}
	resolved, err := h.Resolve(path)
	if err != nil {
		return false, false
	}
	f, err := os.OpenFile(h.Real(resolved), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return false, false
	}
	defer f.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock); err != nil {
		return false, false
	}
	return lock.Type != syscall.F_UNLCK, true
}

// exclusivelyOpen answers that files are not opened exclusively on Unix.
func exclusivelyOpen(*host.Host, string) bool { return false }

// processAlive reports whether a process of this machine runs.
func processAlive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// isNotDir reports whether a path leads through something that is no directory.
func isNotDir(err error) bool { return errors.Is(err, syscall.ENOTDIR) }
