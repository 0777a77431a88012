package host

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// maxGroups bounds how much of a group database is read.
const maxGroups = 16 << 20

// writableByOthers reports whether somebody besides its owner may write to the
// directory. Where it has an access list, the group's bits are the most that
// the list grants to anyone (acl(5), "Correspondence between ACL entries and
// file permission bits"). Root's own group, and a group in which nobody is,
// are nobody besides.
func (h *Host) writableByOthers(path string, info fs.FileInfo) bool {
	if info.Mode().Perm()&0o002 != 0 {
		return true
	}
	if info.Mode().Perm()&0o020 == 0 {
		return false
	}
	gid, ok := groupOf(info)
	return !ok || hasAccessList(h.Real(path)) || !h.ofKeepers(gid) && !h.nobodyIn(gid)
}

// ofKeepers reports whether a group is that of users who may become root.
func (h *Host) ofKeepers(gid int) bool {
	const wheel, adminOfDarwin = 0, 80
	return gid == wheel || h.GOOS() == "darwin" && gid == adminOfDarwin
}

// nobodyIn reports whether a group is known to have no members: Debian's staff,
// to which /usr/local belongs, as a rule. A directory service may know of some
// that the machine's own files do not name.
func (h *Host) nobodyIn(gid int) bool {
	users, err := h.Users()
	if err != nil || h.GOOS() != "linux" || h.asksService("group") || h.asksService("passwd") ||
		slices.ContainsFunc(users, func(u User) bool { return u.GID == gid && u.UID != 0 }) {
		return false
	}
	data, err := h.readUnguarded("/etc/group", maxGroups)
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), ":") // group(5)
		if len(f) != 4 || f[2] != strconv.Itoa(gid) {
			continue
		}
		return f[3] == "" || f[3] == "root"
	}
	return false
}

// asksService reports whether nsswitch.conf(5) has a database looked up
// elsewhere than in the machine's own files.
func (h *Host) asksService(database string) bool {
	data, err := h.readUnguarded("/etc/nsswitch.conf", maxGroups)
	if err != nil {
		return false // files alone, in every C library
	}
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		name, sources, ok := strings.Cut(line, ":")
		if !ok || strings.TrimSpace(name) != database {
			continue
		}
		return slices.ContainsFunc(strings.Fields(sources), func(s string) bool {
			return !slices.Contains([]string{"files", "compat", "systemd", "altfiles"}, s) && !strings.HasPrefix(s, "[")
		})
	}
	return false
}

func (h *Host) readUnguarded(path string, limit int64) ([]byte, error) {
	file, err := h.resolveUnguarded(path)
	if err != nil {
		return nil, err
	}
	return readRegular(h.Real(file), limit)
}
