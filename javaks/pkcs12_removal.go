package javaks

import (
	"bytes"
	"fmt"
	"slices"
)

// cut is what removals make of one bag.
type cut struct {
	by       int  // which of the removals takes it out; -1 if it stays
	material bool // it stays as material for a chain
}

// cuts returns what removals make of each bag of each content.
func (s *pkcs12Store) cuts(removals []Removal) ([][]cut, error) {
	all := make([][]cut, len(s.contents))
	bared := make(map[string]int) // names whose visible entry goes
	for i, c := range s.contents {
		all[i] = make([]cut, len(c.bags))
		for j, b := range c.bags {
			by := b.removedBy(removals)
			if all[i][j].by = by; by >= 0 && !b.hidden {
				bared[b.name] = by
			}
		}
	}
	for i, c := range s.contents {
		for j, b := range c.bags {
			by, ok := bared[b.name]
			switch {
			case b.name == "" || !ok:
			case b.kind == TrustedCertificate:
				// Hidden from Java until now by the removed entry of its
				// name, it would become an anchor. keytool drops it too.
				// It comes back with the one that hides it.
				all[i][j].by = by
			default:
				return nil, fmt.Errorf("%w: removing %q would uncover a key of the same alias", ErrUnsupported, b.alias)
			}
		}
	}
	return all, s.keepChains(all, removals)
}

// keepChains turns what Java takes for a part of a key's chain into material for
// it. Without it the key's owner would present a shorter chain.
func (s *pkcs12Store) keepChains(all [][]cut, removals []Removal) error {
	before := completedChains(s.contents)
	shortened := func() (certificates [][]byte, err error) {
		contents, err := s.apply(all)
		if err != nil {
			return nil, err
		}
		for i, chain := range completedChains(contents) {
			if !slices.EqualFunc(chain, before[i], bytes.Equal) {
				certificates = append(certificates, before[i]...)
			}
		}
		return certificates, nil
	}
	lost, err := shortened()
	if err != nil || len(lost) == 0 {
		return err
	}
	added := false
	for i, c := range s.contents {
		for j, b := range c.bags {
			if by := all[i][j].by; by >= 0 {
				in := slices.ContainsFunc(lost, func(der []byte) bool { return bytes.Equal(der, b.certificate) })
				all[i][j].material = in && !removals[by].Added
				added = added || removals[by].Added
			}
		}
	}
	if lost, err = shortened(); err != nil || len(lost) == 0 || added {
		return err
	}
	return fmt.Errorf("%w: the removal would change the chain of a key", ErrUnsupported)
}

// without returns the contents after the removals.
func (s *pkcs12Store) without(removals []Removal) ([]content, error) {
	if len(removals) == 0 {
		return slices.Clone(s.contents), nil
	}
	all, err := s.cuts(removals)
	if err != nil {
		return nil, err
	}
	return s.apply(all)
}

// apply returns the contents with the cuts made.
func (s *pkcs12Store) apply(all [][]cut) ([]content, error) {
	contents := slices.Clone(s.contents)
	for i, c := range s.contents {
		var kept []bag
		for j, b := range c.bags {
			cut := all[i][j]
			if cut.material {
				material, err := newChainBag(b.certificate)
				if err != nil {
					return nil, err
				}
				kept = append(kept, material)
			} else if cut.by < 0 {
				kept = append(kept, b)
			}
			contents[i].changed = contents[i].changed || cut.by >= 0
		}
		contents[i].bags = kept
	}
	return contents, nil
}

// removedBy returns which of the removals names the bag; -1 if none does.
func (b bag) removedBy(removals []Removal) int {
	if !b.isTrusted() {
		return -1
	}
	return named(Entry{Alias: b.name, Chain: [][]byte{b.certificate}}, removals)
}
