package nss

import (
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// absence tells what it means that a profile, which a list in root names, is not
// there. It is gone where the directory that held it is there, or its place lies
// below the list's own directory, and no drive is missing; otherwise nothing is
// known about it.
func (f *finder) absence(dir, root string) ProblemKind {
	if f.unmounted(dir) {
		return Unreachable
	}
	if f.host.IsDir(f.host.Dir(dir)) || f.host.Inside(dir, root) {
		return Gone
	}
	return Unreachable
}

// removable are the directories below which drives are mounted, each in a
// directory of its own that may stay behind empty.
var removable = []string{"/media", "/mnt", "/run/media", "/Volumes"}

// maxMounts bounds a table of mounts, in bytes.
const maxMounts = 1 << 20

// unmounted reports whether a path lies on a file system that is known and not
// mounted now.
func (f *finder) unmounted(path string) bool {
	mounted := mountPoints(f.host, "/proc/self/mounts", "/proc/mounts")
	on := func(points []string) bool {
		for _, p := range points {
			if p != "/" && (p == path || f.host.Inside(path, p)) {
				return true
			}
		}
		return false
	}
	if on(mounted) {
		return false
	}
	return on(mountPoints(f.host, "/etc/fstab")) || on(removable)
}

// mountPoints reads the mount points of the first table that can be read: the
// second field of each line, in which a blank is written \040 (fstab(5)).
func mountPoints(h *host.Host, tables ...string) (points []string) {
	for _, table := range tables {
		data, err := h.ReadFile(table, maxMounts)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if fields := strings.Fields(line); len(fields) > 1 && !strings.HasPrefix(fields[0], "#") {
				points = append(points, strings.NewReplacer(`\040`, " ", `\011`, "\t", `\134`, `\`).Replace(fields[1]))
			}
		}
		return points
	}
	return nil
}
