package nss

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Op is the kind of a Change.
type Op string

// The operations.
const (
	// Add makes the certificate present and, if Trust is not nil, its trust
	// as given, be that less than it had: see Widen. A certificate that is
	// present keeps its nickname.
	Add Op = "add"
	// Widen makes the certificate present and its trust at least as given:
	// each trust object that is there is extended by itself, as [Trust.Widen]
	// does, so that no reader's trust is narrowed. Distrust stays, that of a
	// Ghost, too; what a Ghost trusts does not count.
	Widen Op = "widen"
	// SetTrust makes the trust of a certificate that is present as given;
	// a nil Trust deletes its trust objects, so that a built-in root's own
	// trust counts again.
	SetTrust Op = "set-trust"
	// Remove deletes the certificate and every trust object of either
	// generation with its issuer and serial number, also where only those
	// are left.
	Remove Op = "remove"
	// Restore makes the database say what State says, or puts back Rows: the
	// exact inverse of any other change, given its Applied.Before or, if it
	// removes, what [DB.Rows] returned before it.
	Restore Op = "restore"
)

// Change is one edit of what a database says about one certificate. The
// certificate is named by DER. Only for the removal of a [Ghost], which has no
// certificate left, and for putting it back, Issuer and Serial may name it
// instead.
type Change struct {
	Op  Op
	DER []byte

	Issuer, Serial []byte // DER of a Name and of an INTEGER

	// Nickname is for Add, and for Widen of what is not present: not empty, no colon (NSS takes what is before it
	// for a token's name), no control characters. NSS ties a nickname to one
	// subject; where another subject has it, " #2", " #3", … is appended.
	Nickname string

	// Trust is for Add, Widen and SetTrust. Where there is no trust object and
	// Trust is ",,", none is written, as by NSS. Trust that NSS sees already
	// is not written again.
	Trust *Trust

	// State is for Restore. Rows, if not nil, counts instead.
	State State
	Rows  *Rows

	// LiftDistrust permits a change to end somebody's explicit distrust.
	LiftDistrust bool

	// Expect, if not nil, is what the database must say beforehand.
	Expect *State
}

// State is what a database says about one certificate, in enough detail to
// restore it. It is comparable by [State.Equal] and can be kept as JSON.
type State struct {
	Present  bool   `json:"present,omitempty"`  // the certificate itself
	Nickname string `json:"nickname,omitempty"` // "" unless Present

	// The trust objects by generation; nil where there is none. One that NSS
	// does not honour (see Record.Void) counts as one that says nothing.
	Old *Trust `json:"old,omitempty"` // CKO_NSS_TRUST
	New *Trust `json:"new,omitempty"` // CKO_TRUST, since NSS 3.114
}

// Equal reports whether two states are the same.
func (s State) Equal(o State) bool {
	return s.Present == o.Present && s.Nickname == o.Nickname && equalTrust(s.Old, o.Old) && equalTrust(s.New, o.New)
}

func equalTrust(a, b *Trust) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// Applied is the outcome of one Change.
type Applied struct {
	Before, After State
	// Changed is false where the database said already what was asked for.
	// It can be true with Before equal to After: where a trust object was
	// replaced or swept that NSS did not honour.
	Changed bool
}

// maxNickname bounds the length of a nickname in bytes.
const maxNickname = 512

func checkNickname(name string) error {
	switch {
	case name == "" || len(name) > maxNickname || !utf8.ValidString(name):
	case strings.Contains(name, ":") || strings.ContainsFunc(name, unicode.IsControl):
	default:
		return nil
	}
	return fmt.Errorf("%w: nickname %q", ErrInvalidChange, name)
}

// target is a Change whose certificate has been taken apart.
type target struct {
	Change
	key  identity
	cert *certificate // nil where only issuer and serial number are known
	rows rawObjects   // of Change.Rows
}

func newTarget(c Change) (target, error) {
	t := target{Change: c}
	if c.DER == nil {
		if c.Op != Remove && (c.Op != Restore || c.Rows == nil) || len(c.Issuer) == 0 || len(c.Serial) == 0 {
			return t, fmt.Errorf("%w: no certificate", ErrInvalidChange)
		}
		t.key = identity{issuer: string(c.Issuer), serial: string(c.Serial)}
		return t, t.check()
	}
	cert, err := parseCertificate(c.DER)
	if err != nil {
		return t, fmt.Errorf("%w: %w", ErrInvalidChange, err)
	}
	t.cert, t.key = cert, cert.key
	return t, t.check()
}

func (t *target) check() error {
	trusts := []*Trust{t.Trust, t.State.Old, t.State.New}
	for _, trust := range trusts {
		if trust != nil && !trust.valid() {
			return fmt.Errorf("%w: unknown trust level", ErrInvalidChange)
		}
	}
	switch t.Op {
	case Add:
		return checkNickname(t.Nickname)
	case Widen, SetTrust, Remove:
		return nil
	case Restore:
		if len(t.State.Nickname) > maxNickname {
			return fmt.Errorf("%w: nickname too long", ErrInvalidChange)
		}
		return t.takeRows()
	}
	return fmt.Errorf("%w: no operation %q", ErrInvalidChange, t.Op)
}
