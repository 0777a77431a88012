package host

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// Volume tells the file system at path from others that are mounted there at
// another time, by its identifier. "" where there is none to be had. Some file
// systems get a new one with every mount.
func (h *Host) Volume(path string) string {
	if len(h.mountTable()) == 0 {
		return ""
	}
	var at unix.Statfs_t
	if err := unix.Statfs(path, &at); err != nil || at.Fsid.Val == [2]int32{} {
		return ""
	}
	return strconv.FormatUint(uint64(uint32(at.Fsid.Val[0]))<<32|uint64(uint32(at.Fsid.Val[1])), 16)
}
