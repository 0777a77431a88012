package host

import "golang.org/x/sys/unix"

// hasAccessList reports whether a file has a POSIX access control list, or one
// that cannot be read.
func hasAccessList(name string) bool {
	_, err := unix.Lgetxattr(name, "system.posix_acl_access", nil)
	return err == nil || err != unix.ENODATA && err != unix.ENOTSUP
}
