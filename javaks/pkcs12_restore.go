package javaks

import (
	"bytes"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// emptiedContent is a content that lost its last bag by a removal, and went.
type emptiedContent struct {
	Index     int    `json:"index"`
	Algorithm []byte `json:"algorithm,omitempty"` // of its encryption, a DER AlgorithmIdentifier
}

// removed returns what each of the removals takes out.
func (s *pkcs12Store) removed(removals []Removal) ([]Removed, error) {
	cuts, err := s.cuts(removals)
	if err != nil {
		return nil, err
	}
	all := make([]Removed, len(removals))
	for i, c := range s.contents {
		raws := make([][]byte, len(c.bags))
		for j, b := range c.bags {
			raws[j] = b.raw
		}
		gone := func(j int) bool { return cuts[i][j].by >= 0 && !cuts[i][j].material }
		alone := c.emptied(i, gone)
		for j, b := range c.bags {
			by := cuts[i][j].by
			if by < 0 {
				continue
			}
			entry := removedEntry{Raw: b.raw, Hidden: b.hidden, Chain: cuts[i][j].material, Alone: alone}
			entry.After, entry.Before = neighbours(raws, gone, j)
			r := &all[by].record
			r.Format = PKCS12
			r.Entries = append(r.Entries, entry)
		}
	}
	return all, nil
}

// emptied describes content i if none of its bags stays.
func (c content) emptied(i int, gone func(int) bool) *emptiedContent {
	for j := range c.bags {
		if !gone(j) {
			return nil
		}
	}
	e := &emptiedContent{Index: i}
	if c.encryption != nil {
		e.Algorithm = c.encryption.scheme.raw
	}
	return e
}

// restore puts the removed entries back into the contents. What has to be
// added instead, since its bytes do not fit there any more, comes back as
// additions.
func (s *pkcs12Store) restore(contents []content, removed []Removed) (_ []content, visible []Entry, instead []Addition, err error) {
	for _, r := range removed {
		next, entries, err := s.restoreOne(contents, r.record)
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
		contents, visible = next, append(visible, entries...)
	}
	return contents, visible, instead, nil
}

// restoreOne returns the contents with a record's entries in their places,
// hidden or visible as they were, and the visible ones; nil if that cannot be.
func (s *pkcs12Store) restoreOne(contents []content, r record) ([]content, []Entry, error) {
	if len(r.Entries) > 0 && r.Format != PKCS12 {
		return nil, nil, nil
	}
	next := slices.Clone(contents)
	for i := range next {
		next[i].bags = slices.Clone(next[i].bags)
	}
	var visible []Entry
	for _, e := range r.Entries {
		b, err := parseTrustedBag(e.Raw)
		if err != nil {
			return nil, nil, err
		}
		if holdsBag(contents, func(other bag) bool { return bytes.Equal(other.raw, b.raw) || b.stands(other) }) {
			continue
		}
		if next, err = s.putBack(next, e, b); err != nil {
			return nil, nil, err
		}
		if !e.Hidden {
			visible = append(visible, Entry{Alias: b.alias, Kind: TrustedCertificate, Chain: [][]byte{b.certificate}})
		}
	}
	nameEntries(next)
	if visibleBags(contents).disturbed(visibleBags(next), len(visible)) {
		return nil, nil, nil
	}
	return next, visible, nil
}

// stands reports whether Java sees the bag's certificate under its name.
func (b bag) stands(other bag) bool {
	return b.named && other.isTrusted() && !other.hidden &&
		other.name == lowerAlias(b.alias) && bytes.Equal(other.certificate, b.certificate)
}

func holdsBag(contents []content, is func(bag) bool) bool {
	return slices.ContainsFunc(contents, func(c content) bool { return c.holds(is) })
}

// putBack puts one removed bag in its place: that of the material which it left
// behind, beside a neighbour, or in the content that went with it.
func (s *pkcs12Store) putBack(contents []content, e removedEntry, b bag) ([]content, error) {
	if e.Chain {
		material, err := newChainBag(b.certificate)
		if err != nil {
			return nil, err
		}
		for i := range contents {
			c := &contents[i]
			if j := slices.IndexFunc(c.bags, func(other bag) bool { return bytes.Equal(other.raw, material.raw) }); j >= 0 {
				c.bags[j], c.changed = b, true
				return contents, nil
			}
		}
	}
	for i := range contents {
		c := &contents[i]
		present := make([]mark, len(c.bags))
		for j, other := range c.bags {
			present[j] = markOf(other.raw)
		}
		if j, ok := e.place(present); ok {
			c.bags, c.changed = slices.Insert(c.bags, j, b), true
			return contents, nil
		}
	}
	if e.Alone != nil && !holdsBag(contents, bag.isTrusted) {
		fresh, err := s.contentAgain(e.Alone)
		if err != nil {
			return nil, err
		}
		fresh.bags = []bag{b}
		return slices.Insert(contents, min(max(e.Alone.Index, 0), len(contents)), fresh), nil
	}
	return s.insert(contents, []bag{b})
}

// contentAgain returns an empty content protected as the one that went.
func (s *pkcs12Store) contentAgain(e *emptiedContent) (content, error) {
	if e.Algorithm == nil {
		return content{changed: true}, nil
	}
	if s.unprotected() {
		return s.newContent() // there is no password any more
	}
	scheme, err := parsePBE(e.Algorithm)
	if err != nil {
		return content{}, fmt.Errorf("%w: %w", ErrBadRecord, err)
	}
	return encryptedContent(scheme, s.key.mac), nil
}

func visibleBags(contents []content) visibility {
	v := make(visibility)
	for b := range bagsOf(contents) {
		if b.isEntry() && !b.hidden {
			v[string(b.raw)]++
		}
	}
	return v
}

// parseTrustedBag parses the bytes of one trusted entry.
func parseTrustedBag(raw []byte) (bag, error) {
	s := cryptobyte.String(raw)
	b, err := parseBag(s)
	if err != nil || !b.isTrusted() || len(raw) != elementSize(s) {
		return b, fmt.Errorf("%w: no trusted entry of a PKCS#12", ErrBadRecord)
	}
	return b, nil
}

// elementSize returns the size of the first element of s; 0 if it is malformed.
func elementSize(s cryptobyte.String) int {
	var element cryptobyte.String
	s.ReadAnyASN1Element(&element, nil)
	return len(element)
}
