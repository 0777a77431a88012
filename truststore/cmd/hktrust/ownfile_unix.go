//go:build unix

package main

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/hktrust/hktrust/truststore/host"
)

const openNonblock = syscall.O_NONBLOCK

// live is this machine, where the files on the command line lie also with --root.
var live = sync.OnceValue(func() *host.Host { return &host.Host{} })

// onlyOurs checks that nobody but root can change an open file, nor put
// another one in its place.
func onlyOurs(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if ok && st.Uid != 0 || info.Mode().Perm()&0o022 != 0 {
		return errOthersCanWrite
	}
	path, err := filepath.Abs(f.Name())
	if err != nil {
		return err
	}
	if _, err := live().Resolve(path); err != nil {
		return errOthersCanWrite
	}
	return nil
}

// mayPassOn checks, for an elevated process, that an open file belongs to
// whoever controls the path to it: what a password file holds is given to
// processes of the users whose stores it opens, and a link of theirs may lead
// to what only root can read. Pipes and terminals hold nothing to be stolen.
func mayPassOn(f *os.File) error {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || !live().Elevated() {
		return err
	}
	path, err := filepath.Abs(f.Name())
	if err != nil {
		return err
	}
	resolved, err := live().Resolve(path)
	if other := (*host.OtherUserError)(nil); errors.As(err, &other) {
		if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) == other.User.UID {
			return nil
		}
		return errNotTheirs
	}
	if err != nil {
		return err
	}
	now, err := os.Lstat(resolved)
	if err == nil && !os.SameFile(info, now) {
		err = errNotTheirs
	}
	return err
}
