package nss

import (
	"bytes"
	"fmt"
)

// policy says which generation of trust objects counts in a database.
type policy struct {
	new     bool // the database has the columns of CKO_TRUST
	onlyNew bool // no NSS before 3.114 reads it
}

// seen is what the database's readers make of a state, and whether some see
// something else than others, or would after the next edit.
func (p policy) seen(s State) (t Trust, conflict bool) {
	old, new := s.byGeneration()
	conflict = s.New != nil && (s.Old != nil || !p.onlyNew) && old.collapsed() != new
	if p.onlyNew {
		return new, conflict
	}
	return old.weakest(new), conflict
}

// byGeneration is what old NSS sees, and what new NSS does, which reads both.
func (s State) byGeneration() (old, new Trust) {
	if s.Old != nil {
		old, new = *s.Old, *s.Old
	}
	if s.New != nil {
		new = *s.New
	}
	return old, new
}

// seenOfGhost is what the reader makes of a ghost's state that trusts it most: one
// that trusts what nobody sees is one too many.
func (p policy) seenOfGhost(s State) Trust {
	old, new := s.byGeneration()
	if p.onlyNew {
		return new
	}
	return old.strongest(new)
}

// liftsDistrust reports whether somebody distrusts for a purpose before, and
// not after.
func (p policy) liftsDistrust(before, after State) bool {
	was, _ := p.seen(before)
	is, _ := p.seen(after)
	if was.distrustsBeside(is) {
		return true
	}
	return !p.onlyNew && before.Old != nil && before.Old.distrustsBeside(is)
}

// plan is what a change comes to.
type plan struct {
	after State
	// writeCertificate and writeTrust say what must be made to say what
	// after does; writing a nil trust deletes its objects.
	writeCertificate, writeTrust bool
	rows                         rawObjects // to put back, nil for none
}

// decide works out what a change comes to where these objects are. It is pure.
// The nickname in the result is the one asked for; see uniqueNickname.
func (p policy) decide(o *objects, t target) (plan, error) {
	for _, c := range o.certificates {
		if t.cert == nil {
			return plan{}, fmt.Errorf("%w: the ghost has a certificate", ErrStale)
		}
		if !bytes.Equal(c.der, t.cert.der) {
			return plan{}, ErrConflict
		}
	}
	before := o.state()
	if t.Expect != nil && !t.Expect.Equal(before) {
		return plan{}, ErrStale
	}
	pl, err := p.planned(before, o, t)
	if err != nil {
		return plan{}, err
	}
	if pl.writeTrust && !t.LiftDistrust && p.liftsDistrust(before, pl.after) {
		return plan{}, ErrDistrusted
	}
	return pl, nil
}

func (p policy) planned(before State, o *objects, t target) (plan, error) {
	pl := plan{after: before}
	switch t.Op {
	case Remove:
		pl.after = State{}
		pl.writeCertificate, pl.writeTrust = before.Present, len(o.old)+len(o.new) > 0
		return pl, nil
	case Restore:
		return p.restored(before, o, t)
	case SetTrust:
		if !before.Present {
			return pl, ErrAbsent
		}
		if t.Trust == nil {
			pl.after.Old, pl.after.New = nil, nil
			pl.writeTrust = len(o.old)+len(o.new) > 0
			return pl, nil
		}
	case Add, Widen:
		if !before.Present {
			if err := checkNickname(t.Nickname); err != nil {
				return pl, err
			}
			pl.after.Present, pl.after.Nickname, pl.writeCertificate = true, t.Nickname, true
		}
	}
	switch {
	case t.Trust == nil:
	case t.Op == Widen:
		p.planWider(&pl, o, *t.Trust)
	default:
		p.planTrust(&pl, o, *t.Trust)
	}
	return pl, nil
}

// planTrust plans to make the trust as wanted, unless it is.
func (p policy) planTrust(pl *plan, o *objects, want Trust) {
	if want == noTrust && len(o.old)+len(o.new) == 0 {
		return
	}
	seen, conflict := p.seen(pl.after)
	reads := want
	if pl.after.New != nil {
		reads = want.collapsed()
	}
	if exists := pl.after.Old != nil || pl.after.New != nil; exists && !conflict && (seen == reads || seen == want) {
		return
	}
	pl.writeTrust = true
	collapsed := want.collapsed()
	switch {
	case p.onlyNew && p.new && !vouches(pl.after.Old):
		pl.after.Old, pl.after.New = nil, &collapsed
	case p.new && (p.onlyNew || len(o.new) > 0):
		pl.after.Old, pl.after.New = &want, &collapsed
	default: // which new NSS reads, too
		pl.after.Old, pl.after.New = &want, nil
	}
}

// vouches reports whether a record trusts for some purpose: such a record is
// never deleted by an addition, whoever it was meant for.
func vouches(t *Trust) bool { return t != nil && t.vouches() }

// planWider plans to extend what each trust object says by itself: programs with
// old NSS and with new may see different trust, and nobody's is to be narrowed.
// Of a ghost, which nobody sees, nothing but distrust counts.
func (p policy) planWider(pl *plan, o *objects, want Trust) {
	was := pl.after
	if len(o.certificates) == 0 {
		was.Old, was.New = was.Old.distrust(), was.New.distrust()
	}
	if was.Old == nil && was.New == nil {
		p.planTrust(pl, o, want)
		return
	}
	if was.New != nil {
		wider := was.New.Widen(want.collapsed())
		pl.after.New = &wider
	}
	switch {
	case was.Old != nil:
		wider := was.Old.Widen(want)
		pl.after.Old = &wider
	case !p.onlyNew:
		pl.after.Old = &want
	}
	pl.writeTrust = !sameObjects(o.old, pl.after.Old) || !sameObjects(o.new, pl.after.New)
}

func (p policy) restored(before State, o *objects, t target) (plan, error) {
	pl := plan{after: t.State}
	if t.Rows != nil {
		pl.after, pl.rows = t.rows.state(), t.rows
	}
	if pl.after.New != nil && !p.new {
		return plan{}, fmt.Errorf("%w: it has no columns for CKO_TRUST", ErrUnsupported)
	}
	if !pl.after.Present {
		pl.after.Nickname = ""
	}
	pl.writeCertificate = pl.after.Present != before.Present || pl.after.Nickname != before.Nickname
	pl.writeTrust = !sameObjects(o.old, pl.after.Old) || !sameObjects(o.new, pl.after.New)
	return pl, nil
}

// sameObjects reports whether the objects say exactly this already.
func sameObjects(ts []trustObject, want *Trust) bool {
	if want == nil {
		return len(ts) == 0
	}
	return len(ts) == 1 && ts[0].record.Void == NotVoid && ts[0].record.Trust == *want
}

// needsSignature reports whether the plan writes a trust object.
func (pl plan) needsSignature() bool {
	return pl.writeTrust && (pl.after.Old != nil || pl.after.New != nil)
}

// changes reports whether the plan writes anything.
func (pl plan) changes() bool { return pl.writeCertificate || pl.writeTrust }
