//go:build unix

package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"syscall"
)

const openNonblock = syscall.O_NONBLOCK

// maxAttributes bounds the extended attributes of one file, in bytes.
const maxAttributes = 1 << 20

// modeBits are the bits of a mode that chmod sets.
const modeBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// attributes is what a file keeps when its content is replaced.
type attributes struct {
	uid, gid int
	mode     fs.FileMode
	extended map[string]string // those that keepExtended names
	lost     error             // what could not be given to a new file; nil if nothing
}

func attributesOf(f *os.File, info fs.FileInfo) (attributes, error) {
	st := info.Sys().(*syscall.Stat_t)
	extended, err := extendedOf(f)
	return attributes{
		uid: int(st.Uid), gid: int(st.Gid),
		mode:     info.Mode() & modeBits,
		extended: extended,
		lost:     lostOf(f),
	}, err
}

func (a attributes) equal(b attributes) bool {
	return a.uid == b.uid && a.gid == b.gid && a.mode == b.mode && maps.Equal(a.extended, b.extended)
}

// keepable reports, before anything is written, that this process cannot give
// a new file the owner, or an access list of macOS.
func (a attributes) keepable() error {
	if a.lost != nil {
		return a.lost
	}
	if me := os.Geteuid(); me != 0 && me != a.uid {
		return &ownerError{fmt.Sprintf("owner %d", a.uid)}
	}
	return nil
}

// apply gives them to a new file. The mode comes last: a change of owner
// clears bits of it.
func (a attributes) apply(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	now, err := attributesOf(f, info)
	if err != nil {
		return err
	}
	if now.uid != a.uid || now.gid != a.gid {
		what := fmt.Sprintf("owner %d, group %d", a.uid, a.gid)
		switch err := f.Chown(a.uid, a.gid); {
		case errors.Is(err, fs.ErrPermission):
			return &ownerError{what}
		case err != nil:
			return fmt.Errorf("%s cannot be kept: %w", what, cause(err))
		}
	}
	if err := a.applyExtended(f, now); err != nil {
		return err
	}
	return f.Chmod(a.mode)
}

// applyButOwner gives them, but for the owner, to a file that this process owns.
// Where that cannot have the group, it is for its owner alone.
func (a attributes) applyButOwner(f *os.File) error {
	a.uid = os.Geteuid()
	err := a.apply(f)
	var owner *ownerError
	if errors.As(err, &owner) {
		return f.Chmod(a.mode & 0o600)
	}
	return err
}

func (a attributes) applyExtended(f *os.File, now attributes) error {
	if _, inherited := now.extended[accessList]; inherited {
		if _, kept := a.extended[accessList]; !kept {
			if err := removeExtended(f, accessList); err != nil {
				return fmt.Errorf("inherited access list cannot be removed: %w", err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.extended)) {
		value := a.extended[name]
		if has, ok := now.extended[name]; ok && has == value {
			continue
		}
		err := setExtended(f, name, value)
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return fmt.Errorf("attribute %s cannot be kept: %w", name, err)
		}
	}
	return nil
}

// ours reports whether a temporary file was left by a run that this process
// may clean up after. Root may have given it away already.
func ours(info fs.FileInfo) bool {
	me := os.Geteuid()
	return me == 0 || me == int(info.Sys().(*syscall.Stat_t).Uid)
}
