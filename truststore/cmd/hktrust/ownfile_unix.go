//go:build unix

package main

import (
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
