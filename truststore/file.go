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

// unmoved checks that a path, which had its links followed when the store was
// found, still leads to itself.
func unmoved(h *host.Host, path string) error {
	resolved, err := h.Resolve(path)
	if err != nil {
		return err
	}
	if resolved != path {
		return fmt.Errorf("%w: %s leads elsewhere now", ErrStale, path)
	}
	return nil
}

// needsElevation tells a refusal that an administrator would not meet from
// one that even root gets.
func needsElevation(h *host.Host, err error) error {
	if errors.Is(err, fs.ErrPermission) && !h.Elevated() {
		return &translated{ours: ErrNeedsElevation, err: err}
	}
	return err
}

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
	if err := unmoved(h, path); err != nil {
		return err
	}
	if h.Exists(path) {
		return nil
	}
	return os.Mkdir(h.Real(path), 0o700)
}
