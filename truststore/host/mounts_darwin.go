package host

import (
	"strings"

	"golang.org/x/sys/unix"
)

// onRemoteMount asks the mount table of the kernel, which is not to bring it up
// to date: a server that is away would make that wait.
func onRemoteMount(path string) bool {
	n, err := unix.Getfsstat(nil, unix.MNT_NOWAIT)
	if err != nil {
		return false
	}
	mounts := make([]unix.Statfs_t, n)
	if n, err = unix.Getfsstat(mounts, unix.MNT_NOWAIT); err != nil {
		return false
	}
	best, remote := "", false
	for _, m := range mounts[:min(n, len(mounts))] {
		at := unix.ByteSliceToString(m.Mntonname[:])
		within := at == "/" || path == at || strings.HasPrefix(path, at+"/")
		if within && len(at) >= len(best) {
			best, remote = at, m.Flags&unix.MNT_LOCAL == 0
		}
	}
	return remote
}
