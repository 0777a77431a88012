package anchors

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// dangling lists the links in the directory of hashed certificates that lead
// nowhere: Debian's updater leaves those of anchor files that were deleted.
func (s *Store) dangling() ([]string, error) {
	if s.family.hashed == "" {
		return nil, nil
	}
	entries, err := s.host.ReadDir(s.family.hashed)
	if host.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	dir, err := s.host.Resolve(s.family.hashed)
	if err != nil {
		return nil, err
	}
	links := map[string]string{} // to where
	broken := map[string]bool{}
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink == 0 {
			continue
		}
		target, err := os.Readlink(filepath.Join(s.host.Real(dir), e.Name()))
		if err != nil {
			continue // gone by now
		}
		links[e.Name()] = target
		if strings.Contains(target, "/") {
			broken[e.Name()] = s.leadsNowhere(dir, target)
		}
	}
	present := map[string]bool{}
	for _, e := range entries {
		present[e.Name()] = true
	}
	var out []string
	for _, e := range entries {
		target, isLink := links[e.Name()]
		if broken[e.Name()] || isLink && !strings.Contains(target, "/") && (!present[target] || broken[target]) {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// leadsNowhere looks at the target alone first: that is cheap, and there as a
// rule. Only then are the links on the way followed inside a tree.
func (s *Store) leadsNowhere(dir, target string) bool {
	if !s.host.IsAbs(target) {
		target = s.host.Join(dir, target)
	}
	if _, err := os.Stat(s.host.Real(target)); err == nil {
		return false
	}
	_, err := s.host.Stat(target)
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

// linkOf is the link that the updater makes for an anchor file of ours.
func (s *Store) linkOf(name string) string {
	return s.host.Join(s.family.hashed, s.family.links+name+".pem")
}
