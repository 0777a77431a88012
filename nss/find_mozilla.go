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
		if _, err := f.host.Resolve(f.host.Join(root, "profiles.ini")); err != nil {
			f.problem(root, err)
			continue
		}
		f.listedProfiles(ctx, p, root)
		f.unlistedProfiles(ctx, p, root)
	}
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
			f.add(Location{Dir: dir, Application: p.application, Packaging: p.packaging, Profile: profile.name})
		}
	}
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
			if used, err := present(f.host, f.host.Join(dir, "cert9.db")); err != nil {
				f.problem(dir, err)
			} else if used {
				f.add(Location{Dir: dir, Application: p.application, Packaging: p.packaging})
			}
		}
	}
}
