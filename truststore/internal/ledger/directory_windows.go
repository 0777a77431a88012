package ledger

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/hktrust/hktrust/truststore/host"
)

const openNonblock, openNoFollow = 0, 0

// machineOnly gives Administrators and SYSTEM all rights, and nobody else any:
// what lies in %ProgramData% would else let every user add files.
const machineOnly = "O:BAG:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)"

func mkdirPrivate(path string, uid *int) error {
	if uid == nil || *uid != 0 {
		return os.Mkdir(path, 0o700) // below the user's profile, with its rights
	}
	sd, err := windows.SecurityDescriptorFromString(machineOnly)
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	err = windows.CreateDirectory(name, &windows.SecurityAttributes{
		Length:             uint32(unsafe.Sizeof(windows.SecurityAttributes{})),
		SecurityDescriptor: sd,
	})
	if err != nil {
		return &os.PathError{Op: "mkdir", Path: path, Err: err}
	}
	return nil
}

// checkOwner checks that a directory of the machine's ledger belongs to the
// machine's administrators and that nobody else may write to it: whoever got
// there first may have made it, in %ProgramData%, where everybody may.
func checkOwner(dir *os.File, uid int) error {
	if uid != 0 {
		return nil
	}
	if err := host.AdministratorsOnly(dir); err != nil {
		return fmt.Errorf("%w: %w", ErrOwner, err)
	}
	return nil
}

// checkOwnerInside has nothing to check: what administrators make in a
// directory of machineOnly may belong to one of them by name.
func checkOwnerInside(*os.File, int) error { return nil }

// syncDirectory does nothing: NTFS journals its directories, and Windows does
// not let a program flush one.
func syncDirectory(*os.File) error { return nil }
