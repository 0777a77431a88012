package javaks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Removal names trusted entries to remove: those whose certificate has this
// fingerprint and, unless Alias is empty, this alias or its lower case. Hidden ones go
// too, and so do those that would cease to be hidden. Keys are never removed.
type Removal struct {
	SHA256 [sha256.Size]byte
	Alias  string
	// Added says that an Edit had added the entry, which now leaves no
	// trace. Otherwise a certificate that Java takes for a part of a
	// PKCS#12 key's chain ceases to be an entry but stays in the file as
	// material for that chain, as it does with keytool -delete.
	Added bool
}

// ErrBadRecord means that a Removed does not describe entries of a keystore.
var ErrBadRecord = errors.New("not the record of a removal")

// Removed is the record of what a [Removal] takes out of a keystore: the entries'
// own bytes and their places, for [Edit.Restore]. It marshals to JSON; the zero
// value is a removal that took nothing out.
type Removed struct{ record record }

// record is the JSON form of a Removed.
type record struct {
	Format  Format         `json:"format,omitempty"`
	Version uint32         `json:"version,omitempty"` // of a JKS
	Entries []removedEntry `json:"entries,omitempty"`
}

// removedEntry is one entry that a removal took out. Its place is known by its
// neighbours, nearest first.
type removedEntry struct {
	Raw    []byte          `json:"raw"`
	Hidden bool            `json:"hidden,omitempty"`
	After  []mark          `json:"after,omitempty"`
	Before []mark          `json:"before,omitempty"`
	Chain  bool            `json:"chain,omitempty"`   // PKCS#12: it stayed as material for a chain
	Alone  *emptiedContent `json:"content,omitempty"` // PKCS#12: its content went with it
}

// mark identifies an entry by its bytes.
type mark string

func markOf(raw []byte) mark {
	const size = 8
	sum := sha256.Sum256(raw)
	return mark(hex.EncodeToString(sum[:size]))
}

// IsZero reports whether nothing was taken out.
func (r Removed) IsZero() bool { return len(r.record.Entries) == 0 }

// MarshalJSON implements [json.Marshaler].
func (r Removed) MarshalJSON() ([]byte, error) { return json.Marshal(r.record) }

// UnmarshalJSON implements [json.Unmarshaler].
func (r *Removed) UnmarshalJSON(data []byte) error {
	var fresh record
	if err := json.Unmarshal(data, &fresh); err != nil {
		return fmt.Errorf("%w: %w", ErrBadRecord, err)
	}
	if len(fresh.Entries) > maxEntries {
		return fmt.Errorf("%w: %d entries", ErrBadRecord, len(fresh.Entries))
	}
	r.record = fresh
	return nil
}

// named returns which of the removals names the entry first; -1 if none does.
func named(e Entry, removals []Removal) int {
	fingerprint, ok := e.SHA256()
	if !ok {
		return -1
	}
	return slices.IndexFunc(removals, func(r Removal) bool {
		return r.SHA256 == fingerprint && (r.Alias == "" || r.Alias == e.Alias || lowerAlias(r.Alias) == e.Alias)
	})
}

// maxNeighbours is how many of the entries that are removed along with one are
// noted on each side of it.
const maxNeighbours = 8

// neighbours returns what identifies the place of entry i among raws, nearest
// first: entries that go, too, as far as the first that stays. The order in which
// they are restored then makes no difference.
func neighbours(raws [][]byte, gone func(int) bool, i int) (after, before []mark) {
	for j := i - 1; j >= 0; j-- {
		if !gone(j) {
			after = append(after, markOf(raws[j]))
			break
		}
		if len(after) < maxNeighbours {
			after = append(after, markOf(raws[j]))
		}
	}
	for j := i + 1; j < len(raws); j++ {
		if !gone(j) {
			before = append(before, markOf(raws[j]))
			break
		}
		if len(before) < maxNeighbours {
			before = append(before, markOf(raws[j]))
		}
	}
	return after, before
}

// place returns where among the present entries the removed one belongs; false
// if none of its neighbours is there.
func (e removedEntry) place(present []mark) (int, bool) {
	for n := range max(len(e.After), len(e.Before)) {
		if n < len(e.After) {
			if i := slices.Index(present, e.After[n]); i >= 0 {
				return i + 1, true
			}
		}
		if n < len(e.Before) {
			if i := slices.Index(present, e.Before[n]); i >= 0 {
				return i, true
			}
		}
	}
	return 0, false
}

// visibility counts the entries of each content that Java sees.
type visibility map[string]int

// disturbed reports whether an entry that was visible before is not any more,
// or other than the wanted number of entries has become visible.
func (before visibility) disturbed(after visibility, wanted int) bool {
	for raw, n := range after {
		wanted -= n - before[raw]
	}
	for raw, n := range before {
		if after[raw] < n {
			return true
		}
	}
	return wanted != 0
}

// additions returns the visible entries of a record as additions, for where
// their bytes cannot be put back.
func (r record) additions() ([]Addition, error) {
	var all []Addition
	for _, e := range r.Entries {
		if e.Hidden {
			continue
		}
		var a Addition
		switch r.Format {
		case JKS:
			parsed, err := parseJKSEntry(e.Raw, r.Version)
			if err != nil {
				return nil, err
			}
			a = Addition{Alias: parsed.Alias, DER: parsed.Chain[0], Created: parsed.Created}
		case PKCS12:
			b, err := parseTrustedBag(e.Raw)
			if err != nil {
				return nil, err
			}
			a = Addition{Alias: b.alias, DER: b.certificate}
		default:
			return nil, fmt.Errorf("%w: format %q", ErrBadRecord, r.Format)
		}
		if a.Alias == "" {
			a.Alias = "restored"
		}
		a.Restore = true
		all = append(all, a)
	}
	return all, nil
}
