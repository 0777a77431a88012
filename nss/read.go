package nss

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Bounds on what is read from one database.
const (
	maxObjects  = 65_536    // certificates and trust objects
	maxContents = 128 << 20 // bytes of certificates
	maxProblems = 1_000     // reported
)

// selectObjects is the query for certificates and trust objects.
func (c *conn) selectObjects(where string) string {
	columns := []string{"id"}
	for _, a := range storedColumns {
		column := a.column()
		switch {
		case a == ckaValue:
			column = fmt.Sprintf("CASE WHEN length(%[1]s) <= %[2]d THEN %[1]s END", column, maxCertificate)
		case !c.policy.new && slices.Contains(newGeneration.signed, a):
			column = "NULL"
		}
		columns = append(columns, column)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM main." + publicTable +
		" WHERE a0 IN (x'00000001', x'ce534353', x'0000000b') " + where + " LIMIT ?"
}

// each calls f with every row of a query over storedColumns; err is why the row
// cannot be used.
func each(rows *sql.Rows, f func(s stored, err error) error) error {
	defer rows.Close()
	row := make([]any, len(storedColumns)+1)
	into := make([]any, len(row))
	for i := range row {
		into[i] = &row[i]
	}
	for n := 0; rows.Next(); n++ {
		if n == maxObjects {
			return fmt.Errorf("%w: more than %d objects", ErrTooLarge, maxObjects)
		}
		if err := rows.Scan(into...); err != nil {
			return databaseError(err)
		}
		if err := f(decode(row)); err != nil {
			return err
		}
	}
	return databaseError(rows.Err())
}

// load reads the objects with one issuer and serial number, not judged yet.
func (c *conn) load(ctx context.Context, key identity) (*objects, error) {
	if !c.public {
		return &objects{}, nil
	}
	rows, err := c.query(ctx, c.selectObjects("AND a81 = ? AND a82 = ?"), []byte(key.issuer), []byte(key.serial), maxObjects+1)
	if err != nil {
		return nil, err
	}
	o := &objects{}
	err = each(rows, func(s stored, err error) error {
		if err == nil {
			err = o.add(s)
		}
		if err != nil {
			return fmt.Errorf("%w: object %08x: %w", ErrDamaged, s.id, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return o, c.loadSignatures(ctx, o)
}

// passwordRow reads metaData's row; both values are nil if there is none.
func (c *conn) passwordRow(ctx context.Context) (item1, item2 []byte, err error) {
	if !c.metaData {
		return nil, nil, nil
	}
	var a, b any
	rows, err := c.query(ctx, `SELECT CASE WHEN length(item1) <= ?1 THEN item1 END, CASE WHEN length(item2) <= ?1 THEN item2 END
		FROM keys.metaData WHERE id = 'password'`, maxParameter)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, nil, databaseError(rows.Err())
	}
	if err := rows.Scan(&a, &b); err != nil {
		return nil, nil, databaseError(err)
	}
	item1, ok1 := a.([]byte)
	item2, ok2 := b.([]byte)
	if !ok1 || !ok2 {
		return nil, nil, fmt.Errorf("%w: password row: %w", ErrDamaged, errType)
	}
	return item1, item2, nil
}

// loadSignatures reads the signatures of the trust objects.
func (c *conn) loadSignatures(ctx context.Context, o *objects) (err error) {
	if !c.metaData {
		return nil
	}
	for t := range o.trustObjects() {
		if t.signatures, err = c.signatures(ctx, t.id); err != nil {
			return err
		}
	}
	return nil
}

// allSignatures reads the signatures of all trust objects: in one query, unless
// there are few objects, since key4.db may hold signatures of much else.
func (c *conn) allSignatures(ctx context.Context, all map[identity]*objects) error {
	if !c.metaData {
		return nil
	}
	trust := map[uint32]*trustObject{}
	for _, o := range all {
		for t := range o.trustObjects() {
			t.signatures = map[string][]byte{}
			trust[t.id] = t
		}
	}
	if len(trust) <= fewObjects {
		for _, t := range trust {
			var err error
			if t.signatures, err = c.signatures(ctx, t.id); err != nil {
				return err
			}
		}
		return nil
	}
	rows, err := c.query(ctx, "SELECT id, item1 FROM keys.metaData WHERE id >= ? AND id < ? AND length(item1) <= ?", signaturePrefix, signaturePrefix+"g", maxParameter)
	if err != nil {
		return err
	}
	defer rows.Close()
	for n := 0; rows.Next(); n++ {
		var id, item any
		if err := rows.Scan(&id, &item); err != nil {
			return databaseError(err)
		}
		if n == maxObjects*maxSignatures {
			return fmt.Errorf("%w: too many signatures", ErrTooLarge)
		}
		name, ok1 := id.(string)
		value, ok2 := item.([]byte)
		if t := trust[signedObject(name)]; t != nil && ok1 && ok2 && len(t.signatures) < maxSignatures {
			t.signatures[name] = value
		}
	}
	return errors.Join(databaseError(rows.Err()), ctx.Err())
}

// fewObjects are those whose signatures are read one by one.
const fewObjects = 16

// maxSignatures bounds the signature rows of one object; NSS writes seven.
const maxSignatures = 32

func (c *conn) signatures(ctx context.Context, object uint32) (map[string][]byte, error) {
	from, below := signatureRange(object)
	rows, err := c.query(ctx, "SELECT id, item1 FROM keys.metaData WHERE id >= ? AND id < ? AND length(item1) <= ? LIMIT ?", from, below, maxParameter, maxSignatures)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string][]byte{}
	for rows.Next() {
		var id, item any
		if err := rows.Scan(&id, &item); err != nil {
			return nil, databaseError(err)
		}
		name, ok1 := id.(string)
		value, ok2 := item.([]byte)
		if ok1 && ok2 {
			found[name] = value
		}
	}
	return found, databaseError(rows.Err())
}
