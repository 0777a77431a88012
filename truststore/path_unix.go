//go:build unix

package truststore

import "golang.org/x/sys/unix"

// mayWrite asks access(2) on behalf of the effective user.
func mayWrite(path string) bool {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK, unix.AT_EACCESS) == nil
}
