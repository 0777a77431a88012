package winstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Certificate is an entry of a place.
type Certificate struct {
	Place        Place
	DER          []byte
	Usage        Usage
	FriendlyName string
	// Element is the entry with all its properties, so that it can be put
	// back exactly: see [Change].
	Element []byte
}

// Policy is what an administrator set about roots.
type Policy struct {
	// UserRootsOff: what lies in the user's own ROOT is not trusted
	// (ProtectedRoots, Flags, bit 0).
	UserRootsOff bool
	// OnlyPolicyRoots: of the machine's roots only those of group policy
	// are trusted (ProtectedRoots, Flags, bit 3).
	OnlyPolicyRoots bool
	// NoRootUpdate: Microsoft's list is not fetched (DisableRootAutoUpdate).
	NoRootUpdate bool
}

// Contents is what all places hold at one moment.
type Contents struct {
	Certificates []Certificate
	Policy       Policy
	// Unread are the places that exist and could not be read, and entries
	// that are damaged; each is an error that names the place.
	Unread []error
}

// maxCertificates bounds how many entries are read in all.
const maxCertificates = 100_000

// Read reads every place. It changes nothing and shows no dialog. The error is
// not nil only where nothing at all could be read.
func (s *System) Read(ctx context.Context) (*Contents, error) {
	var c Contents
	failed := 0
	for _, p := range places {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		found, err := s.at(p)
		if err != nil {
			c.Unread = append(c.Unread, err)
		}
		if err != nil && found == nil {
			failed++
		}
		c.Certificates = append(c.Certificates, found...)
		if len(c.Certificates) > maxCertificates {
			return nil, fmt.Errorf("%w: more than %d certificates", ErrDamaged, maxCertificates)
		}
	}
	if failed == len(places) {
		return nil, errors.Join(c.Unread...)
	}
	policy, err := s.api.policy()
	if err != nil {
		c.Unread = append(c.Unread, fmt.Errorf("policy about roots: %w", err))
	}
	c.Policy = policy
	return &c, nil
}

// at reads one place. Damaged entries are an error beside the others.
func (s *System) at(p Place) ([]Certificate, error) {
	elements, err := s.api.elements(p)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := []Certificate{}
	var damaged []error
	for _, element := range elements {
		c, err := decodeElement(element)
		if err != nil {
			damaged = append(damaged, fmt.Errorf("%s: %w", p, err))
			continue
		}
		c.Place = p
		found = append(found, c)
	}
	return found, errors.Join(damaged...)
}

// Of returns the entries of one certificate, in the order in which they count.
func (c *Contents) Of(der []byte) []Certificate {
	var out []Certificate
	for _, e := range c.Certificates {
		if bytes.Equal(e.DER, der) {
			out = append(out, e)
		}
	}
	return out
}
