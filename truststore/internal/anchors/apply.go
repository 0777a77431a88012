package anchors

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
)

// Change is what happens to one certificate.
type Change struct {
	// Name is the name of its file, as [Ours] has it.
	Name string
	DER  []byte
	// Remove takes our file away. What the distribution or an administrator
	// has of the certificate stays.
	Remove bool
	// Neutral makes the certificate known, so that chains can be built
	// through it, without trusting it; see [Store.Neutral].
	Neutral bool
	// Purposes limit what the certificate is an anchor for, nil for nothing;
	// see [Store.LimitsPurposes].
	Purposes []x509.ExtKeyUsage
}

func (c Change) id() [sha256.Size]byte { return sha256.Sum256(c.DER) }

// Outcome is what an Apply did.
type Outcome struct {
	// Changed tells for each change whether it wrote something; one that was
	// made already did not.
	Changed []bool
	// Ran: the updater ran.
	Ran bool
	// Pending: the files are as they should be, and the updater must be run
	// by somebody else, in the tree that the store lies in.
	Pending bool
	// Deferred: dpkg sees to Java's keystore when it has installed the
	// package whose script this is.
	Deferred bool
	// Content is the store afterwards.
	Content *Content
}

// Apply makes all changes or none, and proves by reading that programs see
// them. Without a change it only mends what waits for the updater.
//
// Under a lock of ours, which the updater inherits, anchor files are written
// and deleted one by one, each at once and whole, and the updater runs once
// over all of them. If what programs read is then not as it should be, it runs
// again, three times in all. If a bundle is still without one of the changes,
// the files are put back as they were; if all is in the bundles and something
// is amiss elsewhere, the changes stay, and a later run mends the rest. Either
// way the error is an [*UpdaterError].
//
// Where nothing can be run, as in the tree of an image, the files are written
// and the outcome is Pending.
//
// Other errors are an [*fs.PathError] around [ErrDeclarative], [ErrNoUpdater],
// [ErrDistrusted], [ErrNameTaken], [ErrBusy] or the system's; nothing was
// changed then. Once an updater runs, ctx no longer ends it, but it runs no
// second time.
func (s *Store) Apply(ctx context.Context, changes []Change) (Outcome, error) {
	for _, c := range changes {
		if err := s.valid(c); err != nil {
			return Outcome{}, err
		}
	}
	if err := s.Writable(); err != nil {
		return Outcome{}, err
	}
	if !s.host.Executes() {
		return s.applyOffline(ctx, changes)
	}
	l, err := s.lock(ctx)
	if err != nil {
		return Outcome{}, err
	}
	defer l.release()
	before, steps, changed, err := s.prepare(ctx, changes)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Changed: changed, Content: before, Deferred: s.deferred()}
	if !before.Waiting && !before.stale && !s.concernsUpdater(steps) {
		if len(steps) == 0 {
			return out, nil
		}
		if err := s.carry(ctx, steps); err != nil {
			return Outcome{}, err
		}
		out.Content, err = s.Read(ctx)
		return out, err
	}
	if err := s.quiet(ctx); err != nil {
		return Outcome{}, err
	}
	if err := s.carry(ctx, steps); err != nil {
		return Outcome{}, err
	}
	out.Ran = true
	out.Content, err = s.refresh(ctx, l, before, changes, steps)
	return out, err
}

func (s *Store) applyOffline(ctx context.Context, changes []Change) (Outcome, error) {
	_, steps, changed, err := s.prepare(ctx, changes)
	if err != nil {
		return Outcome{}, err
	}
	if err := s.carry(ctx, steps); err != nil {
		return Outcome{}, err
	}
	content, err := s.Read(ctx)
	out := Outcome{Changed: changed, Content: content}
	out.Pending = err == nil && (content.Waiting || slices.ContainsFunc(changes, func(c Change) bool { return !s.bundlesShow(content, c) }))
	return out, err
}

// concernsUpdater reports whether the steps change what bundles are made of.
func (s *Store) concernsUpdater(steps []step) bool {
	return slices.ContainsFunc(steps, func(st step) bool { return s.host.Dir(st.path) == s.family.dir })
}

func (s *Store) valid(c Change) error {
	var err error
	switch {
	case !belongs(c.Name, c.id()):
		err = fmt.Errorf("%w: %q is no name for the certificate", ErrInvalid, c.Name)
	case (c.Neutral || len(c.Purposes) > 0) && s.family.neutral == "":
		err = fmt.Errorf("%w: anchors here are good for everything", errors.ErrUnsupported)
	}
	if err != nil {
		return s.failed("change", s.Dir(), err)
	}
	return nil
}

// prepare reads the store and finds what is to be written.
func (s *Store) prepare(ctx context.Context, changes []Change) (*Content, []step, []bool, error) {
	content, err := s.Read(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	var steps []step
	changed := make([]bool, len(changes))
	for i, c := range changes {
		some, err := s.steps(content, c)
		if err != nil {
			return nil, nil, nil, err
		}
		changed[i] = len(some) > 0
		steps = append(steps, some...)
	}
	return content, steps, changed, nil
}

// Refuses tells why a change could not be made to a store of that content,
// whoever makes it: an error around [ErrDistrusted] or [ErrNameTaken], or nil.
func (s *Store) Refuses(content *Content, c Change) error {
	cert, _ := content.Certificate(c.id())
	if len(cert.DistrustedBy) > 0 && !c.Remove && !c.Neutral {
		return s.failed("change", cert.DistrustedBy[0], ErrDistrusted)
	}
	for _, f := range content.Findings {
		if f.Code == NameTaken && s.nameOf(f.Path) == c.Name {
			return s.failed("change", f.Path, ErrNameTaken)
		}
	}
	return nil
}

// steps are what a change does to files. A file that lies in the other
// directory than it should goes last, so that there is one at any time.
func (s *Store) steps(content *Content, c Change) ([]step, error) {
	if err := s.Refuses(content, c); err != nil {
		return nil, err
	}
	cert, _ := content.Certificate(c.id())
	var out, last []step
	wanted := ""
	if !c.Remove {
		wanted = s.path(c.Name, c.Neutral)
		content, err := encode(c.DER, c.Purposes)
		if err != nil {
			return nil, s.failed("change", wanted, err)
		}
		out = append(out, step{path: wanted, new: content})
	}
	for _, f := range cert.Files {
		switch {
		case !f.Ours || f.Name != c.Name:
		case f.Path != wanted:
			last = append(last, step{path: f.Path, old: f.content})
		case string(f.content) == string(out[0].new):
			out = nil
		default:
			out[0].old = f.content
		}
	}
	return append(out, last...), nil
}

// refresh runs the updater until the store is as it should be.
func (s *Store) refresh(ctx context.Context, l *lock, before *Content, changes []Change, steps []step) (*Content, error) {
	caller := ctx
	ctx = context.WithoutCancel(ctx)
	withdrawn := withdraws(before.left, changes)
	var failure *UpdaterError
	after, now := (*Content)(nil), before
	for range attempts {
		if err := s.announce(now, changes); err != nil {
			return nil, errors.Join(err, s.takeBack(ctx, steps))
		}
		ran, err := s.update(ctx, l, withdrawn)
		if err != nil {
			return nil, errors.Join(err, s.takeBack(ctx, steps))
		}
		failure = ran
		after, ran.Unproven, err = s.prove(ctx, before, changes)
		if err != nil {
			ran.Err = errors.Join(ran.Err, err)
		}
		if err == nil && len(ran.Unproven) == 0 {
			return after, nil
		}
		if errors.Is(ran.Err, ErrTimeout) || errors.Is(ran.Err, ErrBusy) || caller.Err() != nil {
			break // it would be no better at once, or nobody waits for it
		}
		if after != nil {
			now, withdrawn = after, withdraws(union(withdrawn, after.left), changes)
		}
	}
	if after == nil || slices.ContainsFunc(changes, func(c Change) bool { return !s.bundlesShow(after, c) }) {
		return after, errors.Join(failure, s.takeBack(ctx, steps))
	}
	return after, failure
}

// withdraws lists the names that the updater is told to forget: what is left of
// files that are gone, except of those that come back now, and what is removed.
func withdraws(left []string, changes []Change) []string {
	out := slices.Clone(left)
	for _, c := range changes {
		if c.Remove {
			out = union(out, []string{c.Name})
			continue
		}
		out = slices.DeleteFunc(out, func(name string) bool { return name == c.Name })
	}
	return out
}

func union(a, b []string) []string {
	for _, name := range b {
		if !slices.Contains(a, name) {
			a = append(a, name)
		}
	}
	return a
}
