package nss

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
)

// List reads the database: one consistent view of both files. It waits for a
// writer as Options.BusyTimeout says.
func (db *DB) List(ctx context.Context) (*Contents, error) {
	var r *reading
	err := db.reading(ctx, func(c *conn) (err error) {
		r, err = c.readAll(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	secret, err := db.secretOf(r.item1, r.item2)
	if err != nil {
		return nil, err
	}
	defer db.keep(secret)
	return r.contents(ctx, secret)
}

// reading calls f with a connection in a transaction that writes nothing, once
// more where another program was in the way. The schema has been checked.
func (db *DB) reading(ctx context.Context, f func(*conn) error) error {
	return db.retry(ctx, func() error {
		err := db.readingOnce(ctx, "ro", f)
		if errors.Is(err, ErrNeedsRecovery) && !db.opts.ReadOnly {
			err = db.readingOnce(ctx, "rw", f)
		}
		return err
	})
}

func (db *DB) readingOnce(ctx context.Context, mode string, f func(*conn) error) error {
	c, err := db.connect(ctx, mode)
	if err != nil {
		return err
	}
	defer c.close()
	err = c.in(ctx, "BEGIN", func() (bool, error) {
		if err := c.checkSchema(ctx); err != nil {
			return false, err
		}
		return false, f(c)
	})
	return db.explained(err, c.files)
}

// reading is what is read under the lock; it is made sense of afterwards.
type reading struct {
	policy       policy
	item1, item2 []byte // of the password row
	objects      map[identity]*objects
	order        []identity
	size         int // of the certificates, in bytes
	problems     []Problem
}

func (c *conn) readAll(ctx context.Context) (*reading, error) {
	r := &reading{policy: c.policy, objects: map[identity]*objects{}}
	var err error
	if r.item1, r.item2, err = c.passwordRow(ctx); err != nil || !c.public {
		return r, err
	}
	rows, err := c.query(ctx, c.selectObjects(""), maxObjects+1)
	if err != nil {
		return nil, err
	}
	if err := each(rows, r.add); err != nil {
		return nil, err
	}
	return r, c.allSignatures(ctx, r.objects)
}

// add files a row, or notes why it cannot be used.
func (r *reading) add(s stored, err error) error {
	key := s.key()
	o := r.objects[key]
	if o == nil {
		o = &objects{}
	}
	if err == nil {
		err = o.add(s)
	}
	if err != nil {
		r.problem(s.id, err.Error())
		return nil
	}
	if r.objects[key] == nil {
		r.objects[key] = o
		r.order = append(r.order, key)
	}
	if r.size += len(s.values[ckaValue]); r.size > maxContents {
		return fmt.Errorf("%w: more than %d bytes of certificates", ErrTooLarge, maxContents)
	}
	return nil
}

func (r *reading) problem(id uint32, reason string) {
	if len(r.problems) < maxProblems {
		r.problems = append(r.problems, Problem{ObjectID: id, Reason: reason})
	}
}

// contents checks the signatures and describes what was read.
func (r *reading) contents(ctx context.Context, secret *secret) (*Contents, error) {
	c := &Contents{Password: secret.state, New: r.policy.new, policy: r.policy, objects: r.objects}
	for _, key := range r.order {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o := r.objects[key]
		o.judge(r.policy, secret)
		c.add(key, o)
		for _, other := range o.certificates[min(1, len(o.certificates)):] {
			r.problem(other.id, "there is another certificate object with the same issuer and serial number")
		}
	}
	c.Problems = r.problems
	return c, nil
}

// add describes the objects of one issuer and serial number.
func (c *Contents) add(key identity, o *objects) {
	state := o.state()
	trust, conflict := c.policy.seen(state)
	old, new := honoured(o.old), honoured(o.new)
	if !state.Present {
		if most := c.policy.seenOfGhost(state); most.vouches() {
			trust = most
		}
		c.Ghosts = append(c.Ghosts, Ghost{
			Issuer: []byte(key.issuer), Serial: []byte(key.serial), Trust: trust, Old: old, New: new, State: state,
		})
		return
	}
	first := o.certificates[0]
	c.Entries = append(c.Entries, Entry{
		DER: first.der, SHA256: sha256.Sum256(first.der),
		Issuer: []byte(key.issuer), Serial: []byte(key.serial), Subject: first.subject, Nickname: first.nickname,
		Trust: trust, Old: old, New: new, Conflict: conflict, State: state,
	})
}
