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
	return slices.Contains(networkTypes, mountOf(h.mountTable(), path).kind)
}

// MountPoint returns where the file system that holds path is mounted, by the
// mount table alone. It knows Linux; elsewhere, and below a Root, it answers "".
func (h *Host) MountPoint(path string) string {
	return mountOf(h.mountTable(), path).at
}

// mount is a place where a file system of some type is mounted.
type mount struct{ at, kind string }

// mountTable is the table of the process, empty where there is none that is
// known: then nothing is known to lie elsewhere.
func (h *Host) mountTable() []mount {
	if h.Root != "" || h.GOOS() != "linux" {
		return nil
	}
	h.mounts.Do(func() {
		table, _ := os.ReadFile("/proc/self/mounts")
		h.mounts.table = parseMounts(string(table))
	})
	return h.mounts.table
}

// parseMounts reads a table in the format of fstab(5).
func parseMounts(table string) []mount {
	var all []mount
	for line := range strings.Lines(table) {
		if f := strings.Fields(line); len(f) >= 3 {
			all = append(all, mount{at: unescapeMount.Replace(f[1]), kind: f[2]})
		}
	}
	return all
}

// mountOf returns the mount that holds path; of several on one place the last
// counts.
func mountOf(table []mount, path string) (best mount) {
	for _, m := range table {
		within := m.at == "/" || path == m.at || strings.HasPrefix(path, m.at+"/")
		if within && len(m.at) >= len(best.at) {
			best = m
		}
	}
	return best
}

var unescapeMount = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
