package anchors

import "slices"

// judge finds what is not as the updater makes it. A distribution's anchors are
// read only where there is a sign of that.
func (s *Store) judge(c *Content) error {
	if s.family.declares != "" {
		return nil
	}
	if c.newer || c.repeats() {
		src, err := s.sources(c)
		if err != nil {
			return err
		}
		if s.doubled(c, src) {
			c.find(BundleDoubled, s.Bundle(), true, nil)
			c.Waiting = true
		}
		s.judgeStale(c, src)
	}
	for i := range c.Certificates {
		s.judgeCertificate(c, &c.Certificates[i])
	}
	c.Waiting = c.Waiting || len(c.left) > 0
	return nil
}

// judgeStale marks what programs trust although it is gone from all
// directories, or deselected.
func (s *Store) judgeStale(c *Content, src sources) {
	if !src.known {
		return
	}
	for i := range c.Certificates {
		cert := &c.Certificates[i]
		if len(cert.Trusted) == 0 || src.counts[cert.SHA256] > 0 {
			continue
		}
		cert.Stale, c.stale = true, true
		if len(cert.DistrustedBy) > 0 {
			continue // said there
		}
		ours := slices.ContainsFunc(c.left, func(name string) bool { return belongs(name, cert.SHA256) })
		c.find(RefreshPending, s.Bundle(), ours, nil)
	}
}

func (s *Store) judgeCertificate(c *Content, cert *Certificate) {
	if len(cert.DistrustedBy) > 0 {
		if len(cert.Trusted) > 0 {
			c.find(DistrustIgnored, cert.DistrustedBy[0], false, nil)
			cert.Unhashed = slices.ContainsFunc(cert.Files, func(f File) bool { return !f.Neutral && s.unhashed(s.unmade(c, cert, f)) })
		}
		return
	}
	for _, f := range cert.Files {
		if f.Neutral {
			continue
		}
		if f.odd && cert.PassedOver() {
			c.find(FileOdd, f.Path, false, nil)
		}
		unmade := s.unmade(c, cert, f)
		cert.Unhashed = cert.Unhashed || !f.Ours && s.unhashed(unmade)
		switch {
		case len(unmade) == 0:
		case cert.Unhashed && f.Several:
			c.find(FileSeveral, f.Path, false, nil)
		default:
			c.find(RefreshPending, f.Path, f.Ours, nil)
			c.anew = c.anew || cert.Unhashed
			c.Waiting = c.Waiting || f.Ours
		}
	}
}

// unmade lists the places in which a program does not find what an anchor file
// says: bundles, the directory for OpenSSL, where there is anything to find, and for
// files of ours Java's keystore.
func (s *Store) unmade(c *Content, cert *Certificate, f File) []string {
	var out []string
	for i, b := range s.family.bundles {
		if f.wants(b) && !s.shows(c, i, cert, f) {
			out = append(out, b.path)
		}
	}
	if (f.Ours || c.hashes && s.family.files != nil) && f.wants(s.family.bundles[0]) && s.family.hashed != "" && s.host.IsDir(s.family.hashed) {
		if trusted, err := s.inDirectory(cert.DER); err != nil || !trusted {
			out = append(out, s.family.hashed)
		}
	}
	if f.Ours && f.wants(s.family.bundles[0]) && c.java != nil && !s.deferred() && !s.family.java.holds(c.java, f.Name, cert.DER) {
		out = append(out, s.family.java.path)
	}
	return out
}

// unhashed reports whether of all that should be made, OpenSSL's directory alone
// is not.
func (s *Store) unhashed(unmade []string) bool {
	return slices.Equal(unmade, []string{s.family.hashed})
}

// shows reports whether programs find in a bundle what an anchor file says. A file
// of ours, unless somebody gave it another form, is for all of them.
func (s *Store) shows(c *Content, bundle int, cert *Certificate, f File) bool {
	whole := bundle > 0 || !f.Ours || f.odd || !cert.PassedOver()
	return whole && c.bundled[bundle][cert.SHA256] > 0
}

// DirectoryAlone reports whether OpenSSL, and what stands on it, reads the
// store's directory and no bundle.
func (s *Store) DirectoryAlone() bool {
	for _, file := range s.family.files {
		if s.host.IsDir(s.host.Dir(file)) {
			return !s.host.Exists(file)
		}
	}
	return false
}

// Directory reports whether OpenSSL trusts the certificate by the store's
// directory; known is false where the store has no such directory.
func (s *Store) Directory(der []byte) (trusted, known bool, err error) {
	if s.family.hashed == "" || !s.host.IsDir(s.family.hashed) {
		return false, false, nil
	}
	trusted, err = s.inDirectory(der)
	return trusted, err == nil, err
}
