package nss

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// CheckWrite tells why Apply could not write: nil, or an error that names the
// file or directory in the way and, where rights are missing, matches
// [fs.ErrPermission]. SQLite writes into the files where they are, and makes its
// journals beside them; who owns them, or their group, does not matter. Nothing
// is opened. On Windows only a read-only file is noticed.
func (db *DB) CheckWrite() error {
	f, err := db.stat()
	if err != nil {
		return err
	}
	return errors.Join(checkFile(f.cert, f.certPath), checkFile(f.key, f.keyPath))
}

// checkFile tells why a file, which may be missing, cannot be written.
func checkFile(info fs.FileInfo, path string) error {
	if err := writable(filepath.Dir(path)); err != nil || info == nil {
		return err
	}
	if err := linked(path, info); err != nil {
		return err
	}
	return writable(path)
}

// CheckCreate tells, as [DB.CheckWrite] does, why [Create] could not make a
// database in dir, which need not exist.
func CheckCreate(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			return errors.Join(err, writable(dir))
		}
		dir = filepath.Dir(dir)
	}
}
