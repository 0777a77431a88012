package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// backUp keeps the file as it is under its backup name and returns that name,
// or "" if there is a backup already or none is wanted. It is made by keep.
func (e *edit) backUp(now *snapshot, keep func(now *snapshot, name string) error) (string, error) {
	if !e.opt.Backup {
		return "", nil
	}
	name := e.base + BackupSuffix
	present, err := regularAt(e.dir.root, name)
	if err != nil {
		return "", failed("back up", e.beside(name), err)
	}
	if present {
		return "", nil
	}
	if err := keep(now, name); err != nil {
		return "", failed("back up", e.beside(name), err)
	}
	if err := e.dir.sync(); err != nil {
		e.discard(name)
		return "", failed("back up", e.beside(name), err)
	}
	return name, nil
}

// linkBackup makes a hard link, which keeps owner, mode and access lists exactly,
// and puts no second copy of private keys on the disk. It stays what it is
// because the edited file is replaced: one that has other links is never written
// into.
func (e *edit) linkBackup(now *snapshot, name string) error {
	err := e.dir.root.Link(e.base, name)
	switch {
	case err == nil:
		return e.checkBackup(now, name)
	case errors.Is(err, fs.ErrExist):
		return errMoved
	}
	// The file system has no hard links.
	return e.copyBackup(now, name, now.attrs.apply)
}

// checkBackup makes sure that what was linked is what was read. A union file
// system (overlayfs, as containers and live systems have it) makes a copy of a
// file as it is linked, and shows the link as another file: then the content
// and the attributes tell.
func (e *edit) checkBackup(now *snapshot, name string) error {
	if info, err := e.dir.root.Lstat(name); err == nil && os.SameFile(info, now.info) {
		return nil
	}
	linked, err := e.dir.read(name, e.opt.MaxSize)
	if err == nil && linked.sum == now.sum && linked.attrs.equal(now.attrs) {
		return nil
	}
	e.discard(name)
	if err != nil {
		return err
	}
	return errMoved
}

// copyBackup publishes a synced copy that dress has given its attributes.
func (e *edit) copyBackup(now *snapshot, name string, dress func(*os.File) error) error {
	temp, err := e.stage(now.data, dress)
	if err != nil {
		return err
	}
	return e.publish(temp, name)
}

// OtherNames is how many names (hard links) the file has besides this one and
// that of its backup, as far as the system tells. They keep what it was when
// [Edit] replaces it.
func OtherNames(name string) int {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return 0
	}
	n := int(hardLinks(info)) - 1
	if backup, err := os.Lstat(name + BackupSuffix); err == nil && os.SameFile(info, backup) {
		n--
	}
	return n
}

// RemoveBackup removes the backup that [Edit] made of the file at name. A
// backup that does not exist is no error; one that is no regular file is left
// and answered with [ErrBackupTaken].
func RemoveBackup(name string) error {
	dir, err := openDirectory(filepath.Dir(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return failed("remove", name+BackupSuffix, err)
	}
	defer dir.close()
	return failed("remove", name+BackupSuffix, dir.removeRegular(filepath.Base(name)+BackupSuffix))
}

func (d *directory) removeRegular(base string) error {
	present, err := regularAt(d.root, base)
	if err != nil || !present {
		return err
	}
	if err := patiently(func() error { return d.root.Remove(base) }); err != nil {
		return err
	}
	return d.sync()
}

// regularAt reports whether a regular file has the name; anything else that
// has it is an error.
func regularAt(root *os.Root, name string) (bool, error) {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%w: %s", ErrBackupTaken, kind(info.Mode()))
	}
	return true, nil
}
