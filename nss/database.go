package nss

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// Options say how a database is used. The zero value suits every database.
type Options struct {
	// Password is the primary password; nil if not known. The empty password
	// is tried first in any case.
	Password *string
	// OnlyNewNSS means that every program that reads the database brings NSS
	// 3.114 or later, see [Location.OnlyNewNSS]. Otherwise trust is written so
	// that both generations see it. The columns of a database do not tell: any
	// newer certutil adds them to the database of an older Firefox.
	OnlyNewNSS bool
	// Host is the machine that the directory's path belongs to, and that
	// follows links; nil means this one, where the user's rights allow.
	Host *host.Host
	// ReadOnly makes Apply fail with fs.ErrPermission, and List not roll back the journal of an
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
	dir               string // this and the paths of the files are without links
	certPath, keyPath string
	opts              Options
	kept              kept
}

// Names of the files in a database directory.
const (
	certFile = "cert9.db"
	keyFile  = "key4.db"
)

// maxFileSize bounds the size of either file, in bytes.
const maxFileSize = 1 << 30

// Open looks at the database in a directory, where at least one of cert9.db and
// key4.db must be. Links are followed now, once and for all calls of the DB; a
// relative path is taken from the working directory. Nothing is opened or
// locked yet. The errors are ErrNoDatabase, ErrLegacyDB, ErrUnsafeFile,
// ErrTooLarge and those of the file system.
func Open(dir string, opts Options) (*DB, error) {
	if opts.BusyTimeout <= 0 {
		opts.BusyTimeout = defaultBusyTimeout
	}
	db := &DB{opts: opts}
	if err := db.locate(dir); err != nil {
		return nil, err
	}
	_, err := db.stat()
	if err != nil {
		return nil, err
	}
	return db, nil
}

// Dir returns the database's directory: an absolute path without links.
func (db *DB) Dir() string { return db.dir }

// locate follows the links to the directory and to its files.
func (db *DB) locate(dir string) (err error) {
	links := newLinks(db.opts.Host)
	if db.dir, err = links.follow(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrNoDatabase, err)
	} else if err != nil {
		return err
	}
	for name, path := range map[string]*string{certFile: &db.certPath, keyFile: &db.keyPath} {
		if *path, err = links.followFile(dir, name); err != nil {
			return err
		}
	}
	return nil
}

// files are the database's files at one moment. What is missing is nil; not
// both are.
type files struct {
	certPath, keyPath string
	cert, key         fs.FileInfo
}

// stat looks at the files without opening them: to open and close a file here
// would drop the locks of a connection elsewhere in the process.
func (db *DB) stat() (files, error) {
	f := files{certPath: db.certPath, keyPath: db.keyPath}
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
	if f.cert, err = db.lstat(f.certPath); err != nil {
		return f, err
	}
	if f.key, err = db.lstat(f.keyPath); err != nil {
		return f, err
	}
	if f.cert == nil || f.cert.Size() == 0 {
		// NSS migrates into a database that it makes, and into no other.
		if err := legacy(db.dir, "cert8.db", "key3.db"); err != nil {
			return f, err
		}
	}
	if f.cert == nil && f.key == nil {
		return f, missing(db.dir)
	}
	return f, nil
}

// lstat looks at a file, which links do not lead to any more. It returns nil
// where there is none.
func (db *DB) lstat(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrUnsafeFile, path)
	case info.Size() > maxFileSize:
		return nil, fmt.Errorf("%w: %s has more than %d bytes", ErrTooLarge, path, maxFileSize)
	}
	if err := db.checkOwner(path, info); err != nil {
		return nil, err
	}
	if dir := filepath.Dir(path); db.opts.OwnedByMe && dir != db.dir {
		parent, err := os.Lstat(dir) // where a link led: SQLite's journals lie there
		if err != nil {
			return nil, err
		}
		return info, db.checkOwner(dir, parent)
	}
	return info, nil
}

func (db *DB) checkOwner(path string, info fs.FileInfo) error {
	if db.opts.OwnedByMe && !ownedByMe(info) {
		return fmt.Errorf("%w: %s belongs to another user", ErrUnsafeFile, path)
	}
	return nil
}

// legacy returns an error if one of these files of the older format is there.
func legacy(dir string, names ...string) error {
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("%w: %s", ErrLegacyDB, filepath.Join(dir, name))
		}
	}
	return nil
}

// missing says why there is no database in an existing directory.
func missing(dir string) error {
	return fmt.Errorf("%w: %w", ErrNoDatabase, &fs.PathError{Op: "open", Path: filepath.Join(dir, certFile), Err: fs.ErrNotExist})
}

// sameAs reports whether g still names the same files.
func (f files) sameAs(g files) bool {
	return sameFile(f.cert, g.cert) && sameFile(f.key, g.key)
}

func sameFile(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b)
}
