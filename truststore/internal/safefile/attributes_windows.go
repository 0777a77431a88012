package safefile

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

const openNonblock = 0

const (
	securityKept  = windows.OWNER_SECURITY_INFORMATION | windows.GROUP_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION
	attributeKept = windows.FILE_ATTRIBUTE_HIDDEN | windows.FILE_ATTRIBUTE_SYSTEM | windows.FILE_ATTRIBUTE_NOT_CONTENT_INDEXED
)

// attributes is what a file keeps when its content is replaced.
type attributes struct {
	security *windows.SECURITY_DESCRIPTOR // owner, group and access list
	flags    uint32
}

func attributesOf(f *os.File, info fs.FileInfo) (attributes, error) {
	sd, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, securityKept)
	if err != nil {
		return attributes{}, fmt.Errorf("access control list: %w", err)
	}
	a := attributes{security: sd}
	if data, ok := info.Sys().(*syscall.Win32FileAttributeData); ok {
		a.flags = data.FileAttributes & attributeKept
	}
	return a, nil
}

func (a attributes) equal(b attributes) bool {
	return a.flags == b.flags && a.security.String() == b.security.String()
}

// keepable cannot be told in advance on Windows.
func (attributes) keepable() error { return nil }

// apply gives them to a new file, through a second handle to the same file:
// the one that wrote the content has no right to change the access list, and a
// path could lead to another file by now.
func (a attributes) apply(f *os.File) error {
	h, err := reopen(windows.Handle(f.Fd()), windows.READ_CONTROL|windows.WRITE_DAC|windows.FILE_WRITE_ATTRIBUTES)
	if err != nil {
		return fmt.Errorf("access control list cannot be kept: %w", err)
	}
	defer windows.CloseHandle(h)
	if err := a.applyOwner(h); err != nil {
		return err
	}
	dacl, _, err := a.security.DACL()
	if err != nil {
		return fmt.Errorf("access control list: %w", err)
	}
	control, _, err := a.security.Control()
	if err != nil {
		return fmt.Errorf("access control list: %w", err)
	}
	what := windows.SECURITY_INFORMATION(windows.DACL_SECURITY_INFORMATION)
	if control&windows.SE_DACL_PROTECTED != 0 {
		what |= windows.PROTECTED_DACL_SECURITY_INFORMATION
	} else {
		what |= windows.UNPROTECTED_DACL_SECURITY_INFORMATION
	}
	if err := windows.SetSecurityInfo(h, windows.SE_FILE_OBJECT, what, nil, nil, dacl, nil); err != nil {
		return fmt.Errorf("access control list cannot be kept: %w", err)
	}
	return a.applyFlags(h)
}

// reopen opens an open file once more, with other rights.
func reopen(h windows.Handle, rights uint32) (windows.Handle, error) {
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	again, _, err := procReOpenFile.Call(uintptr(h), uintptr(rights), share, windows.FILE_FLAG_OPEN_REPARSE_POINT)
	if windows.Handle(again) == windows.InvalidHandle {
		return 0, err
	}
	return windows.Handle(again), nil
}

var procReOpenFile = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReOpenFile")

// applyOwner gives a new file the owner. An administrator may not be allowed
// to name SYSTEM or TrustedInstaller, who own what installers put on a
// machine; the file then belongs to the Administrators, who rule it anyway.
func (a attributes) applyOwner(h windows.Handle) error {
	now, err := windows.GetSecurityInfo(h, windows.SE_FILE_OBJECT, securityKept)
	if err != nil {
		return fmt.Errorf("owner: %w", err)
	}
	has, _, err := now.Owner()
	if err != nil {
		return fmt.Errorf("owner: %w", err)
	}
	wanted, _, err := a.security.Owner()
	if err != nil {
		return fmt.Errorf("owner: %w", err)
	}
	if has.Equals(wanted) {
		return nil
	}
	err = setOwner(h, wanted)
	if err == nil || windows.GetCurrentProcessToken().IsElevated() {
		return nil
	}
	return fmt.Errorf("owner %s cannot be kept: %w: %w", wanted, fs.ErrPermission, err)
}

// setOwner opens the file once more: the right to change the owner is not
// always had where it is not needed.
func setOwner(h windows.Handle, owner *windows.SID) error {
	h, err := reopen(h, windows.WRITE_OWNER)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(h)
	return windows.SetSecurityInfo(h, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION, owner, nil, nil, nil)
}

// basicInfo is FILE_BASIC_INFO of winbase.h; times of zero are left alone.
type basicInfo struct {
	creation, access, write, change int64
	attributes                      uint32
	_                               uint32
}

func (a attributes) applyFlags(h windows.Handle) error {
	if a.flags == 0 {
		return nil
	}
	info := basicInfo{attributes: a.flags}
	return windows.SetFileInformationByHandle(h, windows.FileBasicInfo, (*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
}

// ours reports whether a temporary file may be cleaned up: Windows itself
// refuses where it may not.
func ours(fs.FileInfo) bool { return true }

// applyButOwner is for files that are written in place, as none is on Windows.
func (a attributes) applyButOwner(f *os.File) error { return a.apply(f) }
