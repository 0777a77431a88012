package nss

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// writeCertificate makes the certificate present, absent or renamed.
func (c *conn) writeCertificate(ctx context.Context, o *objects, t target, pl *plan) error {
	switch {
	case !pl.after.Present:
		for _, cert := range o.certificates {
			if err := c.delete(ctx, cert.id); err != nil {
				return err
			}
		}
		return nil
	case len(o.certificates) > 0:
		return c.update(ctx, o.certificates[0].id, values{ckaLabel: t.cert.object(pl.after.Nickname)[ckaLabel]})
	}
	name, err := uniqueNickname(pl.after.Nickname, func(name string) (bool, error) {
		return c.takenByOther(ctx, name, t.cert.subject)
	})
	if err != nil {
		return err
	}
	pl.after.Nickname = name
	_, err = c.insert(ctx, t.cert.object(name))
	return err
}

// writeTrust makes the trust objects say what the plan does.
func (c *conn) writeTrust(ctx context.Context, o *objects, t target, pl plan, s *signer) error {
	if err := c.writeGeneration(ctx, oldGeneration, o.old, t.cert, pl.after.Old, s); err != nil {
		return err
	}
	return c.writeGeneration(ctx, newGeneration, o.new, t.cert, pl.after.New, s)
}

// writeGeneration keeps the first trust object, because a running application
// may hold its handle, and deletes all others.
func (c *conn) writeGeneration(ctx context.Context, g *generation, ts []trustObject, cert *certificate, want *Trust, s *signer) error {
	if want == nil {
		return c.deleteAll(ctx, ts)
	}
	v := g.object(cert, *want)
	if len(ts) == 0 {
		id, err := c.insert(ctx, v)
		if err != nil {
			return err
		}
		return c.sign(ctx, g, id, v, s)
	}
	if err := c.deleteAll(ctx, ts[1:]); err != nil {
		return err
	}
	if err := c.update(ctx, ts[0].id, v); err != nil {
		return err
	}
	return c.sign(ctx, g, ts[0].id, v, s)
}

func (c *conn) deleteAll(ctx context.Context, ts []trustObject) error {
	for _, t := range ts {
		if err := c.delete(ctx, t.id); err != nil {
			return err
		}
	}
	return nil
}

// delete removes an object and its signatures.
func (c *conn) delete(ctx context.Context, id uint32) error {
	if err := c.exec(ctx, "DELETE FROM main.nssPublic WHERE id = ?", int64(id)); err != nil {
		return err
	}
	if !c.metaData {
		return nil
	}
	from, below := signatureRange(id)
	return c.exec(ctx, "DELETE FROM keys.metaData WHERE id >= ? AND id < ?", from, below)
}

// insert adds an object under a new id.
func (c *conn) insert(ctx context.Context, v values) (uint32, error) {
	id, err := c.newID(ctx)
	if err != nil {
		return 0, err
	}
	columns, args := v.columns()
	query := "INSERT INTO main.nssPublic (" + strings.Join(columns, ", ") + ", id) VALUES (" + strings.Repeat("?, ", len(columns)) + "?)"
	return id, c.exec(ctx, query, append(args, int64(id))...)
}

func (c *conn) update(ctx context.Context, id uint32, v values) error {
	columns, args := v.columns()
	query := "UPDATE main.nssPublic SET " + strings.Join(columns, " = ?, ") + " = ? WHERE id = ?"
	return c.exec(ctx, query, append(args, int64(id))...)
}

// columns returns names and values in a fixed order.
func (v values) columns() (names []string, args []any) {
	for _, a := range slices.Sorted(maps.Keys(v)) {
		names = append(names, a.column())
		args = append(args, v[a])
	}
	return names, args
}

// newID draws an unused object id.
func (c *conn) newID(ctx context.Context) (uint32, error) {
	for range 100 {
		id := 1 + rand.Uint32N(maxID)
		taken, err := c.any(ctx, "SELECT 1 FROM main.nssPublic WHERE id = ?", int64(id))
		if err != nil || !taken {
			return id, err
		}
	}
	return 0, fmt.Errorf("%w: no free object id", ErrTooLarge)
}

// any reports whether the query finds a row.
func (c *conn) any(ctx context.Context, query string, args ...any) (bool, error) {
	rows, err := c.query(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	found := rows.Next()
	return found, databaseError(rows.Err())
}

// sign replaces the signatures of a trust object.
func (c *conn) sign(ctx context.Context, g *generation, id uint32, v values, s *signer) error {
	if s == nil {
		return nil // nothing is signed while there is no password row
	}
	var args []any
	for _, a := range g.signed {
		if value, ok := v[a]; ok {
			args = append(args, signatureID(id, a), s.sign(id, a, value))
		}
	}
	if len(args) == 0 {
		return nil
	}
	query := "INSERT OR REPLACE INTO keys.metaData (id, item1) VALUES " + strings.TrimSuffix(strings.Repeat("(?, ?), ", len(args)/2), ", ")
	return c.exec(ctx, query, args...)
}

var errNickname = errors.New("no free nickname")

// maxNicknameSuffix bounds the search for a free nickname.
const maxNicknameSuffix = 1000

// uniqueNickname returns name, with " #2", " #3", … appended where a
// certificate with another subject has it.
func uniqueNickname(name string, takenByOther func(string) (bool, error)) (string, error) {
	candidate := name
	for n := 2; n < maxNicknameSuffix; n++ {
		taken, err := takenByOther(candidate)
		if err != nil || !taken {
			return candidate, err
		}
		candidate = fmt.Sprintf("%s #%d", name, n)
	}
	return "", fmt.Errorf("%w: %w", ErrTooLarge, errNickname)
}

func (c *conn) takenByOther(ctx context.Context, name string, subject []byte) (bool, error) {
	return c.any(ctx, "SELECT 1 FROM main.nssPublic WHERE a3 = ? AND a0 = x'00000001' AND a101 <> ? LIMIT 1", []byte(name), subject)
}

func (c *Contents) takenByOther(name string, subject []byte) bool {
	return slices.ContainsFunc(c.Entries, func(e Entry) bool {
		return e.Nickname == name && !bytes.Equal(e.Subject, subject)
	})
}
