package nss

import (
	"context"
	"errors"
	"time"
)

// List reads the database: one consistent view of both files. It waits for a
// writer as Options.BusyTimeout says.
func (db *DB) List(ctx context.Context) (*Contents, error) {
	var contents *Contents
	err := db.retry(ctx, func() error {
		err := db.read(ctx, "ro", &contents)
		if errors.Is(err, ErrNeedsRecovery) && !db.opts.ReadOnly {
			err = db.read(ctx, "rw", &contents)
		}
		return err
	})
	return contents, err
}

func (db *DB) read(ctx context.Context, mode string, contents **Contents) error {
	c, err := db.connect(ctx, mode)
	if err != nil {
		return err
	}
	defer c.close()
	return db.explained(c.in(ctx, "BEGIN", func() (bool, error) {
		if err := c.check(ctx); err != nil {
			return false, err
		}
		*contents, err = c.list(ctx, db.opts.Password)
		return false, err
	}), c.files)
}

// check makes sure, inside a transaction, that the files are what they should be.
func (c *conn) check(ctx context.Context) error {
	if err := c.checkSchema(ctx); err != nil {
		return err
	}
	return c.checkJournal(ctx)
}

// errMoved means that what an attempt started from changed under it.
var errMoved = errors.New("the database changed meanwhile")

// retry makes attempts until one is neither busy nor outrun. An attempt waits a
// while itself.
func (db *DB) retry(ctx context.Context, attempt func() error) error {
	deadline := time.Now().Add(db.opts.BusyTimeout)
	for {
		err := attempt()
		if ctxErr := ctx.Err(); err != nil && ctxErr != nil {
			return errors.Join(ctxErr, err)
		}
		moved := errors.Is(err, errMoved)
		if !moved && !errors.Is(err, ErrBusy) {
			return err
		}
		if !time.Now().Before(deadline) {
			if moved {
				err = errors.Join(ErrBusy, err)
			}
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}
