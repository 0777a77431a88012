package truststore

import (
	"maps"
	"slices"
	"time"
)

// Level is a store's attitude towards a certificate for one purpose.
type Level string

// The levels, from what a store's users gain most from to least.
const (
	// Builtin: the program that owns the store brings the trust itself.
	Builtin Level = "builtin"
	// Explicit: an entry of the store makes the certificate a trust anchor.
	Explicit Level = "explicit"
	// Present: the certificate is in the store, without trust.
	Present Level = "present"
	// Absent: the store does not have the certificate.
	Absent Level = "absent"
	// Distrusted: somebody told the store never to trust the certificate.
	Distrusted Level = "distrusted"
	// Unknown: the store could not be read.
	Unknown Level = "unknown"
)

// Trusted reports whether the level makes the certificate a trust anchor.
func (l Level) Trusted() bool { return l == Builtin || l == Explicit }

// Trust is a store's attitude towards one certificate. The zero Trust is that
// of a certificate the store does not have.
type Trust struct {
	// Present tells whether the certificate itself is in the store.
	Present bool `json:"present"`
	// Levels are the purposes with an attitude beyond presence; AnyPurpose
	// stands for all that are not named.
	Levels map[Purpose]Level `json:"levels,omitempty"`
	// Name is the entry's alias, nickname or file name.
	Name string `json:"name,omitempty"`
	// Native is the attitude in the store's own notation, such as NSS's
	// "C,,"; "" where a store has none.
	Native string `json:"native,omitempty"`
	// Exact is the attitude in a form that only the store understands, for
	// restoring it.
	Exact string `json:"exact,omitempty"`
	// Reason is why the levels are what they are, "" where that is plain.
	Reason Code `json:"reason,omitempty"`
	// Created is when the entry was made, where the store keeps that.
	Created Date `json:"created,omitzero"`
}

// Date is a time that stores keep and JSON may not be able to say: Java's
// keystores hold any number of milliseconds.
type Date struct{ time.Time }

// MarshalJSON writes the date, and null for one whose year has more or less
// than four digits (RFC 3339).
func (d Date) MarshalJSON() ([]byte, error) {
	if year := d.UTC().Year(); year < 0 || year > 9999 {
		return []byte("null"), nil
	}
	return d.Time.MarshalJSON()
}

// UnmarshalJSON reads what MarshalJSON writes.
func (d *Date) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*d = Date{}
		return nil
	}
	return d.Time.UnmarshalJSON(data)
}

// forAny are the levels of every such anchor; nobody changes them.
var forAny = map[Purpose]Level{AnyPurpose: Explicit}

// AnchorTrust is the trust of an entry, of the given name, that makes its
// certificate an anchor for every purpose.
func AnchorTrust(name string) Trust {
	return Trust{Present: true, Name: name, Levels: forAny}
}

// For returns the level for a purpose.
func (t Trust) For(p Purpose) Level {
	if l, ok := t.Levels[p]; ok {
		return l
	}
	if l, ok := t.Levels[AnyPurpose]; ok {
		return l
	}
	if t.Present {
		return Present
	}
	return Absent
}

// trustedFor reports whether the certificate is an anchor for every one of
// the purposes.
func (t Trust) trustedFor(ps []Purpose) bool {
	return !slices.ContainsFunc(ps, func(p Purpose) bool { return !t.For(p).Trusted() })
}

// explicitFor is trustedFor by entries of the store alone.
func (t Trust) explicitFor(ps []Purpose) bool {
	return !slices.ContainsFunc(ps, func(p Purpose) bool { return t.For(p) != Explicit })
}

// builtinFor lists the purposes for which the program brings the trust itself.
// An entry of the store overrides that for every purpose, and would end it for
// those that it does not name.
func (t Trust) builtinFor() []Purpose {
	var out []Purpose
	for p, l := range t.Levels {
		if l == Builtin {
			out = append(out, p)
		}
	}
	return out
}

// distrusts reports whether the store refuses the certificate for one of the
// purposes, or altogether.
func (t Trust) distrusts(ps []Purpose) bool {
	return t.For(AnyPurpose) == Distrusted ||
		slices.ContainsFunc(ps, func(p Purpose) bool { return t.For(p) == Distrusted })
}

// refuses reports whether the store distrusts the certificate for anything.
func (t Trust) refuses() bool {
	return slices.Contains(slices.Collect(maps.Values(t.Levels)), Distrusted)
}

// vouches reports whether an entry of the store trusts the certificate for
// anything.
func (t Trust) vouches() bool {
	return slices.Contains(slices.Collect(maps.Values(t.Levels)), Explicit)
}

// with returns the trust extended to the purposes; what was trusted before
// stays so.
func (t Trust) with(ps []Purpose, name string) Trust {
	out := Trust{Present: true, Name: t.Name, Levels: maps.Clone(t.Levels)}
	if out.Name == "" {
		out.Name = name
	}
	for _, p := range ps {
		if out.For(p) != Explicit {
			if out.Levels == nil {
				out.Levels = map[Purpose]Level{}
			}
			out.Levels[p] = Explicit
		}
	}
	return out
}

// Same reports whether two attitudes are the same as far as the store's own
// entries go: what is built in, and why, is not of the entry's making.
func (t Trust) Same(o Trust) bool {
	return t.Present == o.Present && maps.Equal(t.own(), o.own())
}

func (t Trust) own() map[Purpose]Level {
	own := map[Purpose]Level{}
	for p, l := range t.Levels {
		if l == Explicit || l == Distrusted {
			own[p] = l
		}
	}
	return own
}

// withExact returns the trust with what is known of the very entry, where there
// is more to know than the trust itself has.
func (t Trust) withExact(exact string) Trust {
	if exact != "" {
		t.Exact = exact
	}
	return t
}
