package nss

import (
	"context"
	"strings"
)

// sandbox is where the programs of one packaging see their home directory.
type sandbox struct {
	packaging string
	base      string // see [places.expand]; the first "*" is the package's name
	data      string // its XDG_DATA_HOME below base
	config    string // its XDG_CONFIG_HOME below base
}

var sandboxPlaces = []sandbox{
	{"flatpak", "~/.var/app/*", "data", "config"},
	{"snap", "~/snap/*/current", ".local/share", ".config"},
	{"snap", "~/snap/*/common", ".local/share", ".config"},
}

// sandboxRoots are the directories that hold all sandboxes of one packaging.
var sandboxRoots = []string{"~/snap", "~/.var/app"}

// unpackaged reports that a place of the tables lies in a sandbox and that there
// are none: most machines have no Snap or no Flatpak, and a look at each place
// costs more than one at what holds them.
func (f *finder) unpackaged(place string) bool {
	for _, root := range sandboxRoots {
		if strings.HasPrefix(place, root+"/") {
			dir := f.places.expand(root)
			absent, known := f.absent[dir]
			if !known {
				_, err := f.host.Stat(dir)
				absent = isMissing(err)
				f.absent[dir] = absent
			}
			return absent
		}
	}
	return false
}

// sandboxes adds databases that exist in the sandboxes of programs that are in
// no table: other builds of Chromium, and what is made of it (Electron).
func (f *finder) sandboxes(ctx context.Context) {
	for _, s := range sandboxPlaces {
		if f.unpackaged(s.base) {
			f.look(f.places.expand(s.base))
			continue
		}
		for _, pattern := range []string{s.base + "/.pki/nssdb/" + certFile, s.base + "/" + s.data + "/pki/nssdb/" + certFile} {
			for _, path := range f.glob(ctx, pattern) {
				f.addUnknown(Location{Dir: f.host.Dir(path), Packaging: s.packaging, Package: f.packageOf(s, path), Shared: true})
			}
		}
		for _, pattern := range []string{s.base + "/.*/profiles.ini", s.base + "/.mozilla/*/profiles.ini", s.base + "/" + s.config + "/*/profiles.ini"} {
			for _, path := range f.glob(ctx, pattern) {
				root := f.host.Dir(path)
				if !f.looked[root] { // not among the places of a program that is known
					f.profilesIn(ctx, place{packaging: s.packaging, pkg: f.packageOf(s, path)}, root)
				}
			}
		}
	}
}

// glob lists what matches a pattern of the table.
func (f *finder) glob(ctx context.Context, pattern string) []string {
	if ctx.Err() != nil {
		return nil
	}
	pattern = f.places.expand(pattern)
	f.look(pattern)
	found, err := f.host.Glob(pattern)
	if err != nil {
		f.problem(pattern, err)
	}
	return found
}

// addUnknown adds a location of a program that nothing is known of, unless a
// program that is known has it.
func (f *finder) addUnknown(loc Location) {
	resolved, err := f.host.Resolve(loc.Dir)
	if err == nil {
		for _, l := range f.Locations {
			if l.Resolved == resolved {
				return
			}
		}
	}
	f.add(loc)
}

// packageOf is the package whose sandbox a path lies in.
func (f *finder) packageOf(s sandbox, path string) string {
	before, _, _ := strings.Cut(s.base, "*")
	rest, ok := strings.CutPrefix(path, f.places.expand(strings.TrimSuffix(before, "/")))
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	return name
}
