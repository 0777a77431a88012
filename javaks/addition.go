package javaks

import (
	"crypto/sha256"
	"fmt"
)

// settled is what a new entry must not repeat.
type settled struct {
	taken   map[string]bool            // aliases, as lowerAlias returns them
	present map[[sha256.Size]byte]bool // trusted certificates
}

// place returns the trusted entries that additions make, in their order.
func (s settled) place(additions []Addition) ([]Entry, error) {
	var added []Entry
	for _, a := range additions {
		if err := a.check(); err != nil {
			return nil, fmt.Errorf("alias %q: %w", a.Alias, err)
		}
		fingerprint := sha256.Sum256(a.DER)
		if s.present[fingerprint] && !a.Restore {
			continue
		}
		alias, err := placeAlias(a.Alias, s.taken)
		if err != nil {
			return nil, err
		}
		s.taken[alias], s.present[fingerprint] = true, true
		if a.Restore && alias == lowerAlias(a.Alias) {
			alias = a.Alias
		}
		added = append(added, Entry{Alias: alias, Kind: TrustedCertificate, Created: a.Created, Chain: [][]byte{a.DER}})
	}
	return added, nil
}
