package nss

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// maxChanges bounds the changes of one Apply.
const maxChanges = 10_000

// Apply makes the changes, in their order, in one transaction over both files:
// all of them or, with an error, none. Where nothing is to be changed nothing
// is written or locked, but for a file (cert9.db-mj…) that a killed writer left
// behind, which is removed: without changes Apply removes all such files
// (…-journal, too) and does nothing else.
// The write lock is held for milliseconds; other programs' locks are waited for
// as Options.BusyTimeout says.
//
// The error of a change is a [*ChangeError]. The results are as many as the
// changes.
func (db *DB) Apply(ctx context.Context, changes []Change) ([]Applied, error) {
	if len(changes) > maxChanges {
		return nil, fmt.Errorf("%w: more than %d changes", ErrInvalidChange, maxChanges)
	}
	targets := make([]target, len(changes))
	for i, c := range changes {
		var err error
		if targets[i], err = newTarget(c); err != nil {
			return nil, &ChangeError{Index: i, Err: err}
		}
	}
	var out []Applied
	w := &writer{db: db, targets: targets}
	err := db.retry(ctx, func() (err error) {
		out, err = w.attempt(ctx)
		return err
	})
	db.keep(w.secret)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// writer makes the attempts of one Apply.
type writer struct {
	db      *DB
	targets []target
	secret  *secret // kept between attempts, for the keys derived
	signer  *signer
}

func (w *writer) attempt(ctx context.Context) ([]Applied, error) {
	c, err := w.db.connect(ctx, "rw")
	if err != nil {
		return nil, err
	}
	defer func() { c.close() }()
	out, done, err := w.rehearse(ctx, c)
	if err != nil || done {
		return out, w.db.explained(err, c.files)
	}
	if w.db.opts.ReadOnly {
		return nil, &fs.PathError{Op: "write", Path: c.files.certPath, Err: fs.ErrPermission}
	}
	if err := cmp.Or(linked(c.files.certPath, c.files.cert), linked(c.files.keyPath, c.files.key)); err != nil {
		return nil, err
	}
	if made, err := c.files.makeMissing(w.db.dir); err != nil {
		return nil, err
	} else if made {
		again, err := w.db.connect(ctx, "rw")
		if err != nil {
			return nil, err
		}
		c.close()
		c = again
	}
	err = c.in(ctx, "BEGIN IMMEDIATE", func() (bool, error) {
		if err := w.unmoved(ctx, c); err != nil {
			return false, err
		}
		c.removeStaleJournals()
		if err := c.complete(ctx); err != nil {
			return false, err
		}
		out, err = w.run(ctx, c)
		return err == nil, err
	})
	return out, w.db.explained(err, c.files)
}

// rehearse does without the write lock what takes long: it derives the keys. It
// is done already if no change changes anything.
func (w *writer) rehearse(ctx context.Context, c *conn) (out []Applied, done bool, err error) {
	var item1, item2 []byte
	found := make([]*objects, len(w.targets))
	err = c.in(ctx, "BEGIN", func() (bool, error) {
		if err := c.checkSchema(ctx); err != nil {
			return false, err
		}
		if item1, item2, err = c.passwordRow(ctx); err != nil {
			return false, err
		}
		for i, t := range w.targets {
			if found[i], err = c.load(ctx, t.key); err != nil {
				return false, err
			}
		}
		return false, nil
	})
	if err != nil {
		return nil, false, err
	}
	if err := w.unlock(item1, item2); err != nil {
		return nil, false, err
	}
	for _, o := range found { // all of them, so that no key is left to derive
		o.judge(c.policy, w.secret)
	}
	for i, t := range w.targets {
		pl, err := c.policy.decide(found[i], t)
		if err != nil || pl.changes() {
			// An error may be due to an earlier change not made yet.
			return nil, false, w.newSigner()
		}
		out = append(out, Applied{Before: found[i].state(), After: pl.after})
	}
	if !w.db.opts.ReadOnly && (len(c.staleJournals()) > 0 || len(w.targets) == 0 && c.interrupted()) {
		return nil, false, nil // they can be removed under the write lock only
	}
	return out, true, nil
}

// unlock tries the passwords on a password row.
func (w *writer) unlock(item1, item2 []byte) (err error) {
	if w.secret != nil && w.secret.of(item1, item2) {
		return nil
	}
	w.signer = nil
	w.secret, err = w.db.secretOf(item1, item2)
	return err
}

func (w *writer) newSigner() (err error) {
	if w.secret.known() && w.signer == nil {
		w.signer, err = newSigner(w.secret.item1, w.secret.password)
	}
	return err
}

// unmoved checks under the write lock that the keys are still the right ones.
func (w *writer) unmoved(ctx context.Context, c *conn) error {
	if err := c.checkSchema(ctx); err != nil {
		return err
	}
	item1, item2, err := c.passwordRow(ctx)
	if err != nil {
		return err
	}
	now, err := w.db.stat()
	if err != nil {
		return err
	}
	if !w.secret.of(item1, item2) || !now.sameAs(c.files) {
		return errMoved
	}
	return nil
}

// run makes the changes under the write lock.
func (w *writer) run(ctx context.Context, c *conn) ([]Applied, error) {
	out := make([]Applied, len(w.targets))
	for i, t := range w.targets {
		var err error
		if out[i], err = w.change(ctx, c, t); err != nil {
			if errors.Is(err, ErrBusy) {
				return nil, err
			}
			return nil, &ChangeError{Index: i, Err: err}
		}
	}
	return out, nil
}

func (w *writer) change(ctx context.Context, c *conn, t target) (Applied, error) {
	o, err := c.load(ctx, t.key)
	if err != nil {
		return Applied{}, err
	}
	o.judge(c.policy, w.secret)
	pl, err := c.policy.decide(o, t)
	if err != nil {
		return Applied{}, err
	}
	if pl.needsSignature() {
		if err := w.secret.state.writable(); err != nil {
			return Applied{}, err
		}
	}
	if pl.rows != nil && pl.changes() {
		err := c.writeRows(ctx, o, pl.rows, w.signer)
		return Applied{Before: o.state(), After: pl.after, Changed: true}, err
	}
	if pl.writeCertificate {
		if err := c.writeCertificate(ctx, o, t, &pl); err != nil {
			return Applied{}, err
		}
	}
	if pl.writeTrust {
		if err := c.writeTrust(ctx, o, t, pl, w.signer); err != nil {
			return Applied{}, err
		}
	}
	return Applied{Before: o.state(), After: pl.after, Changed: pl.changes()}, nil
}

// Preview works out what Apply would do with one change of the contents, and
// the error it would give, without touching the database.
func (c *Contents) Preview(change Change) (Applied, error) {
	t, err := newTarget(change)
	if err != nil {
		return Applied{}, err
	}
	o := c.objects[t.key]
	if o == nil {
		o = &objects{}
	}
	pl, err := c.policy.decide(o, t)
	if err != nil {
		return Applied{}, err
	}
	if pl.needsSignature() {
		if err := c.Password.writable(); err != nil {
			return Applied{}, err
		}
	}
	if pl.writeCertificate && pl.after.Present && (t.Op == Add || t.Op == Widen) {
		pl.after.Nickname, err = uniqueNickname(t.Nickname, func(name string) (bool, error) {
			return c.takenByOther(name, t.cert.subject), nil
		})
	}
	return Applied{Before: o.state(), After: pl.after, Changed: pl.changes()}, err
}
