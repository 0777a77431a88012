package javaks

import (
	"bytes"
	"fmt"
	"slices"
)

// removed returns what each of the removals takes out.
func (k *jks) removed(removals []Removal) ([]Removed, error) {
	takenBy, err := k.cut(removals)
	if err != nil {
		return nil, err
	}
	all := make([]Removed, len(removals))
	raws := make([][]byte, len(k.list))
	for i, e := range k.list {
		raws[i] = e.raw
	}
	gone := func(i int) bool { return takenBy[i] >= 0 }
	for i, e := range k.list {
		if !gone(i) {
			continue
		}
		entry := removedEntry{Raw: e.raw, Hidden: e.Kind == Hidden}
		entry.After, entry.Before = neighbours(raws, gone, i)
		r := &all[takenBy[i]].record
		r.Format, r.Version = JKS, k.version
		r.Entries = append(r.Entries, entry)
	}
	return all, nil
}

// restore puts the removed entries back among the kept ones. What has to be
// added instead, since its bytes do not fit there any more, comes back as
// additions.
func (k *jks) restore(kept []jksEntry, removed []Removed) (list []jksEntry, visible []Entry, instead []Addition, err error) {
	list = kept
	for _, r := range removed {
		next, err := k.restoreOne(list, r.record)
		if err != nil {
			return nil, nil, nil, err
		}
		if next == nil {
			more, err := r.record.additions()
			if err != nil {
				return nil, nil, nil, err
			}
			instead = append(instead, more...)
			continue
		}
		was := visibleJKS(list)
		for _, e := range next {
			if was[string(e.raw)] == 0 && e.Kind == TrustedCertificate {
				visible = append(visible, e.Entry)
			}
		}
		list = next
	}
	return list, visible, instead, nil
}

// restoreOne returns the list with a record's entries in their places, hidden
// or visible as they were; nil if that cannot be.
func (k *jks) restoreOne(list []jksEntry, r record) ([]jksEntry, error) {
	if len(r.Entries) > 0 && (r.Format != JKS || r.Version != k.version) {
		return nil, nil
	}
	present := make([]mark, len(list))
	for i, e := range list {
		present[i] = markOf(e.raw)
	}
	already := slices.Clone(present)
	next, wanted := slices.Clone(list), 0
	for _, e := range r.Entries {
		entry, err := parseJKSEntry(e.Raw, r.Version)
		if err != nil {
			return nil, err
		}
		if slices.Contains(already, markOf(e.Raw)) || slices.ContainsFunc(list, entry.stands) {
			continue
		}
		at, ok := e.place(present)
		if !ok {
			at = len(next)
		}
		next = slices.Insert(next, at, entry)
		present = slices.Insert(present, at, markOf(e.Raw))
		if !e.Hidden {
			wanted++
		}
	}
	hide(next)
	if visibleJKS(list).disturbed(visibleJKS(next), wanted) {
		return nil, nil
	}
	return next, nil
}

// stands reports whether Java sees the entry's certificate under its name.
func (e jksEntry) stands(other jksEntry) bool {
	return other.Kind == TrustedCertificate && other.name == e.name && bytes.Equal(other.Chain[0], e.Chain[0])
}

func visibleJKS(list []jksEntry) visibility {
	v := make(visibility, len(list))
	for _, e := range list {
		if e.Kind != Hidden {
			v[string(e.raw)]++
		}
	}
	return v
}

// parseJKSEntry parses the bytes of one trusted entry.
func parseJKSEntry(raw []byte, version uint32) (jksEntry, error) {
	r := jksReader{data: raw, rest: raw, version: version}
	e, err := r.entry(false)
	if err != nil || e.tag != tagTrusted || len(r.rest) > 0 {
		return e, fmt.Errorf("%w: no trusted entry of a JKS", ErrBadRecord)
	}
	return e, nil
}
