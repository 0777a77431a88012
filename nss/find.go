package nss

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// Location is a directory that holds an NSS database, or would hold one: the
// profile of a Mozilla program, or the database that all Chromium browsers of
// a user share.
type Location struct {
	// Dir is the directory as the owning program writes it, Resolved the
	// same with every link followed. Two Locations of one answer never have
	// the same Resolved.
	Dir      string
	Resolved string

	// Application is the program that owns the database: "firefox",
	// "thunderbird", "librewolf", "waterfox", "floorp", "zen", "icecat",
	// "seamonkey", "chromium" for the one that the Chromium browsers share,
	// "system" for the machine's; "" if nothing tells.
	Application string
	Profile     string // name from profiles.ini; "" if it has none there
	Packaging   string // "snap", "flatpak", "msix"; "" for an ordinary installation

	// Version is the version of the program that used the database last, as
	// that program recorded it ("153.7.0"); "" if unknown. For a database
	// shared by several Chromium browsers it is the lowest one recorded.
	Version string

	// Browsers are the Chromium browsers that share the database. Mozilla
	// profiles have none.
	Browsers []Browser

	Shared  bool // for several programs with NSS versions of their own (pki/nssdb)
	Exists  bool // cert9.db is there
	Legacy  bool // cert8.db or key3.db is there, and no cert9.db
	Running bool // the owning program, or one of Browsers, is using it now
}

// Browser is a Chromium browser that has been used by a user.
type Browser struct {
	Application string // "chromium", "chrome", "edge", "brave", "vivaldi", "opera"
	Version     string // of Chromium; "" if unknown or counted differently
	Running     bool
}

// LocationError is a place that could not be looked at. It may hold databases
// that are not among the Locations beside it.
type LocationError struct {
	Path string
	Err  error
}

func (e *LocationError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns the reason: [*host.OtherUserError], [fs.ErrPermission], ...
func (e *LocationError) Unwrap() error { return e.Err }

// Locations finds the databases of one user: every profile that a profiles.ini
// or installs.ini names or that lies beside those, of every Mozilla program and
// packaging known here, and the shared database of the Chromium browsers. A
// profile that was never used is listed with Exists false, as is the shared
// database of a browser that has none yet: Dir is then where the browser would
// create it.
//
// The environment (XDG_CONFIG_HOME, APPDATA, ...) counts for the Host's own
// user only. Nothing is changed or locked. What is missing is no error. If
// ctx ends, the last LocationError holds its error.
func Locations(ctx context.Context, h *host.Host, u host.User) ([]Location, []*LocationError) {
	f := newFinder(h, placesOf(h, u))
	if _, err := h.Stat(u.Home); err != nil {
		f.problem(u.Home, err)
		return f.found, f.problems
	}
	for _, place := range mozillaPlaces {
		if f.stopped(ctx) {
			return f.found, f.problems
		}
		if place.on(h) {
			f.mozilla(ctx, place)
		}
	}
	for _, place := range sharedPlaces {
		if f.stopped(ctx) {
			return f.found, f.problems
		}
		if place.on(h) {
			f.shared(place)
		}
	}
	f.stopped(ctx)
	return f.found, f.problems
}

// MachineLocations finds the databases that belong to the machine and no user:
// /etc/pki/nssdb of the Red Hat family.
func MachineLocations(ctx context.Context, h *host.Host) ([]Location, []*LocationError) {
	f := newFinder(h, places{})
	if !f.stopped(ctx) && isUnix(h) {
		f.add(Location{Dir: "/etc/pki/nssdb", Application: "system", Shared: true})
	}
	return f.found, f.problems
}

// LocationAt describes the directory dir, an absolute path, wherever it lies.
// A directory that does not exist is an error that matches [fs.ErrNotExist].
// A Mozilla profile is known by what its program left there; a shared database
// by where it lies, and what the Host's own user shares it with.
func LocationAt(h *host.Host, dir string) (Location, error) {
	resolved, err := h.Resolve(dir)
	if err != nil {
		return Location{}, err
	}
	loc := Location{Dir: dir, Resolved: resolved}
	if err := loc.look(h); err != nil {
		return Location{}, err
	}
	if loc.Application = recordedApplication(h, loc.Resolved); loc.Application == "" && isUnix(h) {
		return loc.amongShared(h), nil
	}
	return loc, nil
}

// amongShared returns loc as [Locations] or [MachineLocations] would list it,
// if it is a shared database.
func (loc Location) amongShared(h *host.Host) Location {
	known, _ := MachineLocations(context.Background(), h)
	if me, err := h.Me(); err == nil {
		f := newFinder(h, placesOf(h, me))
		for _, place := range sharedPlaces {
			f.shared(place)
		}
		known = append(known, f.found...)
	}
	for _, k := range known {
		if k.Resolved == loc.Resolved {
			k.Dir = loc.Dir
			return k
		}
	}
	if parent := h.Base(h.Dir(loc.Resolved)); h.Base(loc.Resolved) == "nssdb" && (parent == "pki" || parent == ".pki") {
		loc.Application, loc.Shared = "chromium", true // another user's, or one not in use
	}
	return loc
}

// finder gathers one answer of [Locations].
type finder struct {
	host     *host.Host
	places   places
	found    []Location
	problems []*LocationError
	seen     map[string]bool // keys of found
	failed   map[string]bool // paths of problems
}

func newFinder(h *host.Host, p places) *finder {
	return &finder{host: h, places: p, seen: make(map[string]bool), failed: make(map[string]bool)}
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
	if isMissing(err) || f.failed[path] {
		return
	}
	f.failed[path] = true
	f.problems = append(f.problems, &LocationError{Path: path, Err: err})
}

// add looks at a candidate and keeps it if its directory exists and was not
// found before.
func (f *finder) add(loc Location) {
	var err error
	if loc.Resolved, err = f.host.Resolve(loc.Dir); err != nil {
		f.problem(loc.Dir, err)
		return
	}
	if f.seen[f.key(loc)] {
		return
	}
	if err := loc.look(f.host); err != nil {
		f.problem(loc.Dir, err)
		return
	}
	f.keep(loc)
}

// keep records a location that was not found before.
func (f *finder) keep(loc Location) {
	f.seen[f.key(loc)] = true
	f.found = append(f.found, loc)
}

// key is what makes two locations one. Windows compares names without case.
func (f *finder) key(loc Location) string {
	if f.host.GOOS() == "windows" {
		return strings.ToLower(loc.Resolved)
	}
	return loc.Resolved
}

// look fills in what the directory itself tells. The caller has set Dir and
// Resolved.
func (loc *Location) look(h *host.Host) error {
	dir := loc.Resolved
	info, err := h.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return &fs.PathError{Op: "look into", Path: loc.Dir, Err: errNotDir}
	}
	if loc.Exists, err = present(h, h.Join(dir, "cert9.db")); err != nil {
		return err
	}
	if !loc.Exists {
		if loc.Legacy, err = presentAny(h, h.Join(dir, "cert8.db"), h.Join(dir, "key3.db")); err != nil {
			return err
		}
	}
	if loc.Shared {
		return nil
	}
	loc.Version = recordedVersion(h, dir)
	loc.Running = profileInUse(h, dir)
	return nil
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
