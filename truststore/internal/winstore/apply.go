package winstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
)

// Change adds a certificate to a place, or removes it from there.
type Change struct {
	Place  Place
	Remove bool
	DER    []byte

	// Usage and FriendlyName are properties of an entry that is added.
	Usage        Usage
	FriendlyName string
	// Element, if not nil, is a whole entry to be put back instead, as
	// [Certificate.Element] had it. It must be one of DER.
	Element []byte

	// Ask allows Windows to show its dialog, and to wait for a person as
	// long as the context lasts. Without it, what needs the dialog is
	// [ErrNeedsPerson] and not tried.
	Ask bool
}

// Result is what became of a change.
type Result struct {
	Change
	Changed bool
	// Before is the entry as it was; nil if there was none.
	Before *Certificate
}

// Needs says, before anything is tried, why this process cannot make a change:
// [ErrManaged], [ErrNeedsElevation] or [ErrNeedsPerson]; nil if nothing is
// known to be in the way.
func (s *System) Needs(c Change) error {
	p := c.Place
	switch {
	case p.Location != Machine && p.Location != User, p.Name != Root && p.Name != CA:
		return fmt.Errorf("%w: %s", ErrManaged, p)
	case p.Location == Machine && !s.api.elevated():
		return fmt.Errorf("%w: %s", ErrNeedsElevation, p)
	case p == Place{User, Root} && !c.Ask:
		return fmt.Errorf("%w: %s", ErrNeedsPerson, p)
	}
	return nil
}

// Apply makes all changes or none: where one fails, those before it are taken
// back. An addition of what is there already changes nothing, whatever its
// properties; a removal of what is not there neither. A certificate that is
// disallowed anywhere is not added ([ErrDistrusted]).
func (s *System) Apply(ctx context.Context, changes []Change) ([]Result, error) {
	for _, c := range changes {
		if err := errors.Join(s.Needs(c), s.refused(c)); err != nil {
			return nil, err
		}
	}
	var done []Result
	for _, c := range changes {
		r, err := s.make(ctx, c)
		if err != nil {
			return nil, errors.Join(s.explained(c.Place, err), s.takeBack(ctx, done))
		}
		done = append(done, r)
	}
	return done, nil
}

// refused tells of a change that must not be made at all.
func (s *System) refused(c Change) error {
	if c.Remove {
		return nil
	}
	if c.Element != nil {
		e, err := decodeElement(c.Element)
		if err != nil {
			return err
		}
		if !bytes.Equal(e.DER, c.DER) {
			return fmt.Errorf("%w: the entry holds another certificate", ErrDamaged)
		}
	}
	for _, p := range places {
		if p.Name != Disallowed {
			continue
		}
		// What could not be read forbids nothing: the verdict is read again.
		found, _ := s.at(p)
		if e := find(found, c.DER); e != nil {
			return fmt.Errorf("%w: %s", ErrDistrusted, p)
		}
	}
	return nil
}

// make makes one change.
func (s *System) make(ctx context.Context, c Change) (Result, error) {
	r := Result{Change: c}
	found, err := s.at(c.Place)
	if err != nil && found == nil {
		return r, err
	}
	r.Before = find(found, c.DER)
	if err := ctx.Err(); err != nil {
		return r, err
	}
	if c.Remove == (r.Before == nil) {
		return r, nil
	}
	err = s.answered(ctx, c, func() error {
		if c.Remove {
			return s.api.remove(c.Place, c.DER)
		}
		return s.api.add(c.Place, c.element())
	})
	switch {
	case c.Remove && errors.Is(err, fs.ErrNotExist):
		return r, nil // somebody was faster
	case !c.Remove && errors.Is(err, fs.ErrExist):
		return s.existing(r)
	}
	r.Changed = err == nil
	return r, err
}

// existing tells whether it is our certificate that Windows holds to be there.
func (s *System) existing(r Result) (Result, error) {
	found, err := s.at(r.Place)
	if r.Before = find(found, r.DER); r.Before != nil {
		return r, nil
	}
	return r, errors.Join(fmt.Errorf("%w: %s", ErrConflict, r.Place), err)
}

func (c Change) element() []byte {
	if c.Element != nil {
		return c.Element
	}
	return encodeElement(c.DER, c.Usage, c.FriendlyName)
}

// answered calls change and, where a person may be asked, waits for the answer
// no longer than ctx. A dialog that nobody answers stays on the screen, and
// whoever answers it later still decides.
func (s *System) answered(ctx context.Context, c Change, change func() error) error {
	if (c.Place != Place{User, Root}) {
		return change()
	}
	answer := make(chan error, 1)
	go func() { answer <- change() }()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: nobody answered: %w", ErrNeedsPerson, context.Cause(ctx))
	}
}

// takeBack undoes changes, the latest first.
func (s *System) takeBack(ctx context.Context, done []Result) error {
	ctx = context.WithoutCancel(ctx)
	var errs []error
	for i := len(done) - 1; i >= 0; i-- {
		r := done[i]
		if !r.Changed {
			continue
		}
		back := Change{Place: r.Place, Remove: !r.Remove, DER: r.DER, Ask: r.Ask}
		if r.Remove {
			back.Element = r.Before.Element
		}
		if _, err := s.make(ctx, back); err != nil {
			errs = append(errs, fmt.Errorf("taking back the change of %s: %w", r.Place, err))
		}
	}
	return errors.Join(errs...)
}

func find(found []Certificate, der []byte) *Certificate {
	for i := range found {
		if bytes.Equal(found[i].DER, der) {
			return &found[i]
		}
	}
	return nil
}
