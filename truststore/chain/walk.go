package chain

import "errors"

// Limits bound a walk.
type Limits struct {
	Depth int // certificates of a path, the anchor included
	Steps int // certificates tried, over the whole walk
	Paths int // complete paths looked at
}

// DefaultLimits suffice for every chain that a server of today sends, and stop
// some two hundred CAs that sign each other within a second.
var DefaultLimits = Limits{Depth: 32, Steps: 20_000, Paths: 200}

// Step is a possible issuer of a path's last certificate.
type Step struct {
	*Certificate
	Anchor bool // the path ends here
}

// Walk goes from a certificate to its possible issuers, depth first, until
// Reached is content or every path was tried.
type Walk struct {
	Limits Limits

	// Issuers lists who may have issued the last certificate of path, in the
	// order in which the program would try them. It must leave out what the
	// program would not try; certificates that are in path already are left
	// out by the walk where they would be the same bytes again.
	Issuers func(path []*Certificate) []Step

	// Reached judges a complete path, the anchor last. True ends the walk.
	// The slice is used again; copy what is kept.
	Reached func(path []*Certificate) bool
}

// errStop ends a walk that has found what it looked for.
var errStop = errors.New("stop")

// From walks from the certificate. The error is ErrTooComplex if a limit of
// steps or paths ended the walk; a path that grows beyond Depth is given up
// silently, as programs with such a limit do.
func (w Walk) From(leaf *Certificate) error {
	if w.Limits == (Limits{}) {
		w.Limits = DefaultLimits
	}
	s := &walkState{Walk: w}
	if err := s.extend([]*Certificate{leaf}); err != nil && !errors.Is(err, errStop) {
		return err
	}
	return nil
}

type walkState struct {
	Walk
	steps, paths int
}

func (s *walkState) extend(path []*Certificate) error {
	if len(path) >= s.Limits.Depth {
		return nil
	}
	for _, step := range s.Issuers(path) {
		if s.steps++; s.steps > s.Limits.Steps {
			return ErrTooComplex
		}
		if holds(path, step.Certificate) {
			continue
		}
		longer := append(path, step.Certificate)
		if err := s.take(longer, step.Anchor); err != nil {
			return err
		}
	}
	return nil
}

func (s *walkState) take(path []*Certificate, complete bool) error {
	if !complete {
		return s.extend(path)
	}
	if s.paths++; s.paths > s.Limits.Paths {
		return ErrTooComplex
	}
	if s.Reached(path) {
		return errStop
	}
	return nil
}

func holds(path []*Certificate, c *Certificate) bool {
	for _, p := range path {
		if p.Fingerprint == c.Fingerprint {
			return true
		}
	}
	return false
}
