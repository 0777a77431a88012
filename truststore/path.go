package truststore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hktrust/hktrust/truststore/host"
)

// asType is errors.As for a value.
func asType[E error](err error) (E, bool) {
	var target E
	ok := errors.As(err, &target)
	return target, ok
}

// checkUnmoved checks that a path, which had its links followed when the store
// was found, still leads to itself.
func checkUnmoved(h *host.Host, path string) error {
	resolved, err := h.Resolve(path)
	if err != nil {
		return err
	}
	if resolved != path {
		return fmt.Errorf("%w: %s leads elsewhere now", ErrStale, path)
	}
	return nil
}

// explainDenied says who can lift what denied the writing of a file: its own
// user, who took the right away; somebody else, whom it belongs to although it
// lies in the user's home; or an administrator.
func explainDenied(h *host.Host, path string, err error) error {
	if !errors.Is(err, fs.ErrPermission) || h.Elevated() {
		return err
	}
	if denied := deniedAt(h, path, mayWrite); denied != nil {
		return &translated{ours: denied, err: err}
	}
	return &translated{ours: ErrNeedsElevation, err: err}
}

// explainUnread is explainDenied for the reading of a file. What is closed to
// this user outside the user's home stays so: it is for others to look at.
func explainUnread(h *host.Host, path string, err error) error {
	if !errors.Is(err, fs.ErrPermission) || h.Elevated() {
		return err
	}
	if named, ok := asType[*fs.PathError](err); ok && h.Live() {
		path = named.Path
	}
	if denied := deniedAt(h, path, mayRead); denied != nil {
		return &translated{ours: denied, err: err}
	}
	return err
}

// deniedAt is what keeps the user out, where elevation is not what it takes.
func deniedAt(h *host.Host, path string, may func(string) bool) *DeniedError {
	me, err := h.Me()
	obstacle, uid := obstacleTo(h, path, may)
	switch {
	case err != nil || obstacle == "":
	case uid == me.UID:
		return &DeniedError{Path: obstacle, Own: true}
	case h.Inside(obstacle, me.Home):
		return &DeniedError{Path: obstacle}
	}
	return nil
}

// obstacleTo is the file, or the nearest directory above it that exists, that
// the user may not read or write, with its owner.
func obstacleTo(h *host.Host, path string, may func(string) bool) (obstacle string, uid int) {
	for at := path; ; at = h.Dir(at) {
		if owner, ok := h.OwnerUID(at); ok {
			if at != path || !may(h.Real(at)) {
				return at, owner
			}
			continue
		}
		if h.Dir(at) == at {
			return "", 0
		}
	}
}

// DeniedError means that the rights of one file or directory keep the user's
// own program from reading or writing: an elevated run would not help.
type DeniedError struct {
	Path string
	// Own: it belongs to the user, who can give the right back (chmod u+rw).
	// Otherwise an administrator has to give it to the user (chown).
	Own bool
}

func (e *DeniedError) Error() string {
	if e.Own {
		return e.Path + " is closed by its own user"
	}
	return e.Path + " is in the user's home and belongs to somebody else"
}

// Is reports that a DeniedError is an [fs.ErrPermission].
func (e *DeniedError) Is(target error) bool { return target == fs.ErrPermission }

// scopeOf tells whether a file is in the home of the user who runs the program.
func (m *Machine) scopeOf(path string) Scope {
	h := m.host()
	if me, err := h.Me(); err == nil && me.Home != "" && h.Inside(path, me.Home) {
		return ScopeUser
	}
	return ScopeMachine
}

// makeFolders makes a directory for a store, with those above it that are
// missing, for the user alone.
func makeFolders(h *host.Host, path string) error {
	parent := h.Dir(path)
	if !h.Exists(parent) && filepath.Clean(parent) != filepath.Clean(path) {
		if err := makeFolders(h, parent); err != nil {
			return err
		}
	}
	if err := checkUnmoved(h, path); err != nil {
		return err
	}
	if h.Exists(path) {
		return nil
	}
	return os.Mkdir(h.Real(path), 0o700)
}
