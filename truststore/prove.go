package truststore

import (
	"errors"
	"fmt"
)

// against compares changes with a store's content under its lock. A change
// that is made already becomes a result that changed nothing; one whose
// premise is gone fails all.
func against(now *Snapshot, changes []Change) ([]Result, error) {
	var results []Result
	for _, c := range changes {
		if !c.Effective() || c.Blocked != "" {
			continue
		}
		present := now.present(c)
		switch {
		case present.same(c.After):
			c.Before, c.After = present, present
			results = append(results, Result{Change: c})
		case present.same(c.Before):
			c.Before = present
			results = append(results, Result{Change: c, Changed: true})
		default:
			return nil, fmt.Errorf("%w: %s", ErrStale, c.Name)
		}
	}
	return results, nil
}

// present returns what a change is about: for a removal, and for taking that
// back, the very entry that is named, since a store may hold the same
// certificate twice.
func (s *Snapshot) present(c Change) Trust {
	switch {
	case c.Action == Remove:
		if now := s.named(c.SHA256, c.Before.Name); now.Present {
			return now
		}
		return s.ghostTrust(c.DER)
	case c.restore:
		return s.left(c.SHA256, c.After.Name, c.DER)
	}
	return s.about(c.SHA256, c.DER)
}

// named returns the trust of the entry of that name, or of any entry of the
// certificate where name is "".
func (s *Snapshot) named(id Fingerprint, name string) Trust {
	if name == "" {
		return s.Trust(id)
	}
	for _, e := range s.Entries {
		if e.SHA256 == id && e.Trust.Name == name {
			return e.Trust
		}
	}
	return Trust{}
}

// left is named where the certificate is in the store, else about.
func (s *Snapshot) left(id Fingerprint, name string, der []byte) Trust {
	if s.Trust(id).Present {
		return s.named(id, name)
	}
	return s.about(id, der)
}

// errUnproven means that a store, read back, does not show what was written.
var errUnproven = errors.New("the store does not show the change after it was written")

// prove compares a store, read again after writing, with what was to be done.
func prove(after *Snapshot, results []Result) error {
	for _, r := range results {
		want := r.After
		if got := after.present(r.Change); !got.same(want) {
			return fmt.Errorf("%w: %s", errUnproven, r.Name)
		}
	}
	return nil
}
