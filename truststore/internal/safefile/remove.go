package safefile

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
)

// Remove deletes the file at name, and its backup, if mayGo says of its present
// content that it may; otherwise it leaves both. A file that does not exist is
// no error. It takes the same lock as [Edit], and its errors are the same.
func Remove(ctx context.Context, name string, mayGo func(content []byte) bool) error {
	e := edit{name: name, base: filepath.Base(name), opt: Options{}.withDefaults()}
	dir, err := openDirectory(filepath.Dir(name))
	if err != nil {
		return e.failed("open", err)
	}
	defer dir.close()
	e.dir = dir
	if err := dir.lock(ctx, e.opt.Wait); err != nil {
		return e.failed("lock", err)
	}
	if err := e.sweep(); err != nil {
		return e.failed("recover", err)
	}
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
