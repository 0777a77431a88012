//go:build unix

package truststore

import "golang.org/x/sys/unix"

// mayWrite asks access(2) on behalf of the effective user.
func mayWrite(path string) bool { return may(path, unix.W_OK) }

// mayRead is mayWrite for reading.
func mayRead(path string) bool { return may(path, unix.R_OK) }

func may(path string, mode uint32) bool {
	return unix.Faccessat(unix.AT_FDCWD, path, mode, unix.AT_EACCESS) == nil
}
