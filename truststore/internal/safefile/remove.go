package safefile

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// lockAndSweep opens the directory of the file at name, takes its lock and
// removes what killed edits left there. The caller closes the directory.
func lockAndSweep(ctx context.Context, name string) (*edit, error) {
	e := &edit{name: name, base: filepath.Base(name), opt: Options{}.withDefaults()}
	dir, err := openDirectory(filepath.Dir(name))
	if err != nil {
		return nil, e.failed("open", err)
	}
	e.dir = dir
	if err := dir.lock(ctx, e.opt.Wait); err != nil {
		dir.close()
		return nil, e.failed("lock", err)
	}
	if err := e.sweep(); err != nil {
		dir.close()
		return nil, e.failed("recover", err)
	}
	return e, nil
}

// Tidy removes what killed edits left beside the file at name, and its backup if
// isBackup says, by the first bytes of what has that name, that it is one. A file
// or a directory that does not exist is no error. It takes the same lock as
// [Edit], and its errors are the same.
func Tidy(ctx context.Context, name string, isBackup func(head []byte) bool) error {
	e, err := lockAndSweep(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	dir := e.dir
	defer dir.close()
	backup := e.base + BackupSuffix
	present, err := regularAt(dir.root, backup)
	if err == nil && present && isBackup(dir.head(backup)) {
		err = dir.removeRegular(backup)
	}
	return failed("remove", name+BackupSuffix, err)
}

// headSize is how much of a file is read to see what it is, in bytes.
const headSize = 4096

// head reads the first bytes of a file; none if it cannot be read.
func (d *directory) head(base string) []byte {
	f, err := d.root.OpenFile(base, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	head, _ := io.ReadAll(io.LimitReader(f, headSize))
	return head
}

// Remove deletes the file at name, and its backup, if mayGo says of its present
// content that it may; otherwise it leaves both. A file that does not exist is
// no error. It takes the same lock as [Edit], and its errors are the same.
func Remove(ctx context.Context, name string, mayGo func(content []byte) bool) error {
	e, err := lockAndSweep(ctx, name)
	if err != nil {
		return err
	}
	dir := e.dir
	defer dir.close()
	now, err := dir.read(e.base, e.opt.MaxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return e.failed("read", err)
	}
	if !mayGo(now.data) {
		return nil
	}
	if err := patiently(func() error { return dir.root.Remove(e.base) }); err != nil {
		return e.failed("remove", err)
	}
	return errors.Join(e.failed("sync", dir.sync()), RemoveBackup(name))
}
