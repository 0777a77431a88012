package nss

import (
	"context"
	"errors"
	"time"
)

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
