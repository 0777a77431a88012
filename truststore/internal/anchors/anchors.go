// Package anchors is the trust store of a Linux distribution: a directory of
// anchor files that an administrator keeps, and the distribution's updater,
// which makes of them what programs read, such as a bundle of certificates, a
// directory that OpenSSL looks certificates up in, and a Java keystore.
//
// [Find] tells which distribution family's store a machine has, [Store.Read]
// what is in it, and [Store.Apply] writes and deletes anchor files and runs
// the updater. Updaters say that all went well when they did nothing, so that
// no exit code counts: what programs read is read again after every run.
//
// The package writes files of its own alone, and knows them by their names,
// which end in the certificate's fingerprint (see [Ours]). What others have in
// the store is read and left.
package anchors

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/safefile"
)

// Store is the system store of one machine. It holds nothing open and may be
// used by several goroutines at once.
type Store struct {
	// Timeout is how long one run of the updater may take, 0 means five
	// minutes.
	Timeout time.Duration
	// Wait is how long Apply waits for other updaters to end, 0 means two
	// minutes.
	Wait time.Duration

	host    *host.Host
	family  *family
	updater string // absolute path, "" if there is none
}

const (
	defaultTimeout = 5 * time.Minute
	defaultWait    = 2 * time.Minute
)

// Find returns the machine's store: that of the first family, in the order of
// the table, whose directory and whose updater are both there. A directory
// whose updater is missing is returned where no family has both; Apply then
// answers [ErrNoUpdater]. A machine that has no store this package knows is
// [ErrNoStore].
func Find(h *host.Host) (*Store, error) {
	if h.GOOS() != "linux" {
		return nil, ErrNoStore
	}
	var lone *Store
	table := families()
	for i := range table {
		f := &table[i]
		updater, err := f.findUpdater(h)
		if err != nil {
			return nil, err
		}
		switch there := f.isHere(h); {
		case updater != "" && (there || f.makesDir), there && f.declares != "":
			return &Store{host: h, family: f, updater: updater}, nil
		case there && (lone == nil || !lone.family.installed(h) && f.installed(h)):
			lone = &Store{host: h, family: f} // several families have the same directory
		}
	}
	if lone != nil {
		return lone, nil
	}
	return nil, ErrNoStore
}

// Known reports whether a path is one of a system store on any distribution:
// where it is not, none need be looked for.
func Known(h *host.Host, path string) bool {
	return slices.ContainsFunc(families(), func(f family) bool {
		return path == f.bundles[0].path || f.dir != "" && (path == f.dir || h.Inside(path, f.dir))
	})
}

// Family names the distribution family: "redhat", "suse", "arch", "debian",
// "alpine", "nixos" or "guix".
func (s *Store) Family() string { return s.family.name }

// Dir is the directory of anchor files, by which programs know the store. A
// declarative system has none: there it is the file that programs read.
func (s *Store) Dir() string {
	if s.family.dir == "" {
		return s.Bundle()
	}
	return s.family.dir
}

// Bundle is the file of anchors for TLS servers that programs read.
func (s *Store) Bundle() string { return s.family.bundles[0].path }

// ReadFrom are the file and the directory from which programs read.
func (s *Store) ReadFrom() []string {
	paths := []string{s.Bundle()}
	if s.family.hashed != "" {
		paths = append(paths, s.family.hashed)
	}
	return paths
}

// JavaStore is the keystore that the updater keeps, "" if it keeps none.
func (s *Store) JavaStore() string { return s.family.java.path }

// LimitsPurposes reports whether an anchor can be limited to purposes.
func (s *Store) LimitsPurposes() bool { return s.family.neutral != "" }

// Neutral reports whether certificates can be known without being trusted.
func (s *Store) Neutral() bool { return s.family.neutral != "" }

// Declares is what adds the certificate file at path where the store itself
// cannot be written: to the configuration of a system whose store is made from
// that alone, or to the recipe of an image.
func (s *Store) Declares(path string) string {
	if s.family.declares != "" {
		return strings.ReplaceAll(s.family.declares, "FILE", path)
	}
	name, _, _ := strings.Cut(s.host.Base(path), ".")
	return "install -D -m 644 " + path + " " + s.path(name, false) + " && " + strings.Join(s.Command(), " ")
}

// Command is the updater as an administrator runs it; where it is not
// installed, as it would be run; nil on a declarative system.
func (s *Store) Command() []string {
	switch {
	case s.updater != "":
		return append([]string{s.updater}, s.family.args...)
	case len(s.family.updaters) > 0:
		return append([]string{s.family.updaters[0]}, s.family.args...)
	}
	return nil
}

// Writable tells why Apply could not change the store, without writing
// anything: nil, or an error that matches [ErrDeclarative], [ErrNoUpdater],
// [fs.ErrPermission] or syscall.EROFS.
func (s *Store) Writable() error {
	switch {
	case s.family.declares != "":
		return s.failed("write", s.Dir(), ErrDeclarative)
	case s.updater == "":
		return s.failed("write", s.Dir(), ErrNoUpdater)
	}
	dir, err := s.existing(s.family.dir)
	if err != nil {
		return err
	}
	// The read-only file system is said first: elevation does not help there.
	err = safefile.Writable(filepath.Join(s.host.Real(dir), "hktrust"))
	if errors.Is(err, syscall.EROFS) {
		return s.failed("write", s.Dir(), syscall.EROFS)
	}
	if err == nil && s.host.Live() && !s.host.Elevated() {
		err = fs.ErrPermission // the updater writes more than this directory
	}
	if errors.Is(err, fs.ErrPermission) {
		return s.failed("write", s.Dir(), fs.ErrPermission)
	}
	return err
}

// existing returns the nearest directory at or above dir that exists, links
// resolved.
func (s *Store) existing(dir string) (string, error) {
	for {
		at, err := s.host.Resolve(dir)
		if err == nil && s.host.IsDir(at) {
			return at, nil
		}
		if err != nil && !host.Missing(err) {
			return "", err
		}
		if up := s.host.Dir(dir); up != dir {
			dir = up
			continue
		}
		return "", s.failed("open", dir, fs.ErrNotExist)
	}
}

func (s *Store) failed(op, path string, err error) error {
	return &fs.PathError{Op: op, Path: path, Err: err}
}

// Mend runs the updater if anything waits for it: after a run that was killed,
// or an updater that failed. It does nothing to files.
func (s *Store) Mend(ctx context.Context) (Outcome, error) { return s.Apply(ctx, nil) }
