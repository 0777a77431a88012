package safefile

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// anyUser lets every user wait for a mutex and release it: whoever may edit
// files in a directory takes the same lock, elevated or not. To hold it is all
// that another user could do, as with the lock of a directory on Unix.
const anyUser = "D:(A;;0x00100001;;;WD)"

// takeLock takes a mutex named after the directory's volume and number there,
// whatever the path to it. Windows cannot lock a directory, and a lock file
// would be a change of its own. Windows releases the mutex when its holder
// dies. It belongs to a thread, which this goroutine keeps until unlock.
func (d *directory) takeLock(ctx context.Context) (unlock func(), err error) {
	mutex, err := d.openMutex()
	if err != nil {
		return nil, err
	}
	runtime.LockOSThread()
	for {
		event, err := windows.WaitForSingleObject(mutex, 0)
		switch {
		case err != nil:
		case event == windows.WAIT_OBJECT_0 || event == windows.WAIT_ABANDONED:
			return func() {
				windows.ReleaseMutex(mutex)
				runtime.UnlockOSThread()
				windows.CloseHandle(mutex)
			}, nil
		default:
			select {
			case <-ctx.Done():
				err = ctx.Err()
			case <-time.After(retryLock):
			}
		}
		if err != nil {
			runtime.UnlockOSThread()
			windows.CloseHandle(mutex)
			return nil, err
		}
	}
}

func (d *directory) openMutex() (windows.Handle, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info); err != nil {
		return 0, err
	}
	name, err := windows.UTF16PtrFromString(fmt.Sprintf(`Global\hktrust-edit-%08x-%08x%08x`, info.VolumeSerialNumber, info.FileIndexHigh, info.FileIndexLow))
	if err != nil {
		return 0, err
	}
	sd, err := windows.SecurityDescriptorFromString(anyUser)
	if err != nil {
		return 0, err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: sd}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	const rights = windows.SYNCHRONIZE | windows.MUTANT_QUERY_STATE
	mutex, err := windows.CreateMutexEx(attributes, name, 0, rights)
	if errors.Is(err, windows.ERROR_ALREADY_EXISTS) && mutex != 0 {
		err = nil
	}
	return mutex, err
}

// sync does nothing: NTFS journals its directories, and Windows does not let
// a program flush one.
func (d *directory) sync() error { return nil }

// inUse reports that another program has the file open and does not share it.
func inUse(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}
