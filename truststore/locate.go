package truststore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// errGone means that a store is shown to be gone: the folder that held it is
// there, and it is not in it. A path of which that cannot be said is merely
// out of reach.
var errGone = fmt.Errorf("%w: it is gone", fs.ErrNotExist)

// located is where the store of receipts is found: what it was itself, and
// what its names lead to now, which may be several stores.
type located struct {
	stores []Store
	gone   bool  // it is shown to be gone
	err    error // why some place is out of reach
}

// locate looks for the store of receipts under every path that they have.
func (m *Machine) locate(ctx context.Context, ref ledger.StoreRef) located {
	info := m.infoOf(ref)
	if backendOf(info.Kind).open == nil {
		store, err := m.open(info)
		if err != nil {
			return located{err: err}
		}
		return located{stores: []Store{store}}
	}
	var out located
	for _, path := range ref.Paths() {
		d, err := m.at(ctx, Selector{Kind: info.Kind, Path: path}, info.Owner)
		if err != nil {
			out.err = err
			continue
		}
		for _, s := range d.stores {
			if other, ok := s.(*otherStore); ok && other.theirs() != nil {
				out.err = other.theirs() // a link of theirs leads out of what is theirs
				continue
			}
			out.add(s, info, m)
		}
		for _, p := range d.problems {
			out.problem(m, ref, path, p)
		}
	}
	// Whatever lies at the place now, the store itself may be away.
	out.err = errors.Join(out.err, m.away(ref))
	return out
}

// away tells whether the file system that a store lay on is away: nothing is
// mounted there, or another one.
func (m *Machine) away(ref ledger.StoreRef) error {
	h := m.host()
	switch {
	case ref.Mount == "":
	case h.MountPoint(ref.Path) != ref.Mount:
		return fmt.Errorf("%w: nothing is mounted on %s", errOutOfReach, ref.Mount)
	case ref.Volume != "" && m.volume(ref) != ref.Volume:
		return fmt.Errorf("%w: another file system is mounted on %s", errOutOfReach, ref.Mount)
	}
	return nil
}

// add takes a store once; of what it was written to before, the receipt may
// know more than its path tells.
func (l *located) add(s Store, known Info, m *Machine) {
	if slices.ContainsFunc(l.stores, func(o Store) bool { return o.Info().same(s.Info()) }) {
		return
	}
	info := s.Info()
	if info.Manager == "" {
		info.Manager = known.Manager
	}
	if known.Label != "" {
		info.Label = known.Label
	}
	if again, err := m.open(info); err == nil {
		s = again
	}
	l.stores = append(l.stores, s)
}

// problem notes why a path leads to no store. A name that leads nowhere says
// nothing of the store; what the store was itself is gone if that is shown and
// its file system is there.
func (l *located) problem(m *Machine, ref ledger.StoreRef, path string, why error) {
	missing := errors.Is(why, fs.ErrNotExist)
	mounted := m.away(ref) == nil
	switch {
	case missing && path != ref.Path:
	case errors.Is(why, errGone) && mounted:
		l.gone = true
	default:
		l.err = why
	}
}

// explainMissing tells what is shown to be gone from what is out of reach: the
// place, or the folder that would hold it, is there.
func explainMissing(h *host.Host, path string, err error) error {
	if !host.Missing(translate(err)) {
		return err
	}
	for _, at := range []string{path, h.Dir(path)} {
		if _, statErr := h.Stat(at); statErr == nil {
			return fmt.Errorf("%w: %w", errGone, err)
		}
	}
	return err
}
