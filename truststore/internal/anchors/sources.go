package anchors

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// sources are the certificates that the updater makes the bundle of, and how
// many files have each.
type sources struct {
	counts map[[sha256.Size]byte]int
	// exact: the bundle has all of them. p11-kit's distributions come with
	// certificates that are no anchors, or not for everything.
	exact bool
	// known: all that the bundle can have is among them.
	known bool
}

// sources reads the distribution's anchors, which takes some milliseconds:
// a look at a store that is in order does without.
func (s *Store) sources(c *Content) (sources, error) {
	src := sources{counts: map[[sha256.Size]byte]int{}, exact: s.family.conf != "", known: true}
	for _, cert := range c.Certificates {
		for _, f := range cert.Files {
			if !f.Neutral {
				src.counts[cert.SHA256]++
			}
		}
	}
	if src.exact {
		return src, s.addSelected(src.counts)
	}
	return src, s.addDistributed(&src)
}

// addSelected counts the certificates that the distribution's list selects.
func (s *Store) addSelected(counts map[[sha256.Size]byte]int) error {
	selected, _, err := s.configuration()
	if err != nil {
		return err
	}
	for _, name := range selected {
		data, err := s.host.ReadFile(s.host.Join(s.family.distribute[0], name), maxAnchor)
		if err != nil {
			continue // of a package that is no longer installed
		}
		blocks, _ := certificates(data)
		for _, b := range blocks {
			counts[sha256.Sum256(b.der)]++
		}
	}
	return nil
}

// Deselects is the line, and the file it belongs in, by which an administrator
// keeps the distribution's certificate out of the store; "" where the
// distribution has no such list, or not the certificate.
func (s *Store) Deselects(id [sha256.Size]byte) (file, line string) {
	if s.family.conf == "" {
		return "", ""
	}
	selected, _, _ := s.configuration()
	for _, name := range selected {
		data, err := s.host.ReadFile(s.host.Join(s.family.distribute[0], name), maxAnchor)
		if err != nil {
			continue // of a package that is no longer installed
		}
		blocks, _ := certificates(data)
		for _, b := range blocks {
			if sha256.Sum256(b.der) == id {
				return s.family.conf, "!" + name
			}
		}
	}
	return "", ""
}

// Blocklist is the directory of the certificates that p11-kit is told never to
// trust: the one that is there. "" where the distribution has none.
func (s *Store) Blocklist() string {
	for _, dir := range s.family.distrust {
		if s.host.IsDir(dir) {
			return dir
		}
	}
	return ""
}

// addDistributed counts the certificates in the distribution's own files.
func (s *Store) addDistributed(src *sources) error {
	found := 0
	for _, dir := range s.family.distribute {
		entries, _ := s.host.ReadDir(dir)
		for _, e := range entries {
			path := s.host.Join(dir, e.Name())
			if !s.host.IsFile(path) {
				continue
			}
			data, err := s.host.ReadFile(path, maxBundle)
			if err != nil {
				return err
			}
			// A certificate can stand there in a way that is not read here.
			src.known = src.known && !bytes.Contains(data, []byte("\nvalue: "))
			objects, err := s.family.parse(path, data)
			src.known = src.known && err == nil
			for _, o := range objects {
				src.counts[sha256.Sum256(o.der)]++
				found++
			}
		}
	}
	src.known = src.known && found > 0
	return nil
}

// doubled reports whether some bundle has a certificate more often than the
// updater puts it there: as often as there are files of it, or once where
// p11-kit merges them.
func (s *Store) doubled(c *Content, src sources) bool {
	return slices.ContainsFunc(c.bundled, func(counts map[[sha256.Size]byte]int) bool {
		for id, n := range counts {
			if n > 1 && (!src.exact || n > src.counts[id]) {
				return true
			}
		}
		return false
	})
}

// repeats reports whether some bundle has a certificate more than once.
func (c *Content) repeats() bool {
	return slices.ContainsFunc(c.bundled, func(counts map[[sha256.Size]byte]int) bool {
		for _, n := range counts {
			if n > 1 {
				return true
			}
		}
		return false
	})
}

// lacks reports whether the bundle misses a certificate that it should have.
// The purposes of p11-kit's anchors are not known here: of them, it is what was
// there before that must still be.
func (s *Store) lacks(c, before *Content, src sources) bool {
	if src.exact {
		for id := range src.counts {
			if c.bundled[0][id] == 0 {
				return true
			}
		}
		return false
	}
	for i, counts := range before.bundled {
		for id := range counts {
			cert, _ := c.Certificate(id)
			if c.bundled[i][id] == 0 && src.counts[id] > 0 && len(cert.DistrustedBy) == 0 {
				return true
			}
		}
	}
	return false
}
