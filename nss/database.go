package nss

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Options say how a database is used. The zero value suits a profile of one
// application.
type Options struct {
	// Password is the primary password; nil if not known. The empty password
	// is tried first in any case.
	Password *string
	// Shared means that applications with different versions of NSS read the
	// database, as the Chromium family does in pki/nssdb: trust is then
	// written so that all of them see it.
	Shared bool
	// ReadOnly makes Apply fail, and List not roll back the journal of an
	// interrupted writer, as every reader otherwise does.
	ReadOnly bool
	// OwnedByMe refuses files that do not belong to the effective user.
	// Where files have no numeric owner (Windows) it says nothing.
	OwnedByMe bool
	// BusyTimeout is how long to wait for other programs' locks; 0 means
	// five seconds.
	BusyTimeout time.Duration
}

const defaultBusyTimeout = 5 * time.Second

// DB is a database directory. It holds no descriptor and no lock, and there is
// nothing to close; each call opens the files anew. It may be used by several
// goroutines at once.
type DB struct {
	dir  string
	opts Options
	kept kept
}

// Names of the files in a database directory.
const (
	certFile = "cert9.db"
	keyFile  = "key4.db"
)

// maxFileSize bounds the size of either file, in bytes.
const maxFileSize = 1 << 30

// Open looks at the database in a directory, which must not be reached through
// a link: resolve it before. Nothing is opened or locked yet. The errors are
// ErrNoDatabase, ErrLegacyDB, ErrUnsafeFile, ErrTooLarge and those of Lstat.
func Open(dir string, opts Options) (*DB, error) {
	if opts.BusyTimeout <= 0 {
		opts.BusyTimeout = defaultBusyTimeout
	}
	db := &DB{dir: dir, opts: opts}
	_, err := db.stat()
	return db, err
}

// Dir returns the database's directory.
func (db *DB) Dir() string { return db.dir }

// files are the database's files at one moment.
type files struct {
	certPath, keyPath string
	cert, key         fs.FileInfo // key is nil if there is no key4.db
}

// stat looks at the files without opening them: SQLite would follow links, and
// to open and close a file here would drop the locks of a connection elsewhere
// in the process.
func (db *DB) stat() (files, error) {
	f := files{certPath: filepath.Join(db.dir, certFile), keyPath: filepath.Join(db.dir, keyFile)}
	info, err := os.Lstat(db.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, fmt.Errorf("%w: %w", ErrNoDatabase, err)
	case err != nil:
		return f, err
	case !info.IsDir():
		return f, fmt.Errorf("%w: %s is not a directory", ErrUnsafeFile, db.dir)
	}
	if err := db.checkOwner(db.dir, info); err != nil {
		return f, err
	}
	if f.cert, err = db.lstat(f.certPath); errors.Is(err, fs.ErrNotExist) {
		return f, missing(db.dir)
	} else if err != nil {
		return f, err
	}
	if f.key, err = db.lstat(f.keyPath); errors.Is(err, fs.ErrNotExist) {
		f.key, err = nil, nil
	}
	return f, err
}

func (db *DB) lstat(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrUnsafeFile, path)
	case info.Size() > maxFileSize:
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrTooLarge, path, maxFileSize)
	}
	return info, db.checkOwner(path, info)
}

func (db *DB) checkOwner(path string, info fs.FileInfo) error {
	if db.opts.OwnedByMe && !ownedByMe(info) {
		return fmt.Errorf("%w: %s belongs to another user", ErrUnsafeFile, path)
	}
	return nil
}

// missing says why there is no cert9.db in an existing directory.
func missing(dir string) error {
	for _, name := range []string{"cert8.db", "key3.db"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("%w: %s", ErrLegacyDB, filepath.Join(dir, name))
		}
	}
	return fmt.Errorf("%w: %w", ErrNoDatabase, &fs.PathError{Op: "open", Path: filepath.Join(dir, certFile), Err: fs.ErrNotExist})
}

// sameAs reports whether g still names the same files.
func (f files) sameAs(g files) bool {
	if (f.key == nil) != (g.key == nil) {
		return false
	}
	return os.SameFile(f.cert, g.cert) && (f.key == nil || os.SameFile(f.key, g.key))
}
