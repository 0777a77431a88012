package safefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attrList is struct attrlist of sys/attr.h.
type attrList struct {
	bitmapCount, reserved                  uint16
	common, volume, directory, file, forks uint32
}

const (
	attrBitMapCount       = 5          // ATTR_BIT_MAP_COUNT
	attrExtendedSecurity  = 0x00400000 // ATTR_CMN_EXTENDED_SECURITY
	optionNoFollow        = 0x1        // FSOPT_NOFOLLOW
	attrReferenceLengthAt = 8          // after the buffer's own length and the offset
)

// lostOf tells of an access control list: macOS keeps it apart from extended
// attributes and has no call to copy it but in its C library. fgetattrlist(2)
// tells whether there is one.
func lostOf(f *os.File) error {
	//lint:ignore SA1019 there is no wrapper without cgo
	return aclKeepable(unix.SYS_FGETATTRLIST, f.Fd())
}

// lostAt does the same for a path.
func lostAt(name string) error {
	path, err := unix.BytePtrFromString(name)
	if err != nil {
		return err
	}
	//lint:ignore SA1019 there is no wrapper without cgo
	return aclKeepable(unix.SYS_GETATTRLIST, uintptr(unsafe.Pointer(path)))
}

func aclKeepable(call, file uintptr) error {
	list := attrList{bitmapCount: attrBitMapCount, common: attrExtendedSecurity}
	var answer [64]byte
	_, _, errno := unix.Syscall6(call, file, uintptr(unsafe.Pointer(&list)),
		uintptr(unsafe.Pointer(&answer[0])), uintptr(len(answer)), optionNoFollow, 0)
	if errno != 0 {
		return nil // a file system that knows no lists
	}
	if binary.LittleEndian.Uint32(answer[attrReferenceLengthAt:]) == 0 {
		return nil
	}
	return fmt.Errorf("access control list cannot be kept: %w", errors.ErrUnsupported)
}
