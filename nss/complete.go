package nss

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// makeMissing makes the file that is missing, empty, as SQLite does for NSS. It
// makes no key4.db where NSS would migrate the keys of key3.db into it.
func (f files) makeMissing(dir string) (made bool, err error) {
	var paths []string
	if f.cert == nil {
		paths = append(paths, f.certPath)
	}
	if f.key == nil && legacy(dir, "key3.db") == nil {
		paths = append(paths, f.keyPath)
	}
	for _, path := range paths {
		if err := makeEmpty(path, dir); err != nil {
			return false, err
		}
	}
	return len(paths) > 0, nil
}

func makeEmpty(path, dir string) error {
	owner, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil // it is as good as ours, or the next attempt says what it is
	}
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return handOver(path, owner)
}

// complete makes the tables of files that have none. key4.db gets no password:
// NSS sets the empty one, and signs what is there, when it comes to it.
func (c *conn) complete(ctx context.Context) error {
	var statements []statement
	if !c.public {
		statements = objectTable("main", publicTable)
	}
	if c.keys && !c.keyTables {
		statements = append(statements, keyTables("keys")...)
	}
	for _, s := range statements {
		if err := c.exec(ctx, s.sql); err != nil {
			return err
		}
	}
	if len(statements) == 0 {
		return nil
	}
	return c.checkSchema(ctx)
}
