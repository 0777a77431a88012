package nss

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
)

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

// kept is a secret that one call hands on to the next: deriving its keys takes
// most of the time of either. Whoever takes it has it alone.
type kept struct {
	sync.Mutex
	secret *secret
}

// secretOf takes what is kept if it is still that of the password row.
func (db *DB) secretOf(item1, item2 []byte) (*secret, error) {
	db.kept.Lock()
	s := db.kept.secret
	db.kept.secret = nil
	db.kept.Unlock()
	if s != nil && s.of(item1, item2) {
		return s, nil
	}
	return newSecret(item1, item2, db.opts.Password)
}

// keep puts a secret by for the next call.
func (db *DB) keep(s *secret) {
	if s == nil {
		return
	}
	if s.verifier != nil {
		s.verifier.spent = 0
	}
	db.kept.Lock()
	db.kept.secret = s
	db.kept.Unlock()
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

// check looks at the signatures of a trust object. Without the password only
// their presence can be told: NSS believes an unsigned object until the user
// has logged in, and never afterwards.
func (s *secret) check(t trustObject, g *generation) (void Void, verified bool) {
	if s.state == PasswordUnset {
		return NotVoid, false
	}
	verifiable := s.known() && !s.verifier.exhausted()
	for _, a := range g.signed {
		value, has := t.values[a]
		if !has || g.saysNothing(a, value) {
			continue
		}
		row, signed := t.signatures[signatureID(t.id, a)]
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
