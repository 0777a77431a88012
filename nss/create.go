package nss

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Create makes a new, empty database in a directory, with the empty password:
// cert9.db and key4.db as NSS 3.48 makes them, which every later version
// accepts and completes. Missing directories are made. Files and directories
// are for their owner only and, made by root, belong to the owner of the
// directory that was there.
//
// The errors are ErrExists where either file exists, ErrLegacyDB where
// cert8.db or key3.db does, and those of the file system. Two processes that
// create at once get one database. A process that dies in the middle leaves a
// cert9.db without key4.db, which NSS completes, or nothing but a directory
// ".hktrust-create-*".
func Create(ctx context.Context, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	owner, err := makeDirs(dir)
	if err != nil {
		return err
	}
	if err := vacant(dir); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, workPrefix)
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	files := newFiles()
	for _, f := range files {
		path := filepath.Join(work, f.name)
		if err := f.write(ctx, path); err != nil {
			return err
		}
		if err := handOver(path, owner); err != nil {
			return err
		}
	}
	for _, f := range files { // cert9.db first: it may be alone, key4.db may not
		if err := publish(filepath.Join(work, f.name), filepath.Join(dir, f.name)); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// workPrefix begins the names of the directories in which databases are made.
const workPrefix = ".hktrust-create-"

// unfinished are the names beside a database file that a Create which was killed
// left of it: nothing was ever written to it under these.
func unfinished(path string, info fs.FileInfo) []string {
	entries, _ := os.ReadDir(filepath.Dir(path))
	var out []string
	for _, e := range entries {
		name := filepath.Join(filepath.Dir(path), e.Name(), filepath.Base(path))
		if !e.IsDir() || !strings.HasPrefix(e.Name(), workPrefix) {
			continue
		}
		if made, err := os.Lstat(name); err == nil && os.SameFile(made, info) {
			out = append(out, name)
		}
	}
	return out
}

// linked returns ErrLinked for a file that has names elsewhere.
func linked(path string, info fs.FileInfo) error {
	if info == nil || names(info) == 1 || names(info) == 1+uint64(len(unfinished(path, info))) {
		return nil
	}
	return &fs.PathError{Op: "write", Path: path, Err: ErrLinked}
}

// makeDirs makes dir and its missing parents and returns the nearest directory
// that was there.
func makeDirs(dir string) (fs.FileInfo, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%w: %s is not a directory", ErrUnsafeFile, dir)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return info, err
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return nil, err
	}
	owner, err := makeDirs(parent)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return owner, handOver(dir, owner)
}

// vacant makes sure that there is no database in dir.
func vacant(dir string) error {
	for _, name := range []string{certFile, keyFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return fmt.Errorf("%w: %s", ErrExists, filepath.Join(dir, name))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return legacy(dir, "cert8.db", "key3.db")
}

// newFile is a database file to make.
type newFile struct {
	name       string
	statements []statement
}

type statement struct {
	sql  string
	args []any
}

func newFiles() []newFile {
	item1, item2 := newEmptyPassword()
	return []newFile{
		{name: certFile, statements: objectTable("main", publicTable)},
		{name: keyFile, statements: append(keyTables("main"),
			statement{"INSERT INTO metaData (id, item1, item2) VALUES ('password', ?, ?)", []any{item1, item2}},
		)},
	}
}

// createdColumns are those of NSS 3.48 to 3.113; later versions add theirs.
const createdColumns = `0 1 2 3 10 11 12 80 81 82 83 84 85 86 87 88 89 8a 8b 90 100 101 102 103 104 105 106 107 108 109
10a 10b 10c 110 111 120 121 122 123 124 125 126 127 128 129 130 131 132 133 134 160 161 162 163 164 165 166 170 180 181
200 201 202 210 300 301 302 400 401 402 403 404 405 406 480 481 482 500 501 502 503 40000211 40000212 80000001
ce534351 ce534352 ce534353 ce534354 ce534355 ce534356 ce534357 ce534358 ce534364 ce534365 ce534366 ce534367 ce534368
ce534369 ce534373 ce534374 ce536351 ce536352 ce536353 ce536354 ce536355 ce536356 ce536357 ce536358 ce536359 ce53635a
ce53635b ce53635c ce53635d ce53635e ce53635f ce536360 ce5363b4 ce5363b5 d5a0db00`

// objectTable are the statements that make a table of objects in a file.
func objectTable(schema, name string) []statement {
	index := "CREATE INDEX " + schema + "."
	return []statement{
		{sql: "CREATE TABLE " + schema + "." + name + " (id PRIMARY KEY UNIQUE ON CONFLICT ABORT, a" + strings.Join(strings.Fields(createdColumns), ", a") + ")"},
		{sql: index + "issuer ON " + name + " (a81)"},
		{sql: index + "subject ON " + name + " (a101)"},
		{sql: index + "label ON " + name + " (a3)"},
		{sql: index + "ckaid ON " + name + " (a102)"},
	}
}

// keyTables are the statements that make the tables of key4.db.
func keyTables(schema string) []statement {
	return append(objectTable(schema, privateTable),
		statement{sql: "CREATE TABLE " + schema + ".metaData (id PRIMARY KEY UNIQUE ON CONFLICT REPLACE, item1, item2)"})
}

// write makes the file at a path that does not exist.
func (f newFile) write(ctx context.Context, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	uri, err := fileURI(runtime.GOOS, path, "rw")
	if err != nil {
		return err
	}
	pool, err := sql.Open("sqlite", uri)
	if err != nil {
		return databaseError(err)
	}
	defer pool.Close()
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		return databaseError(err)
	}
	defer tx.Rollback()
	for _, s := range f.statements {
		if _, err := tx.ExecContext(ctx, s.sql, s.args...); err != nil {
			return databaseError(err)
		}
	}
	return databaseError(tx.Commit())
}

// publish gives a finished file its name, unless the name is taken.
func publish(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		if err != nil {
			return fmt.Errorf("%w: %s", ErrExists, to)
		}
		return nil
	}
	// The file system has no links.
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrExists, to)
	}
	return os.Rename(from, to)
}

// syncDir makes the new names durable where directories can be synced.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
