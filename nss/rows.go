package nss

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Rows are the rows of a certificate and of its trust objects, with every
// attribute as NSS stores it: what a [State] leaves out, such as the e-mail
// address by which S/MIME finds the certificate (CKA_NSS_EMAIL), is in them.
// They marshal as JSON.
//
// Nothing in them is derived from the primary password: the signatures of trust
// objects are made anew when the rows are put back, under the password that
// holds then. A trust object that NSS did not honour is put back as one that
// says nothing.
type Rows struct {
	objects rawObjects
}

// Bounds on Rows, which come back from a file.
const (
	maxRowObjects = 64
	maxRowsJSON   = 16 << 20 // bytes
)

// rawObject is one row.
type rawObject struct {
	id     uint32
	void   bool // a trust object that NSS does not honour
	values values
}

type rawObjects []rawObject

// jsonObject is a rawObject in JSON. The attributes' types are in hexadecimal.
type jsonObject struct {
	ID         uint32            `json:"id"`
	Void       bool              `json:"void,omitempty"`
	Attributes map[string][]byte `json:"attributes"`
}

// MarshalJSON implements [json.Marshaler].
func (r Rows) MarshalJSON() ([]byte, error) {
	out := make([]jsonObject, len(r.objects))
	for i, o := range r.objects {
		out[i] = jsonObject{ID: o.id, Void: o.void, Attributes: make(map[string][]byte, len(o.values))}
		for a, value := range o.values {
			out[i].Attributes[strconv.FormatUint(uint64(a), 16)] = value
		}
	}
	return json.Marshal(out)
}

var errRows = errors.New("these are no rows of an NSS database")

// UnmarshalJSON implements [json.Unmarshaler].
func (r *Rows) UnmarshalJSON(data []byte) error {
	if len(data) > maxRowsJSON {
		return errRows
	}
	var in []jsonObject
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	if len(in) > maxRowObjects {
		return errRows
	}
	objects := make(rawObjects, len(in))
	for i, o := range in {
		if o.ID < 1 || o.ID > maxID {
			return errRows
		}
		objects[i] = rawObject{id: o.ID, void: o.Void, values: values{}}
		for name, value := range o.Attributes {
			a, err := strconv.ParseUint(name, 16, 32)
			if err != nil || name != strconv.FormatUint(a, 16) || len(value) > maxCertificate {
				return errRows
			}
			objects[i].values[attribute(a)] = value
		}
	}
	r.objects = objects
	return nil
}

// stored is a row as decode delivers it.
func (o rawObject) stored() stored {
	s := stored{id: o.id, values: values{}}
	for a, value := range o.values {
		switch {
		case len(value) == 0: // as good as absent
		case bytes.Equal(value, empty):
			s.values[a] = []byte{}
		default:
			s.values[a] = value
		}
	}
	return s
}

// sorted files the rows, which must all be about one certificate.
func (rs rawObjects) sorted(key identity) (*objects, error) {
	sorted := &objects{}
	for _, o := range rs {
		s := o.stored()
		if s.key() != key {
			return nil, errors.New("a row is about another certificate")
		}
		if err := sorted.add(s); err != nil {
			return nil, err
		}
	}
	return sorted, nil
}

// state is what the rows say.
func (rs rawObjects) state() State {
	var sorted objects
	for _, o := range rs {
		sorted.add(o.honoured().stored()) // takeRows had no error
	}
	return sorted.state()
}

// honoured is the row as it is put back: one that NSS honours.
func (o rawObject) honoured() rawObject {
	g := o.stored().generation()
	if !o.void || g == nil {
		return o
	}
	o.values = maps.Clone(o.values)
	for _, level := range []attribute{g.server, g.client, g.email, g.code} {
		o.values[level] = g.levels.value(Undecided)
	}
	return o
}

// generation is that of a trust object, nil of another.
func (s stored) generation() *generation {
	switch s.class() {
	case ckoNSSTrust:
		return oldGeneration
	case ckoTrust:
		return newGeneration
	}
	return nil
}

// takeRows checks the rows of a change.
func (t *target) takeRows() error {
	if t.Rows == nil {
		return nil
	}
	sorted, err := t.Rows.objects.sorted(t.key)
	switch {
	case err != nil:
		return fmt.Errorf("%w: rows: %w", ErrInvalidChange, err)
	case t.cert == nil && len(sorted.certificates) > 0:
		return fmt.Errorf("%w: the rows of a ghost have a certificate", ErrInvalidChange)
	}
	for _, c := range sorted.certificates {
		if !bytes.Equal(c.der, t.cert.der) {
			return fmt.Errorf("%w: the rows have another certificate", ErrInvalidChange)
		}
	}
	t.rows = t.Rows.objects
	if t.rows == nil {
		t.rows = rawObjects{}
	}
	return nil
}

// Rows reads the rows that changes are about, one result for each, in one
// transaction: what to keep of a certificate before it is removed. Only DER, or
// Issuer and Serial, of a change count. A certificate of which the database
// says nothing has no rows.
func (db *DB) Rows(ctx context.Context, changes []Change) ([]Rows, error) {
	keys := make([]identity, len(changes))
	for i, c := range changes {
		c.Op = Remove
		t, err := newTarget(c)
		if err != nil {
			return nil, &ChangeError{Index: i, Err: err}
		}
		keys[i] = t.key
	}
	var item1, item2 []byte
	found, out := make([]*objects, len(keys)), make([]Rows, len(keys))
	err := db.reading(ctx, func(c *conn) (err error) {
		if item1, item2, err = c.passwordRow(ctx); err != nil {
			return err
		}
		for i, key := range keys {
			if found[i], err = c.load(ctx, key); err != nil {
				return err
			}
			if out[i].objects, err = c.rawObjects(ctx, found[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	secret, err := db.secretOf(item1, item2)
	if err != nil {
		return nil, err
	}
	defer db.keep(secret)
	for i, o := range found {
		o.judge(policy{new: true}, secret)
		out[i].objects.mark(o)
	}
	return out, nil
}

// mark notes which trust objects NSS does not honour, once they were judged.
func (rs rawObjects) mark(o *objects) {
	for t := range o.trustObjects() {
		for i := range rs {
			if rs[i].id == t.id {
				rs[i].void = t.record.Void != NotVoid
			}
		}
	}
}

// rawObjects reads the rows of objects that were loaded.
func (c *conn) rawObjects(ctx context.Context, o *objects) (rawObjects, error) {
	var raw rawObjects
	for _, ids := range o.ids() {
		for _, id := range ids {
			raw = append(raw, rawObject{id: id})
		}
	}
	if len(raw) > maxRowObjects {
		return nil, fmt.Errorf("%w: more than %d objects of one certificate", ErrTooLarge, maxRowObjects)
	}
	slices.SortFunc(raw, func(a, b rawObject) int { return int(a.id) - int(b.id) })
	for i := range raw {
		var err error
		if raw[i].values, err = c.rawValues(ctx, raw[i].id); err != nil {
			return nil, err
		}
	}
	return raw, nil
}

// attributes are the table's columns in a fixed order.
func (c *conn) attributes() (names []string, attributes []attribute) {
	for _, name := range slices.Sorted(maps.Keys(c.columns)) {
		a, err := strconv.ParseUint(strings.TrimPrefix(name, "a"), 16, 32)
		if err == nil { // the form was checked with the schema
			names, attributes = append(names, name), append(attributes, attribute(a))
		}
	}
	return names, attributes
}

// rawValues reads every attribute of an object.
func (c *conn) rawValues(ctx context.Context, id uint32) (values, error) {
	names, attributes := c.attributes()
	rows, err := c.query(ctx, "SELECT "+strings.Join(names, ", ")+" FROM main."+publicTable+" WHERE id = ?", int64(id))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	row := make([]any, len(names))
	into := make([]any, len(names))
	for i := range row {
		into[i] = &row[i]
	}
	if !rows.Next() {
		return nil, errors.Join(errMoved, databaseError(rows.Err()))
	}
	if err := rows.Scan(into...); err != nil {
		return nil, databaseError(err)
	}
	v := values{}
	for i, a := range attributes {
		switch value := row[i].(type) {
		case nil:
		case []byte:
			v[a] = value
		default:
			return nil, fmt.Errorf("%w: %w: %s is %T", ErrDamaged, errType, a.column(), value)
		}
	}
	return v, nil
}

// writeRows makes the database's objects of one certificate exactly these. An
// object that is there keeps its id, which a running application may hold; one
// that is not gets its own back if that is free.
func (c *conn) writeRows(ctx context.Context, o *objects, rows rawObjects, s *signer) error {
	free := o.ids()
	for _, row := range rows {
		row = row.honoured()
		of := row.stored().class()
		if ids := free[of]; len(ids) > 0 {
			row.id, free[of] = ids[0], ids[1:]
			if err := c.writeRow(ctx, row, "UPDATE main.nssPublic SET (%s) = (%s) WHERE id = ?"); err != nil {
				return err
			}
		} else if err := c.insertRow(ctx, &row); err != nil {
			return err
		}
		if g := row.stored().generation(); g != nil {
			if err := c.sign(ctx, g, row.id, row.stored().values, s); err != nil {
				return err
			}
		}
	}
	for _, ids := range free {
		for _, id := range ids {
			if err := c.delete(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// ids are the ids of the objects by class.
func (o *objects) ids() map[class][]uint32 {
	ids := map[class][]uint32{}
	for _, cert := range o.certificates {
		ids[ckoCertificate] = append(ids[ckoCertificate], cert.id)
	}
	for t, g := range o.trustObjects() {
		ids[g.class] = append(ids[g.class], t.id)
	}
	return ids
}

func (c *conn) insertRow(ctx context.Context, row *rawObject) error {
	taken, err := c.any(ctx, "SELECT 1 FROM main.nssPublic WHERE id = ?", int64(row.id))
	if err == nil && taken {
		row.id, err = c.newID(ctx)
	}
	if err != nil {
		return err
	}
	return c.writeRow(ctx, *row, "INSERT INTO main.nssPublic (%s, id) VALUES (%s, ?)")
}

// writeRow writes every column of a row.
func (c *conn) writeRow(ctx context.Context, row rawObject, statement string) error {
	names, attributes := c.attributes()
	for a := range row.values {
		if !c.columns[a.column()] {
			return fmt.Errorf("%w: it has no column %s", ErrUnsupported, a.column())
		}
	}
	args := make([]any, len(names), len(names)+1)
	for i, a := range attributes {
		if value, ok := row.values[a]; ok {
			args[i] = value
		}
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ")
	return c.exec(ctx, fmt.Sprintf(statement, strings.Join(names, ", "), marks), append(args, int64(row.id))...)
}
