package javaks

import (
	"os"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// ManagedBy names the system that writes or owns a trust store besides its
// Java installation.
type ManagedBy string

// The systems that are recognised by where the store lies.
const (
	// ManagedByDebian: the file that all of Debian's and Ubuntu's JDKs
	// share, /etc/ssl/certs/java/cacerts. Its hook adds and removes entries
	// of its own; edits by others last (ca-certificates-java).
	ManagedByDebian ManagedBy = "debian"
	// ManagedByAlpine: the same path, but made anew by "trust extract".
	ManagedByAlpine ManagedBy = "alpine"
	// ManagedByDocker: made anew by a hook in the images of
	// docker.io/openjdk.
	ManagedByDocker ManagedBy = "docker"
	// ManagedByRHEL: made anew by update-ca-trust (Fedora and its kin).
	ManagedByRHEL ManagedBy = "rhel"
	// ManagedByArch: made anew by "trust extract-compat".
	ManagedByArch ManagedBy = "arch"
	// ManagedBySUSE: made anew by update-ca-certificates.
	ManagedBySUSE ManagedBy = "suse"
	// ManagedByNix and ManagedByGuix: immutable; declared, not edited.
	ManagedByNix  ManagedBy = "nix"
	ManagedByGuix ManagedBy = "guix"
	// ManagedBySnap: a read-only image.
	ManagedBySnap ManagedBy = "snap"
	// ManagedByFlatpak: a read-only checkout that updates replace.
	ManagedByFlatpak ManagedBy = "flatpak"
	// ManagedByApple: the sealed volume of macOS.
	ManagedByApple ManagedBy = "apple"
)

// Regenerated reports whether the file is written anew from the system's
// anchors, so that an edit of the file itself is lost.
func (m ManagedBy) Regenerated() bool {
	switch m {
	case ManagedByAlpine, ManagedByDocker, ManagedByRHEL, ManagedByArch, ManagedBySUSE:
		return true
	}
	return false
}

// ReadOnly reports whether the file cannot be changed in place at all.
func (m ManagedBy) ReadOnly() bool {
	switch m {
	case ManagedByNix, ManagedByGuix, ManagedBySnap, ManagedByFlatpak, ManagedByApple:
		return true
	}
	return false
}

// managedPaths tells the managers by how the resolved path of a store begins;
// the first that fits counts.
var managedPaths = [...]struct {
	goos string
	path string
	by   ManagedBy
}{
	{"linux", "/etc/ssl/certs/java/", ManagedByAlpine}, // if its hook is there
	{"linux", "/etc/ssl/certs/java/", ManagedByDebian},
	{"linux", "/usr/local/openjdk-", ManagedByDocker},
	{"linux", "/usr/java/openjdk-", ManagedByDocker},
	{"linux", "/etc/pki/ca-trust/extracted/", ManagedByRHEL},
	{"linux", "/etc/pki/java/", ManagedByRHEL},
	{"linux", "/etc/ca-certificates/extracted/", ManagedByArch},
	{"linux", "/var/lib/ca-certificates/", ManagedBySUSE},
	{"linux", "/snap/", ManagedBySnap},
	{"linux", "/var/lib/snapd/snap/", ManagedBySnap},
	{"linux", "/var/lib/flatpak/", ManagedByFlatpak},
	{"linux", "/gnu/store/", ManagedByGuix},
	{"linux", "/nix/store/", ManagedByNix},
	{"darwin", "/nix/store/", ManagedByNix},
	{"darwin", "/System/", ManagedByApple},
}

// hook is the hook of update-ca-certificates that makes a store anew, "" for
// those who do it otherwise. A manager without its hook does not manage.
func (m ManagedBy) hook() string {
	switch m {
	case ManagedByAlpine:
		return "/etc/ca-certificates/update.d/java-cacerts"
	case ManagedByDocker:
		return "/etc/ca-certificates/update.d/docker-openjdk"
	}
	return ""
}

// elsewhere reports whether the system is none that the manager is part of.
func (m ManagedBy) elsewhere(h *host.Host) bool {
	return m == ManagedByDebian && slices.ContainsFunc(h.Distribution(), func(id string) bool { return id == "alpine" || id == "wolfi" || id == "chainguard" })
}

// ManagerOf tells who else writes the trust store at a path: the manager of the
// file that the path leads to or, where that file is nobody's, of the last link on
// the way to it. Wolfi, for one, makes /etc/ssl/certs/java/cacerts anew, which may
// be a link itself.
func ManagerOf(h *host.Host, path string) ManagedBy {
	for _, step := range slices.Backward(linksOf(h, path)) {
		if by := managerAt(h, step); by != "" {
			return by
		}
	}
	return ""
}

func managerAt(h *host.Host, path string) ManagedBy {
	for _, m := range managedPaths {
		if m.goos != h.GOOS() || !strings.HasPrefix(path, m.path) {
			continue
		}
		if hook := m.by.hook(); hook == "" && !m.by.elsewhere(h) || hook != "" && h.IsFile(hook) {
			return m.by
		}
	}
	if strings.Contains(path, "/.local/share/flatpak/") {
		return ManagedByFlatpak
	}
	return ""
}

// linksOf returns the file that path leads to, the last, and the links of which
// each leads to the next, their directories resolved.
func linksOf(h *host.Host, path string) []string {
	const maxLinks = 40 // as Linux has it
	var steps []string
	for range maxLinks {
		dir, err := h.Resolve(h.Dir(path))
		if err != nil { // it is missing, or closed to us: the name is what there is to tell by
			steps = append(steps, path)
			break
		}
		path = h.Join(dir, h.Base(path))
		steps = append(steps, path)
		target, err := os.Readlink(h.Real(path))
		if err != nil {
			break
		}
		if path = target; !h.IsAbs(path) {
			path = h.Join(dir, target)
		}
	}
	return steps
}
