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
// make that wait. It knows Linux, Windows and macOS; elsewhere, and below a Root,
// it answers no.
func (h *Host) OnNetwork(path string) bool {
	switch h.GOOS() {
	case "windows":
		return h.onShare(path)
	case "darwin":
		return h.Live() && onRemoteMount(path)
	}
	_, kind := mountOf(h.mountTable(), path)
	return slices.Contains(networkTypes, kind)
}

// MountPoint returns where the file system that holds path is mounted, by the
// mount table alone. It knows Linux; elsewhere, and below a Root, it answers "".
func (h *Host) MountPoint(path string) string {
	at, _ := mountOf(h.mountTable(), path)
	return at
}

// mountTable is the table of the process, "" where there is none that is known:
// then nothing is known to lie elsewhere.
func (h *Host) mountTable() string {
	if h.Root != "" || h.GOOS() != "linux" {
		return ""
	}
	h.mounts.Do(func() {
		table, _ := os.ReadFile("/proc/self/mounts")
		h.mounts.table = string(table)
	})
	return h.mounts.table
}

// mountOf returns the place and the type of the file system that holds path, by
// a table in the format of fstab(5); of several mounts on one place the last
// counts.
func mountOf(table, path string) (best, kind string) {
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
	return best, kind
}

var unescapeMount = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
