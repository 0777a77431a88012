package anchors

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// links are what the updater made in the directory of hashed certificates.
type links struct {
	// dangling lead nowhere: Debian's updater leaves those of anchor files
	// that were deleted.
	dangling []string
	// live are the names that lead somewhere, in small letters.
	live map[string]bool
	// hashes: there are links by which OpenSSL finds certificates.
	hashes bool
}

func (s *Store) links() (links, error) {
	found := links{live: map[string]bool{}}
	if s.family.hashed == "" {
		return found, nil
	}
	entries, err := s.host.ReadDir(s.family.hashed)
	if host.Missing(err) {
		return found, nil
	}
	if err != nil {
		return found, err
	}
	dir, err := s.host.Resolve(s.family.hashed)
	if err != nil {
		return found, err
	}
	var hashes []string
	for _, e := range entries {
		link := e.Type()&fs.ModeSymlink != 0
		switch {
		case IsHash(e.Name()):
			if found.hashes = true; link {
				hashes = append(hashes, e.Name())
			}
		case link && s.leadsNowhere(dir, e.Name()):
			found.dangling = append(found.dangling, e.Name())
		default:
			found.live[strings.ToLower(e.Name())] = true
		}
	}
	if len(found.dangling) == 0 {
		return found, nil // a hash leads to one of the other links, and is broken with it
	}
	return found, s.addHashes(&found, dir, hashes)
}

// addHashes adds the hashes that lead nowhere by themselves.
func (s *Store) addHashes(found *links, dir string, hashes []string) error {
	for _, name := range hashes {
		target, err := os.Readlink(s.host.Real(s.host.Join(dir, name)))
		if err != nil && !host.Missing(err) {
			return err
		}
		if !slices.Contains(found.dangling, s.host.Base(target)) && s.leadsNowhere(dir, name) {
			found.dangling = append(found.dangling, name)
		}
	}
	return nil
}

// IsHash reports whether a name is one that OpenSSL looks for: HASH.N.
func IsHash(name string) bool {
	const digits = 8
	if len(name) <= digits+1 || name[digits] != '.' {
		return false
	}
	_, err := hex.DecodeString(name[:digits])
	return err == nil && strings.Trim(name[digits+1:], "0123456789") == ""
}

// leadsNowhere looks at the link as the system follows it first: that is cheap,
// and finds something as a rule. Only then are links followed inside a tree.
func (s *Store) leadsNowhere(dir, link string) bool {
	path := s.host.Join(dir, link)
	if _, err := os.Stat(s.host.Real(path)); err == nil && s.host.Live() {
		return false
	}
	_, err := s.host.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// linkName is the name of the anchor file that a link in the directory stands
// for, "" for others' links.
func (s *Store) linkName(link string) string {
	name, ok := strings.CutSuffix(strings.TrimPrefix(link, s.family.links), ".pem")
	if !ok || !Ours(name) {
		return ""
	}
	return name
}

// announce removes the links of our files that Java has no entry of. Debian's
// updater tells its hooks only of links that it makes: what a hook missed, it
// would never hear of again.
func (s *Store) announce(now *Content, changes []Change) error {
	if now.java == nil || s.family.java.alias == "" || s.deferred() {
		return nil
	}
	for _, cert := range now.Certificates {
		if f, ours := cert.Own(); ours {
			if err := s.forgetLink(now, f.Name, cert.DER); err != nil {
				return err
			}
		}
	}
	for _, c := range changes {
		if c.Remove {
			continue
		}
		if err := s.forgetLink(now, c.Name, c.DER); err != nil {
			return err
		}
	}
	return nil
}

// forgetLink removes the link of a name that Java has no entry of.
func (s *Store) forgetLink(now *Content, name string, der []byte) error {
	if s.family.java.holds(now.java, name, der) {
		return nil
	}
	dir, err := s.host.Resolve(s.family.hashed)
	if err != nil {
		return err
	}
	link := s.host.Real(s.host.Join(dir, s.host.Base(s.linkOf(name))))
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return nil // there is none to remove
	}
	return os.Remove(link)
}

// linkOf is the link that the updater makes for an anchor file of ours.
func (s *Store) linkOf(name string) string {
	return s.host.Join(s.family.hashed, s.family.links+name+".pem")
}
