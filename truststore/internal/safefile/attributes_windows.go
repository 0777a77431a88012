package safefile

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"

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

// apply gives them to a new file, by its path: the handle that wrote the
// content has no right to change the access list.
func (a attributes) apply(_ *os.File, path string) error {
	if err := a.applyOwner(path); err != nil {
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
	if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, what, nil, nil, dacl, nil); err != nil {
		return fmt.Errorf("access control list cannot be kept: %w", err)
	}
	return a.applyFlags(path)
}

// applyOwner gives a new file the owner and group. An administrator may not be
// allowed to name SYSTEM or TrustedInstaller, who own what installers put on a
// machine; the file then belongs to the Administrators, who rule it anyway.
func (a attributes) applyOwner(path string) error {
	now, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, securityKept)
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
	err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION, wanted, nil, nil, nil)
	if err == nil || windows.GetCurrentProcessToken().IsElevated() {
		return nil
	}
	return fmt.Errorf("owner %s cannot be kept: %w: %w", wanted, fs.ErrPermission, err)
}

func (a attributes) applyFlags(path string) error {
	if a.flags == 0 {
		return nil
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	return windows.SetFileAttributes(name, a.flags)
}

// ours reports whether a temporary file may be cleaned up: Windows itself
// refuses where it may not.
func ours(fs.FileInfo) bool { return true }
