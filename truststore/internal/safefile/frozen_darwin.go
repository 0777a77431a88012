package safefile

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// frozen reports a file that chflags(1) locked: Finder's "Locked" is uchg, and
// even root may not replace it.
func frozen(name string) error {
	var st unix.Stat_t
	if err := unix.Lstat(name, &st); err != nil {
		return nil // the rename will tell
	}
	if st.Flags&(unix.UF_IMMUTABLE|unix.UF_APPEND|unix.SF_IMMUTABLE|unix.SF_APPEND) != 0 {
		return fmt.Errorf("file is locked (uchg, uappnd, schg or sappnd): %w", syscall.EPERM)
	}
	return lostAt(name)
}
