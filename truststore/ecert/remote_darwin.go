package ecert

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hktrust/hktrust/truststore/host"
)

// remote reports whether path lies on a network mount, by the mount table of the
// kernel, which is not asked to bring it up to date: a server that is away would
// make that wait.
func remote(h *host.Host, path string) bool {
	if !h.Live() {
		return false
	}
	n, err := unix.Getfsstat(nil, unix.MNT_NOWAIT)
	if err != nil {
		return false
	}
	mounts := make([]unix.Statfs_t, n)
	if n, err = unix.Getfsstat(mounts, unix.MNT_NOWAIT); err != nil {
		return false
	}
	best, isRemote := "", false
	for _, m := range mounts[:min(n, len(mounts))] {
		at := unix.ByteSliceToString(m.Mntonname[:])
		within := at == "/" || path == at || strings.HasPrefix(path, at+"/")
		if within && len(at) >= len(best) {
			best, isRemote = at, m.Flags&unix.MNT_LOCAL == 0
		}
	}
	return isRemote
}
