package nss

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Bounds on what is read from one database.
const (
	maxObjects  = 65_536    // certificates and trust objects
	maxContents = 128 << 20 // bytes of certificates
	maxProblems = 1_000
)

// selectObjects is the query for certificates and trust objects.
func (c *conn) selectObjects(where string) string {
	columns := []string{"id"}
	for _, a := range storedColumns {
		column := a.column()
		switch {
		case a == ckaValue:
			column = fmt.Sprintf("CASE WHEN length(%[1]s) <= %[2]d THEN %[1]s END", column, maxCertificate)
		case isNew(a) && !c.policy.new:
			column = "NULL"
		}
		columns = append(columns, column)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM main." + publicTable +
		" WHERE a0 IN (x'00000001', x'ce534353', x'0000000b') " + where + " LIMIT ?"
}

func isNew(a attribute) bool {
	for _, n := range newGeneration.signed {
		if a == n {
			return true
		}
	}
	return false
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

// secret is what is known about the primary password.
type secret struct {
	item1, item2 []byte
	state        PasswordState
	password     string    // where state is PasswordEmpty or PasswordGiven
	verifier     *verifier // likewise
}

func (s *secret) known() bool { return s.state == PasswordEmpty || s.state == PasswordGiven }

func (s *secret) of(item1, item2 []byte) bool {
	return bytes.Equal(s.item1, item1) && bytes.Equal(s.item2, item2)
}

// newSecret tries the empty password and the given one on a password row.
func newSecret(item1, item2 []byte, given *string) (*secret, error) {
	s := &secret{item1: item1, item2: item2, state: PasswordUnset}
	if item1 == nil && item2 == nil {
		return s, nil
	}
	row, err := parsePasswordRow(item1, item2)
	switch {
	case errors.Is(err, errAlgorithm) || errors.Is(err, errIterations):
		s.state = PasswordUnsupported
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	case row.opens(""):
		s.state = PasswordEmpty
	case given == nil:
		s.state = PasswordNeeded
	case row.opens(*given):
		s.state, s.password = PasswordGiven, *given
	default:
		s.state = PasswordWrong
	}
	if s.known() {
		s.verifier = newVerifier(item1, s.password)
	}
	return s, nil
}

// writable says why no trust can be written.
func (s PasswordState) writable() error {
	switch s {
	case PasswordNeeded:
		return ErrPasswordRequired
	case PasswordWrong:
		return ErrWrongPassword
	case PasswordUnsupported:
		return fmt.Errorf("%w: unknown form of primary password", ErrUnsupported)
	}
	return nil
}

// judgment returns the function that objects.judge wants.
func (c *conn) judgment(ctx context.Context, s *secret) func(trustObject, *generation) (Void, bool, error) {
	return func(t trustObject, g *generation) (Void, bool, error) {
		switch {
		case g == newGeneration && !c.policy.new:
			return NewInOld, false, nil
		case s.state == PasswordUnset:
			return NotVoid, false, nil
		}
		rows, err := c.signatures(ctx, t.id)
		if err != nil {
			return NotVoid, false, err
		}
		void, verified := s.check(t, g, rows)
		return void, verified, nil
	}
}

// check looks at the signatures of a trust object. Without the password only
// their presence can be told: NSS believes an unsigned object until the user
// has logged in, and never afterwards.
func (s *secret) check(t trustObject, g *generation, rows map[string][]byte) (void Void, verified bool) {
	verifiable := s.known() && !s.verifier.exhausted()
	for _, a := range g.signed {
		value, has := t.values[a]
		if !has || g.saysNothing(a, value) {
			continue
		}
		row, signed := rows[signatureID(t.id, a)]
		switch {
		case !signed:
			return Unsigned, false
		case verifiable && !s.verifier.verify(row, t.id, a, value):
			return BadSignature, false
		}
	}
	return NotVoid, verifiable
}

// saysNothing reports whether the value is one whose signature NSS does not
// look at (since 3.90.1): no trust, no step-up.
func (g *generation) saysNothing(a attribute, value []byte) bool {
	switch a {
	case g.server, g.client, g.email, g.code:
		return bytes.Equal(value, g.levels.value(Undecided))
	case ckaNSSStepUp:
		return bytes.Equal(value, []byte{0})
	}
	return false
}

// signatures reads the signature rows of an object.
func (c *conn) signatures(ctx context.Context, object uint32) (map[string][]byte, error) {
	from, below := signatureRange(object)
	rows, err := c.query(ctx, "SELECT id, item1 FROM keys.metaData WHERE id >= ? AND id < ? AND length(item1) <= ? LIMIT 64", from, below, maxParameter)
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

// list reads everything, in the present transaction.
func (c *conn) list(ctx context.Context, given *string) (*Contents, error) {
	contents := &Contents{New: c.policy.new, policy: c.policy, objects: map[identity]*objects{}}
	rows, err := c.query(ctx, c.selectObjects(""), maxObjects+1)
	if err != nil {
		return nil, err
	}
	var order []identity
	var size int
	err = each(rows, func(s stored, err error) error {
		o := contents.objects[s.key()]
		if o == nil {
			o = &objects{}
		}
		if err == nil {
			err = o.add(s)
		}
		if err != nil {
			if len(contents.Problems) < maxProblems {
				contents.Problems = append(contents.Problems, Problem{ObjectID: s.id, Reason: err.Error()})
			}
			return nil
		}
		if size += len(s.values[ckaValue]); size > maxContents {
			return fmt.Errorf("%w: more than %d bytes of certificates", ErrTooLarge, maxContents)
		}
		if contents.objects[s.key()] == nil {
			contents.objects[s.key()] = o
			order = append(order, s.key())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	item1, item2, err := c.passwordRow(ctx)
	if err != nil {
		return nil, err
	}
	secret, err := newSecret(item1, item2, given)
	if err != nil {
		return nil, err
	}
	contents.Password = secret.state
	for _, key := range order {
		o := contents.objects[key]
		if err := o.judge(c.judgment(ctx, secret)); err != nil {
			return nil, err
		}
		contents.add(key, o)
	}
	return contents, nil
}

// add describes the objects of one issuer and serial number.
func (c *Contents) add(key identity, o *objects) {
	state := o.state()
	trust, conflict := c.policy.seen(state)
	old, new := honoured(o.old), honoured(o.new)
	if !state.Present {
		c.Ghosts = append(c.Ghosts, Ghost{
			Issuer: []byte(key.issuer), Serial: []byte(key.serial), Trust: trust, Old: old, New: new, State: state,
		})
		return
	}
	first := o.certificates[0]
	c.Entries = append(c.Entries, Entry{
		DER: first.der, SHA256: sha256.Sum256(first.der), Nickname: first.nickname,
		Trust: trust, Old: old, New: new, Conflict: conflict, State: state,
	})
	for _, other := range o.certificates[1:] {
		if len(c.Problems) < maxProblems {
			c.Problems = append(c.Problems, Problem{ObjectID: other.id, Reason: "another certificate has the same issuer and serial number"})
		}
	}
}
