package ecert

import (
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// usualPlaces are the removable drives of a machine, and the folders in which
// its user keeps files.
func usualPlaces(s *search) []Place {
	var all []Place
	add := func(path string, removable bool, depth int) {
		known := func(p Place) bool { return p.Path == path }
		if path != "" && !slices.ContainsFunc(all, known) && (s.host.OnNetwork(path) || s.host.IsDir(path)) {
			all = append(all, Place{path, removable, depth})
		}
	}
	for _, drive := range s.drives() {
		add(drive, true, s.limits.Depth)
	}
	for _, folder := range s.folders() {
		add(folder, false, s.limits.Depth)
	}
	// Below the home itself lies what programs keep.
	add(s.home(), false, 0)
	return all
}

// home is the user's home directory, "" if there is none.
func (s *search) home() string {
	me, err := s.host.Me()
	if err != nil || s.host.IsServiceAccount(me) {
		return ""
	}
	return me.Home
}

// drives lists where drives that can be taken out are found.
func (s *search) drives() []string {
	switch s.host.GOOS() {
	case "windows":
		return windowsDrives(s.host)
	case "darwin":
		return s.below("/Volumes")
	}
	// udisks mounts in /run/media/USER, on Debian's family in /media/USER;
	// by hand people mount in /media and /mnt.
	me, _ := s.host.Me()
	all := slices.Concat(s.below("/run/media/*"), s.below("/media"), s.below("/mnt"))
	if users, err := s.host.Users(); err == nil {
		for _, u := range users {
			if u.UID == me.UID {
				all = append(all, s.below("/media/"+u.Name)...)
				all = slices.DeleteFunc(all, func(dir string) bool { return dir == "/media/"+u.Name })
			}
		}
	}
	return all
}

// below lists what lies directly in a directory, by names alone. What cannot be
// listed is said.
func (s *search) below(dir string) []string {
	all, err := s.host.Glob(dir + "/*")
	if err != nil {
		s.unreadable(dir, err)
	}
	return all
}

// folders lists the folders for documents in a home directory.
func (s *search) folders() []string {
	h, home := s.host, s.home()
	if home == "" {
		return nil
	}
	var all []string
	for _, name := range []string{"Desktop", "Documents", "Downloads"} {
		all = append(all, h.Join(home, name))
	}
	switch h.GOOS() {
	case "windows":
		for _, name := range []string{"OneDrive", "OneDriveCommercial"} {
			if dir := h.Getenv(name); dir != "" {
				all = append(all, h.Join(dir, "Desktop"), h.Join(dir, "Documents"))
			}
		}
	case "linux":
		all = append(all, xdgFolders(h, home)...)
	}
	return all
}

// maxUserDirs bounds user-dirs.dirs, in bytes.
const maxUserDirs = 64 << 10

// xdgFolders reads xdg-user-dirs' configuration, which has the folders' names in
// the user's language: XDG_DOWNLOAD_DIR="$HOME/下載".
func xdgFolders(h *host.Host, home string) []string {
	data, err := h.ReadFile(h.Join(home, ".config", "user-dirs.dirs"), maxUserDirs)
	if err != nil {
		return nil // most homes have none
	}
	var all []string
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || !slices.Contains([]string{"XDG_DESKTOP_DIR", "XDG_DOCUMENTS_DIR", "XDG_DOWNLOAD_DIR"}, name) {
			continue
		}
		value = strings.Trim(value, `"`)
		if rest, ok := strings.CutPrefix(value, "$HOME/"); ok {
			value = h.Join(home, rest)
		}
		if h.IsAbs(value) && h.Join(value) != h.Join(home) {
			all = append(all, h.Join(value))
		}
	}
	return all
}
