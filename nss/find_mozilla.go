package nss

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// errForeignPath means that a profiles.ini names a profile in a form that
// cannot be followed here, such as the binary alias of old Firefox on macOS.
var errForeignPath = errors.New("profiles.ini names a profile by a path that is not absolute")

// mozilla adds the profiles of the directories that match a place.
func (f *finder) mozilla(ctx context.Context, p place) {
	pattern := f.places.expand(p.root)
	f.look(pattern)
	if f.unpackaged(p.root) {
		return
	}
	roots := []string{pattern}
	if strings.Contains(p.root, "*") {
		var err error
		if roots, err = f.host.Glob(pattern); err != nil {
			f.problem(pattern, err)
		}
	}
	for _, root := range roots {
		if ctx.Err() != nil {
			return
		}
		f.profilesIn(ctx, p, root)
	}
}

// profilesIn adds the profiles of one directory with a profiles.ini.
func (f *finder) profilesIn(ctx context.Context, p place, root string) {
	if _, err := f.host.Resolve(f.host.Join(root, "profiles.ini")); err != nil {
		f.problem(root, err)
		return
	}
	f.listedProfiles(ctx, p, root)
	f.unlistedProfiles(ctx, p, root)
}

// listedProfiles adds what profiles.ini and installs.ini name, used or not.
func (f *finder) listedProfiles(ctx context.Context, p place, root string) {
	for _, name := range []string{"profiles.ini", "installs.ini"} {
		path := f.host.Join(root, name)
		data, err := f.host.ReadFile(path, maxINI)
		if err != nil {
			f.problem(path, err)
			continue
		}
		profiles, err := parseProfiles(data)
		if err != nil {
			f.problem(path, err)
		}
		for _, profile := range profiles {
			if ctx.Err() != nil {
				return
			}
			dir, err := f.profileDir(root, profile)
			if err != nil {
				f.problem(path, err)
				continue
			}
			f.addListed(root, Location{Dir: dir, Application: p.application, Packaging: p.packaging, Package: p.pkg, Profile: profile.name})
		}
	}
}

// addListed adds a profile that a list in root names, or says why not: the list
// is its user's, the profile may be anything.
func (f *finder) addListed(root string, loc Location) {
	info, err := f.host.Stat(loc.Dir)
	switch {
	case isMissing(err):
		f.report(f.absence(loc.Dir, root), loc.Dir, err)
	case f.notTheirs(loc.Dir, info, err):
		f.report(NotTheirs, loc.Dir, errNotTheirs)
	default:
		f.add(loc)
		f.reportLost(loc.Dir)
	}
}

// reportLost reports a profile that was used and has no database. Firefox opens
// the database at every start.
func (f *finder) reportLost(dir string) {
	for _, loc := range f.Locations {
		if loc.Dir == dir && !loc.Exists && !loc.Legacy && loc.Version != "" && !ignores(loc.Settings) {
			f.report(Lost, dir, errLost)
		}
	}
}

// notTheirs reports whether a profile is outside the user's home and another
// ordinary user's. Whoever the files of a home belong to, they are its user's.
func (f *finder) notTheirs(dir string, info fs.FileInfo, err error) bool {
	if !f.host.Live() || f.user.UID < 0 {
		return false
	}
	home, homeErr := f.host.Resolve(f.user.Home)
	resolved, dirErr := f.host.Resolve(dir)
	if homeErr != nil || dirErr == nil && (resolved == home || f.host.Inside(resolved, home)) {
		return false
	}
	if err == nil && dirErr == nil {
		owner := ownerOf(info)
		return owner > 0 && owner != f.user.UID
	}
	return f.inOtherHome(dir)
}

// inOtherHome compares names alone.
func (f *finder) inOtherHome(dir string) bool {
	users, _ := f.host.Users()
	for _, u := range users {
		if u.UID > 0 && u.UID != f.user.UID && u.Home != "" && u.Home != "/" && f.host.Inside(dir, u.Home) {
			return true
		}
	}
	return false
}

// profileDir returns where a listed profile lies. Where that leads is for
// [host.Host.Resolve] to judge.
func (f *finder) profileDir(root string, p listedProfile) (string, error) {
	absolute := f.host.IsAbs(p.path)
	switch {
	case p.relative == isRelative, p.relative == unstated && !absolute:
		return f.host.Join(root, p.path), nil
	case absolute:
		return f.host.Join(p.path), nil
	case f.host.GOOS() != "windows" && strings.HasPrefix(p.path, "~/"):
		return f.host.Join(f.places.home, p.path[2:]), nil
	}
	return "", fmt.Errorf("%w: %.60q", errForeignPath, p.path)
}

// unlistedProfiles adds used profiles that no file names: those that profile
// groups (Firefox 138 and later) keep in a database of their own, and those
// whose profiles.ini was lost.
func (f *finder) unlistedProfiles(ctx context.Context, p place, root string) {
	for _, parent := range []string{root, f.host.Join(root, "Profiles")} {
		entries, err := f.host.ReadDir(parent)
		if err != nil {
			f.problem(parent, err)
			continue
		}
		for _, e := range entries {
			if ctx.Err() != nil {
				return
			}
			if !e.IsDir() && e.Type()&fs.ModeSymlink == 0 {
				continue
			}
			dir := f.host.Join(parent, e.Name())
			if used, err := present(f.host, f.host.Join(dir, certFile)); err != nil {
				f.problem(dir, err)
			} else if used {
				f.add(Location{Dir: dir, Application: p.application, Packaging: p.packaging, Package: p.pkg})
			}
		}
	}
}
