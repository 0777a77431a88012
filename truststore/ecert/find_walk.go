package ecert

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/javaks"
)

// batch is how many directory entries are read at a time, so that a directory
// of any size takes little memory.
const batch = 1024

// walk searches a directory that lies some levels below a place; false ends the
// search of that place.
func (s *search) walk(p Place, dir string, level int) bool {
	if s.ctx.Err() != nil {
		s.skip(dir, CodeTime, "")
		return false
	}
	if s.host.OnNetwork(dir) {
		s.skip(dir, CodeNetwork, "")
		return true
	}
	resolved, err := s.host.Resolve(dir)
	if err != nil {
		s.unreadable(dir, err)
		return true
	}
	d, err := os.Open(s.host.Real(resolved))
	if err != nil {
		s.unreadable(dir, err)
		return true
	}
	defer d.Close()
	for {
		entries, err := d.ReadDir(batch)
		if !s.count(len(entries)) {
			s.skip(dir, CodeEntries, "")
			return false
		}
		for _, e := range entries {
			if !s.entry(p, dir, e, level) {
				return false
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				s.unreadable(dir, err)
			}
			return true
		}
		if s.ctx.Err() != nil {
			s.skip(dir, CodeTime, "")
			return false
		}
	}
}

// entry looks at one entry of a directory.
func (s *search) entry(p Place, dir string, e fs.DirEntry, level int) bool {
	path := s.host.Join(dir, e.Name())
	switch {
	case e.IsDir() && uninteresting(e.Name()):
	case e.IsDir() && level < p.depth:
		return s.walk(p, path, level+1)
	case e.IsDir():
		if p.depth > 0 {
			s.skip(dir, CodeDepth, "")
		}
	case !namedAsECert(e.Name()):
	case e.Type()&fs.ModeSymlink != 0:
		s.skip(path, CodeLink, "")
	default:
		return s.file(path)
	}
	return true
}

// file looks at a file that is named as an e-Cert file.
func (s *search) file(path string) bool {
	info, err := s.host.Stat(path)
	if err != nil {
		s.unreadable(path, err)
		return true
	}
	data, err := s.host.ReadFile(path, MaxSize)
	if err != nil {
		s.unreadable(path, err)
		return true
	}
	isPKCS12 := javaks.Detect(data) == javaks.PKCS12
	clear(data)
	if !s.found(Found{path, info.Size(), info.ModTime(), isPKCS12}) {
		s.skip(path, CodeFiles, "")
		return false
	}
	return true
}

func (s *search) unreadable(path string, err error) {
	s.skip(path, readFailure(err), err.Error())
}

// namedAsECert: e-Cert files are .p12 on the CA's own media; Windows exports .pfx.
func namedAsECert(name string) bool {
	name = strings.ToLower(name)
	// macOS keeps a file's attributes on foreign drives in one named "._NAME".
	return !strings.HasPrefix(name, "._") && (strings.HasSuffix(name, ".p12") || strings.HasSuffix(name, ".pfx"))
}

// uninteresting directories hold what programs keep, not people.
func uninteresting(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains([]string{
		"System Volume Information", "$RECYCLE.BIN", "RECYCLER", "lost+found", "node_modules",
	}, name)
}
