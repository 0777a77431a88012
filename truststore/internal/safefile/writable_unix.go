//go:build unix

package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// Writable reports whether [Edit] would be allowed to change the file at name,
// without writing anything: nil, or an error that matches [fs.ErrPermission],
// syscall.EROFS, [ErrNotRegular], or [fs.ErrNotExist] for a directory that is
// missing. A missing file in a directory that may be written to is nil.
//
// It asks access(2) about the directory and compares the owner; a file whose
// owner Edit could not keep must allow to be written in place. What security
// modules, quotas or network servers will say is not known beforehand.
func Writable(name string) error {
	return failed("write", name, writable(name))
}

func writable(name string) error {
	dir, err := os.Stat(filepath.Dir(name))
	if err != nil {
		return err
	}
	if err := effectiveAccess(filepath.Dir(name), unix.R_OK|unix.W_OK|unix.X_OK); err != nil {
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
	}
	if err := effectiveAccess(name, unix.R_OK); err != nil {
		return err
	}
	err = attributes{uid: int(info.Sys().(*syscall.Stat_t).Uid)}.keepable()
	if err == nil {
		err = groupKeepable(dir, info)
	}
	if err != nil && !(hardLinks(info) == 1 && effectiveAccess(name, unix.W_OK) == nil) {
		return err // it can be neither replaced nor written in place
	}
	return frozen(name)
}

// WritableInPlace reports whether a program may write into the file at name,
// as SQLite does, and make a journal beside it, without doing either. Unlike
// [Writable] it does not ask whether the file could be replaced. A missing file
// in a directory that may be written to is nil.
func WritableInPlace(name string) error {
	err := effectiveAccess(filepath.Dir(name), unix.W_OK|unix.X_OK)
	if err == nil {
		err = effectiveAccess(name, unix.R_OK|unix.W_OK)
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		} else if err == nil {
			err = frozen(name)
		}
	}
	return failed("write", name, err)
}

// effectiveAccess asks access(2) on behalf of the effective user.
func effectiveAccess(path string, mode uint32) error {
	return unix.Faccessat(unix.AT_FDCWD, path, mode, unix.AT_EACCESS)
}

// groupKeepable reports a group that a new file would not get from its
// directory and that this process may not give to it.
func groupKeepable(dir, file fs.FileInfo) error {
	gid := int(file.Sys().(*syscall.Stat_t).Gid)
	if os.Geteuid() == 0 || gid == os.Getegid() {
		return nil
	}
	if dir.Mode()&fs.ModeSetgid != 0 && gid == int(dir.Sys().(*syscall.Stat_t).Gid) {
		return nil
	}
	groups, err := os.Getgroups()
	if err != nil || slices.Contains(groups, gid) {
		return err
	}
	return &ownerError{fmt.Sprintf("group %d", gid)}
}

// hardLinks is how many names a file has.
func hardLinks(file fs.FileInfo) uint64 { return uint64(file.Sys().(*syscall.Stat_t).Nlink) }

// mightWrite reports whether who made one file could have written to another in
// the same directory: if that is not sticky, who can make one can replace all.
func mightWrite(made, file, dir fs.FileInfo) bool {
	maker := made.Sys().(*syscall.Stat_t).Uid
	return dir.Mode()&fs.ModeSticky == 0 || maker == 0 || int(maker) == os.Geteuid() ||
		maker == file.Sys().(*syscall.Stat_t).Uid
}
