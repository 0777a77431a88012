//go:build unix

package nss

import (
	"os"
	"syscall"
)

// setLock locks a file as Mozilla's nsProfileLock does.
func setLock(f *os.File) error {
	return syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK})
}
