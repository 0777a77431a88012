package nss

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hktrust/hktrust/truststore/host"
)

// links follows links on one machine, to paths of the os package.
type links struct {
	host *host.Host // nil for this machine, with no rule but the user's rights
}

func newLinks(h *host.Host) links { return links{host: h} }

// follow resolves an existing directory.
func (l links) follow(dir string) (string, error) {
	if l.host != nil {
		resolved, err := l.host.Resolve(dir)
		return l.host.Real(resolved), err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// followFile resolves a file in a directory; it need not exist, and a link to
// it may lead nowhere: that is where NSS would make it.
func (l links) followFile(dir, name string) (string, error) {
	if l.host != nil {
		resolved, err := l.host.Resolve(l.host.Join(dir, name))
		return l.host.Real(resolved), err
	}
	dir, err := l.follow(dir)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	resolved, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return resolved, err
	}
	to, err := os.Readlink(path)
	if err != nil {
		return path, nil // it does not exist
	}
	if !filepath.IsAbs(to) {
		to = filepath.Join(dir, to)
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(to))
	return filepath.Join(parent, filepath.Base(to)), err
}
