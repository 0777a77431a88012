package host

import (
	"os"
	"slices"
	"strings"
)

// networkTypes are the file system types, as mounted on Linux, whose files lie
// on another machine or may take arbitrarily long to appear.
var networkTypes = []string{
	"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "gpfs", "glusterfs", "coda", "ncpfs", "autofs",
	"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone",
}

// OnNetwork reports whether path lies on a network mount, by the mount table
// alone: the path itself is not touched, since a server that is away would
// make that wait. It knows Linux; elsewhere, and below a Root, it answers no.
func (h *Host) OnNetwork(path string) bool {
	if h.GOOS() == "windows" {
		return h.onShare(path)
	}
	if h.Root != "" || h.GOOS() != "linux" {
		return false
	}
	h.mounts.Do(func() {
		// Without a table, nothing is known to lie elsewhere.
		table, _ := os.ReadFile("/proc/self/mounts")
		h.mounts.table = string(table)
	})
	return slices.Contains(networkTypes, mountType(h.mounts.table, path))
}

// mountType returns the type of the file system that holds path, by a table in
// the format of fstab(5); of several mounts on one place the last counts.
func mountType(table, path string) string {
	best, kind := "", ""
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		at := unescapeMount.Replace(f[1])
		within := at == "/" || path == at || strings.HasPrefix(path, at+"/")
		if within && len(at) >= len(best) {
			best, kind = at, f[2]
		}
	}
	return kind
}

var unescapeMount = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
