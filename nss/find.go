package nss

import (
	"context"
	"errors"
	"io/fs"

	"github.com/hktrust/hktrust/truststore/host"
)

// Search says whose NSS databases [Find] looks for.
type Search struct {
	// Machine: look in the machine's own places, which are no user's:
	// /etc/pki/nssdb of the Red Hat family.
	Machine bool

	// User is the user whose places are searched; nil means nobody's. The
	// environment (XDG_CONFIG_HOME, APPDATA, ...) counts only where the user
	// is the one that this process runs as.
	User *host.User
}

// Found is what [Find] found.
type Found struct {
	Locations []Location

	// Problems are places known to exist, or named by a program's own files,
	// that could not be examined or are not what they should be.
	Problems []*LocationError

	// Places are the directories and patterns that were looked at, whether
	// or not there was anything: a database elsewhere was not found.
	Places []string
}

// Find lists the NSS databases in the places where programs keep them, each once: every profile that a profiles.ini or
// installs.ini names or that lies beside those, of every Mozilla program and
// packaging known here; the database that the Chromium browsers share; and those
// that programs unknown here have in their Snap or Flatpak sandbox. A profile
// that was never used is listed with Exists false, as is the shared database of
// a browser that has none yet: Dir is then where the browser would create it.
//
// What is missing is no problem, unless a program's files name it. When ctx
// ends, so does the search, with what it has found; the last problem holds the
// context's error. It reads; nothing is changed, locked or run. A nil host is this
// machine.
func Find(ctx context.Context, h *host.Host, s Search) Found {
	if h == nil {
		h = new(host.Host)
	}
	f := newFinder(h, places{})
	if s.Machine && !f.stopped(ctx) && isUnix(h) {
		f.look(systemDir)
		f.add(Location{Dir: systemDir, Application: "system", Shared: true})
	}
	if s.User != nil {
		f.places, f.user = placesOf(h, *s.User), *s.User
		f.userPlaces(ctx)
	}
	f.stopped(ctx)
	return f.Found
}

// systemDir is the machine's own database.
const systemDir = "/etc/pki/nssdb"

// userPlaces searches the places of one user.
func (f *finder) userPlaces(ctx context.Context) {
	if _, err := f.host.Stat(f.user.Home); err != nil {
		f.problem(f.user.Home, err)
		return
	}
	for _, place := range mozillaPlaces {
		if f.stopped(ctx) {
			return
		}
		if place.on(f.host) {
			f.mozilla(ctx, place)
		}
	}
	if !isUnix(f.host) {
		return
	}
	for _, place := range sharedPlaces {
		if f.stopped(ctx) {
			return
		}
		f.shared(place)
	}
	f.sandboxes(ctx)
}

// LocationAt describes the directory dir, an absolute path, wherever it lies;
// a nil Host is this machine. A directory that does not exist is an error that
// matches [fs.ErrNotExist]. A Mozilla profile is known by what its program left
// there; a shared database by where it lies, and what the Host's own user shares
// it with.
func LocationAt(h *host.Host, dir string) (Location, error) {
	if h == nil {
		h = new(host.Host)
	}
	resolved, err := h.Resolve(dir)
	if err != nil {
		return Location{}, err
	}
	loc := Location{Dir: dir, Resolved: resolved}
	if err := loc.look(h); err != nil {
		return Location{}, err
	}
	if isUnix(h) {
		loc = loc.amongShared(h)
	}
	return loc, nil
}

// amongShared returns loc as [Find] would list it, if it is a shared database
// or one that other programs share through a link.
func (loc Location) amongShared(h *host.Host) Location {
	f := newFinder(h, places{})
	f.add(Location{Dir: systemDir, Application: "system", Shared: true})
	if me, err := h.Me(); err == nil {
		f.places, f.user = placesOf(h, me), me
		for _, place := range sharedPlaces {
			f.shared(place)
		}
	}
	for _, k := range f.Locations {
		switch {
		case k.key(h) != loc.key(h):
		case loc.Application == "":
			k.Dir, k.Resolved = loc.Dir, loc.Resolved
			return k
		default:
			loc.merge(k)
		}
	}
	if parent := h.Base(h.Dir(loc.Resolved)); loc.Application == "" && h.Base(loc.Resolved) == "nssdb" && (parent == "pki" || parent == ".pki") {
		loc.Application, loc.Shared = "chromium", true // another user's, or one not in use
	}
	return loc
}

// finder gathers one answer of a [Search].
type finder struct {
	Found
	host   *host.Host
	places places
	user   host.User
	seen   map[string]int  // of Locations, by key
	failed map[string]bool // paths of Problems
	looked map[string]bool // Places
	absent map[string]bool // of sandboxRoots, expanded
}

func newFinder(h *host.Host, p places) *finder {
	return &finder{host: h, places: p, seen: map[string]int{}, failed: map[string]bool{}, looked: map[string]bool{}, absent: map[string]bool{}}
}

// look notes that a place is looked at.
func (f *finder) look(place string) {
	if !f.looked[place] {
		f.looked[place] = true
		f.Places = append(f.Places, place)
	}
}

// stopped records why ctx ended, if it did.
func (f *finder) stopped(ctx context.Context) bool {
	if err := ctx.Err(); err != nil {
		f.problem(f.places.home, err)
		return true
	}
	return false
}

// problem records, once, that path could not be looked at. What is missing is
// no problem.
func (f *finder) problem(path string, err error) {
	if !isMissing(err) {
		f.report(Unexamined, path, err)
	}
}

// report records one problem of a path.
func (f *finder) report(kind ProblemKind, path string, err error) {
	if !f.failed[path] {
		f.failed[path] = true
		f.Problems = append(f.Problems, &LocationError{Path: path, Kind: kind, Err: err})
	}
}

// add looks at a candidate and keeps it if its directory exists.
func (f *finder) add(loc Location) {
	var err error
	if loc.Resolved, err = f.host.Resolve(loc.Dir); err != nil {
		f.problem(loc.Dir, err)
		return
	}
	if err := loc.look(f.host); err != nil {
		f.problem(loc.Dir, err)
		return
	}
	f.keep(loc)
}

// keep records a location, or what it adds to one that was found before.
func (f *finder) keep(loc Location) {
	key := loc.key(f.host)
	if at, known := f.seen[key]; known {
		f.Locations[at].merge(loc)
		return
	}
	f.seen[key] = len(f.Locations)
	f.Locations = append(f.Locations, loc)
}

// present tells a missing file from one that cannot be looked at.
func present(h *host.Host, path string) (bool, error) {
	_, err := h.Stat(path)
	if isMissing(err) {
		return false, nil
	}
	return err == nil, err
}

func presentAny(h *host.Host, paths ...string) (bool, error) {
	for _, path := range paths {
		if ok, err := present(h, path); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// errNotDir is ENOTDIR by a name that every system has.
var errNotDir = errors.New("not a directory")

// isMissing reports whether err says that there is nothing to look at, such as
// where a plain file stands in the place of a directory.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir) || isNotDir(err)
}
