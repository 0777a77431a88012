package safefile

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// frozen reports a file that chattr(1) made immutable or append-only: even
// root may not replace it.
func frozen(name string) error {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, name, unix.AT_SYMLINK_NOFOLLOW, 0, &st); err != nil {
		return nil // an old kernel or a sandbox; the rename will tell
	}
	if st.Attributes&(unix.STATX_ATTR_IMMUTABLE|unix.STATX_ATTR_APPEND) != 0 {
		return fmt.Errorf("file is immutable or append-only: %w", syscall.EPERM)
	}
	return nil
}
