package anchors

import (
	"context"
	"slices"
)

// prove reads what programs read, and lists what is not as it should be.
func (s *Store) prove(ctx context.Context, before *Content, changes []Change) (*Content, []string, error) {
	if err := s.quiet(ctx); err != nil {
		return nil, nil, err
	}
	after, err := s.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	var unproven []string
	for _, c := range changes {
		unproven = append(unproven, s.unprovenChange(after, c)...)
	}
	src, err := s.sources(after)
	if err != nil {
		return after, nil, err
	}
	if s.doubled(after, src) || s.lacks(after, before, src) {
		unproven = append(unproven, s.Bundle())
	}
	for _, name := range after.left {
		unproven = append(unproven, s.linkOf(name))
	}
	for i := range after.Certificates {
		cert := &after.Certificates[i]
		for _, f := range cert.Files {
			if f.Ours && len(cert.DistrustedBy) == 0 {
				unproven = append(unproven, s.unmade(after, cert, f)...)
			}
		}
	}
	slices.Sort(unproven)
	return after, slices.Compact(unproven), nil
}

func (s *Store) unprovenChange(after *Content, c Change) []string {
	var out []string
	if !s.bundlesShow(after, c) {
		out = append(out, s.Bundle())
	}
	if c.Remove && after.java != nil && s.family.java.alias != "" && !s.deferred() && s.family.java.holds(after.java, c.Name, c.DER) {
		out = append(out, s.family.java.path)
	}
	return out
}

// bundlesShow reports whether programs that read the bundles see the change.
func (s *Store) bundlesShow(after *Content, c Change) bool {
	cert, found := after.Certificate(c.id())
	own, has := cert.Own()
	if c.Remove {
		return !has && (len(cert.Trusted) == 0 || s.hasOther(after, cert))
	}
	if !found || !has || own.Neutral != c.Neutral {
		return false
	}
	for i, b := range s.family.bundles {
		if own.wants(b) && !s.shows(after, i, &cert, own) {
			return false
		}
	}
	return true
}

// hasOther reports whether a certificate is in the bundles for another reason
// than our file.
func (s *Store) hasOther(after *Content, cert Certificate) bool {
	src, err := s.sources(after)
	return err == nil && (src.counts[cert.SHA256] > 0 || !src.known)
}
