package host

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// AdministratorsOnly reports, of an open file or directory, that anybody but
// the machine's administrators (Administrators, SYSTEM, TrustedInstaller) owns
// it or may write to it. Such an error matches [ErrInsecurePath].
func AdministratorsOnly(f *os.File) error {
	list, err := accessListOf(windows.Handle(f.Fd()))
	if err != nil {
		return err
	}
	return insecure(f.Name(), list.stranger(writeRights))
}

// OursOnly reports, of an open file, that anybody but the machine's
// administrators and the user of this process may write to it, or can put
// another file in its place: on the way to it, from the drive on, may replace a
// directory. Such an error matches [ErrInsecurePath].
//
// That the user who is elevated also runs programs without elevation is no
// boundary for Windows (User Account Control), and none here.
func OursOnly(f *os.File) error {
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	user := me.User.Sid.String()
	list, err := accessListOf(windows.Handle(f.Fd()))
	if err != nil {
		return err
	}
	path, err := finalPath(windows.Handle(f.Fd()))
	if err != nil {
		return err
	}
	if err := insecure(path, list.stranger(writeRights, user)); err != nil {
		return err
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		list, err := accessListAt(dir)
		if err != nil {
			return err
		}
		if err := insecure(dir, list.stranger(exchangeRights, user)); err != nil {
			return err
		}
		if filepath.Dir(dir) == dir {
			return nil
		}
	}
}

func insecure(path, stranger string) error {
	if stranger == "" {
		return nil
	}
	return fmt.Errorf("%w: %s by %s", ErrInsecurePath, path, stranger)
}

func accessListAt(path string) (accessList, error) {
	h, err := openPath(path, windows.READ_CONTROL)
	if err != nil {
		return accessList{}, err
	}
	defer windows.CloseHandle(h)
	return accessListOf(h)
}

// openPath opens a file or directory for what it is, not for what a link in its
// place leads to.
func openPath(path string, rights uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	const flags = windows.FILE_FLAG_BACKUP_SEMANTICS | windows.FILE_FLAG_OPEN_REPARSE_POINT
	h, err := windows.CreateFile(name, rights, share, nil, windows.OPEN_EXISTING, flags, 0)
	if err != nil {
		return 0, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return h, nil
}

// accessListOf reads the access list of an open file.
func accessListOf(h windows.Handle) (accessList, error) {
	const what = windows.OWNER_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION
	sd, err := windows.GetSecurityInfo(h, windows.SE_FILE_OBJECT, what)
	if err != nil {
		return accessList{}, err
	}
	owner, _, err := sd.Owner()
	if err != nil {
		return accessList{}, err
	}
	list := accessList{owner: owner.String()}
	dacl, _, err := sd.DACL()
	if err != nil || dacl == nil {
		list.open = true // none, or an empty pointer: everybody may do everything
		return list, nil
	}
	for i := range uint32(dacl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(dacl, i, &ace); err != nil {
			return accessList{}, err
		}
		if g, ok := granted(ace); ok {
			list.grants = append(list.grants, g)
		}
	}
	return list, nil
}

// granted reads an entry of a list. One that is for files to come alone grants
// nothing here; one of a kind that is not known counts as for everybody.
func granted(ace *windows.ACCESS_ALLOWED_ACE) (grant, bool) {
	const everybody = "S-1-1-0"
	switch {
	case ace.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0 || ace.Header.AceType == windows.ACCESS_DENIED_ACE_TYPE:
		return grant{}, false
	case ace.Header.AceType == windows.ACCESS_ALLOWED_ACE_TYPE:
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		return grant{sid.String(), uint32(ace.Mask)}, true
	}
	return grant{everybody, uint32(ace.Mask)}, true
}

// finalPath returns the path of an open file as its file system has it: with
// every link followed, long names and their case. It is what the file is
// called, whatever it was opened as.
func finalPath(h windows.Handle) (string, error) {
	buffer := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetFinalPathNameByHandle(h, &buffer[0], uint32(len(buffer)), 0)
	if err != nil {
		return "", err
	}
	if int(n) >= len(buffer) {
		return "", windows.ERROR_BUFFER_OVERFLOW
	}
	return plainPath(windows.UTF16ToString(buffer[:n])), nil
}

// plainPath takes the verbatim prefix off a path.
func plainPath(path string) string {
	rest, verbatim := strings.CutPrefix(path, `\\?\`)
	if !verbatim {
		return path
	}
	if share, ok := strings.CutPrefix(rest, `UNC\`); ok {
		return `\\` + share
	}
	return rest
}
