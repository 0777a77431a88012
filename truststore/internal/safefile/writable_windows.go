package safefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

const fileAddFile = 0x2 // FILE_ADD_FILE of winnt.h

// Writable reports whether [Edit] would be allowed to change the file at name,
// without writing anything: nil, or an error that matches [fs.ErrPermission],
// [ErrNotRegular], or [fs.ErrNotExist] for a directory that is missing. A
// missing file in a directory that may be written to is nil.
//
// It opens the directory and the file with the rights that Edit needs and
// closes them again.
func Writable(name string) error {
	return failed("write", name, patiently(func() error { return writable(name) }))
}

func writable(name string) error {
	if err := mayOpen(filepath.Dir(name), fileAddFile); err != nil {
		return err
	}
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return notRegular(info)
	case info.Mode().Perm()&0o200 == 0:
		return windows.ERROR_ACCESS_DENIED // the read-only attribute
	}
	return mayOpen(name, windows.GENERIC_READ|windows.DELETE)
}

// WritableInPlace reports whether a program may write into the file at name,
// as SQLite does, and make a journal beside it, without doing either. Unlike
// [Writable] it does not ask whether the file could be replaced, which is
// refused while a browser has its database open.
func WritableInPlace(name string) error {
	err := mayOpen(filepath.Dir(name), fileAddFile)
	if err == nil {
		err = patiently(func() error { return mayOpen(name, windows.GENERIC_READ|windows.GENERIC_WRITE) })
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = mayOpen(filepath.Dir(name), fileAddFile)
	}
	return failed("write", name, err)
}

func mayOpen(path string, rights uint32) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	h, err := windows.CreateFile(name, rights, share, nil, windows.OPEN_EXISTING,
		windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return err
	}
	return windows.CloseHandle(h)
}

// hardLinks and mightWrite: nothing is written in place on Windows, where an
// owner that cannot be kept is not known as such.
func hardLinks(fs.FileInfo) int           { return 1 }
func mightWrite(_, _, _ fs.FileInfo) bool { return false }
