package host

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// mayPass decides whether an elevated walk may go through the file at path.
func (w *walk) mayPass(path string, info fs.FileInfo) error {
	if !w.guarded {
		return nil
	}
	if w.host.GOOS() == "windows" {
		return w.mayPassProfile(path, info)
	}
	uid, ok := ownerOf(info)
	if !ok {
		return nil
	}
	link := info.Mode()&fs.ModeSymlink != 0
	if !info.IsDir() && !link && !w.host.liesInShared(path) {
		return nil // only who controls the directory can exchange the file
	}
	if me, err := w.host.Me(); err != nil || uid != 0 && uid != me.UID {
		return &OtherUserError{Path: w.asked, User: w.host.ownerAt(path, uid, info)}
	}
	if info.IsDir() && info.Mode()&fs.ModeSticky == 0 && w.host.writableByOthers(path, info) {
		return &fs.PathError{Op: "resolve", Path: path, Err: ErrInsecurePath}
	}
	return nil
}

// liesInShared reports whether others may write to the directory of path. It is
// sticky, or the walk would have ended there: an entry belongs to its owner,
// who may exchange it.
func (h *Host) liesInShared(path string) bool {
	dir := h.Dir(path)
	info, err := os.Lstat(h.Real(dir))
	return err != nil || h.writableByOthers(dir, info)
}

// ownerAt is the user who owns the directory or link at path. One whom only a
// directory service knows gets the group of the directory, which is the first
// on the way that is not root's, a home as a rule: its owner was in that group
// when it was made, unless the directory above hands its own group down.
func (h *Host) ownerAt(path string, uid int, info fs.FileInfo) User {
	u := h.userByUID(uid)
	if u.GID >= 0 || !info.IsDir() {
		return u
	}
	above, err := os.Lstat(h.Real(h.Dir(path)))
	if gid, ok := groupOf(info); ok && gid > 0 && err == nil && above.Mode()&fs.ModeSetgid == 0 {
		u.GID = gid
	}
	return u
}

// mayPassProfile refuses links in the profile folder of another Windows user;
// junctions and other reparse points are irregular files to package os.
func (w *walk) mayPassProfile(path string, info fs.FileInfo) error {
	if info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) == 0 {
		return nil
	}
	me, err := w.host.Me()
	if err != nil {
		return err
	}
	users, err := w.host.Users()
	if err != nil {
		return err
	}
	for _, u := range users {
		if !strings.EqualFold(u.Home, me.Home) && w.host.Inside(path, u.Home) {
			return &fs.PathError{Op: "resolve", Path: path, Err: ErrInsecurePath}
		}
	}
	return nil
}

// outsideHomes refuses an elevated walk that is about to look inside the home
// directory of another user.
func (w *walk) outsideHomes(path string) error {
	if !w.guarded {
		return nil
	}
	me, err := w.host.Me()
	if err != nil {
		return err
	}
	for _, u := range w.host.homeOwners() {
		if u.UID != me.UID && w.host.Inside(path, u.Home) {
			return &OtherUserError{Path: w.asked, User: u}
		}
	}
	return nil
}

// Inside reports whether path names something strictly below dir. It compares
// names alone; resolve both first where links matter.
func (h *Host) Inside(path, dir string) bool {
	p, d := h.slashed(path), strings.TrimRight(h.slashed(dir), "/")
	if h.GOOS() == "windows" {
		p, d = strings.ToLower(p), strings.ToLower(d)
	}
	return d != "" && strings.HasPrefix(p, d+"/")
}

// homeOwners lists the local users whose home directory exists and is their
// own: system accounts share directories such as /usr/sbin and own none.
func (h *Host) homeOwners() []User {
	h.homes.Do(func() {
		users, err := h.Users()
		if err != nil {
			return // the owner checks on each directory still hold
		}
		for _, u := range users {
			if u.UID != 0 && (h.OnNetwork(u.Home) || h.OwnsHome(u)) {
				h.homes.owners = append(h.homes.owners, u)
			}
		}
	})
	return h.homes.owners
}

// OwnsHome reports whether the user's home is a directory that belongs to
// that user. On a live Windows it must be a directory and no link, which that
// user or the machine's administrators own: Windows itself makes profiles.
func (h *Host) OwnsHome(u User) bool {
	home, err := h.resolveUnguarded(u.Home)
	if err != nil || home == "/" {
		return false
	}
	info, err := os.Lstat(h.Real(home))
	if err != nil || !info.IsDir() {
		return false
	}
	uid, ok := ownerOf(info)
	if !ok {
		return !h.Live() || ownsProfile(h.Real(u.Home), u.SID)
	}
	return uid == u.UID
}

// Exists reports whether there is anything at path, by that name alone: a link
// is not followed.
func (h *Host) Exists(path string) bool {
	_, err := os.Lstat(h.Real(path))
	return err == nil
}

// IsServiceAccount reports whether the user is an account of Windows itself,
// such as SYSTEM, whose profile nobody works in.
func (h *Host) IsServiceAccount(u User) bool {
	home := strings.ToLower(h.slashed(u.Home))
	return h.GOOS() == "windows" &&
		(strings.HasSuffix(home, "/config/systemprofile") || strings.Contains(home, "/serviceprofiles/"))
}

func (h *Host) userByUID(uid int) User {
	users, _ := h.Users()
	for _, u := range users {
		if u.UID == uid {
			return u
		}
	}
	return User{UID: uid, GID: -1}
}

func (u User) label() string {
	if u.Name != "" {
		return u.Name
	}
	return fmt.Sprintf("with number %d", u.UID)
}
