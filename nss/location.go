package nss

import (
	"cmp"
	"io/fs"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// Location is a directory that holds an NSS database, or would hold one: the
// profile of a Mozilla program, or the database that all Chromium browsers of
// a user share.
type Location struct {
	// Dir is the directory as the owning program writes it, Resolved the
	// same with every link followed.
	Dir      string
	Resolved string

	// Database is cert9.db in it, and KeyDatabase key4.db, with every link
	// followed; they need not exist. Two Locations of one answer never have
	// both the same: a profile whose files are links to another database is
	// that database.
	Database, KeyDatabase string

	// Application is the program that owns the database: "firefox",
	// "thunderbird", "librewolf", "waterfox", "floorp", "zen", "icecat",
	// "seamonkey", "betterbird", "chromium" for the one that the Chromium
	// browsers share, "system" for the machine's; "" if nothing tells.
	Application string
	Profile     string // name from profiles.ini; "" if it has none there
	Packaging   string // "snap", "flatpak", "msix"; "" for an ordinary installation
	Package     string // name of the Snap or Flatpak of a program unknown here

	// Version is the version of the program that used the database last, as
	// that program recorded it ("153.7.0"); "" if unknown. For a database
	// shared by several Chromium browsers it is the lowest one recorded.
	Version string

	// OnlyNewNSS is for [Options.OnlyNewNSS]: all programs known to read the
	// database have recorded a version that brings NSS 3.114 or later.
	OnlyNewNSS bool

	// Browsers are the Chromium browsers that share the database. Mozilla
	// profiles have none, unless a link makes them share.
	Browsers []Browser

	// Settings are preferences and policies of the programs that change what
	// the database means to them.
	Settings []Setting

	// Also are locations that turned out to be the same database, by a link:
	// other names of it, and other programs that read it. What they say is
	// in Shared, Running, OnlyNewNSS, Browsers and Settings, too.
	Also []Location

	// Owner is the user that the directory belongs to, by number; -1 where
	// files have no such owner.
	Owner int

	// Unread is another database of the same programs, in a directory that
	// they do not look at as long as this one is there; "" if there is none.
	Unread string

	Shared  bool // for several programs with NSS versions of their own (pki/nssdb)
	Exists  bool // cert9.db or key4.db is there
	Legacy  bool // cert8.db or key3.db is there, and neither of those
	Running bool // the owning program, or one of Browsers, is using it now

	// Since is when the first of the programs that are Running began, where
	// their locks tell that; else the zero Time.
	Since time.Time
}

// Browser is a Chromium browser that has been used by a user.
type Browser struct {
	Application string // "chromium", "chrome", "edge", "brave", "vivaldi", "opera"
	Version     string // of Chromium; "" if unknown or counted differently
	Running     bool
}

// key is what makes two locations one. Windows compares names without case.
func (loc Location) key(h *host.Host) string {
	key := loc.Database + "\x00" + loc.KeyDatabase
	if h.GOOS() == "windows" {
		return strings.ToLower(key)
	}
	return key
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
	loc.Owner = ownerOf(info)
	if err := loc.lookForFiles(h); err != nil {
		return err
	}
	if loc.Shared {
		return nil
	}
	values := compatibility(h, dir)
	if loc.Application == "" {
		loc.Application = recordedApplication(values)
	}
	loc.Version = recordedVersion(values)
	loc.OnlyNewNSS = bringsNewNSS(h, loc.Application, values)
	loc.Settings = mozillaSettings(h, *loc, values)
	if loc.Running = profileInUse(h, dir); loc.Running {
		loc.Since = lockedSince(h, h.Join(dir, "lock"))
	}
	return nil
}

func (loc *Location) lookForFiles(h *host.Host) (err error) {
	if loc.Database, err = h.Resolve(h.Join(loc.Resolved, certFile)); err != nil {
		return err
	}
	if loc.KeyDatabase, err = h.Resolve(h.Join(loc.Resolved, keyFile)); err != nil {
		return err
	}
	if loc.Exists, err = presentAny(h, loc.Database, loc.KeyDatabase); err != nil || loc.Exists {
		return err
	}
	loc.Legacy, err = presentAny(h, h.Join(loc.Resolved, "cert8.db"), h.Join(loc.Resolved, "key3.db"))
	return err
}

// merge adds what another location says of the same database.
func (loc *Location) merge(other Location) {
	same := other.Application == loc.Application && other.Packaging == loc.Packaging || other.Application == ""
	if same && other.Dir == loc.Dir {
		return // listed twice, by profiles.ini and installs.ini
	}
	loc.Also = append(loc.Also, other)
	loc.Shared = loc.Shared || other.Shared
	loc.Unread = cmp.Or(loc.Unread, other.Unread)
	loc.Running, loc.Since = loc.Running || other.Running, earlier(loc.Since, other.Since)
	loc.OnlyNewNSS = loc.OnlyNewNSS && other.OnlyNewNSS
	loc.Browsers = append(loc.Browsers, other.Browsers...)
	if !same || other.Resolved != loc.Resolved {
		loc.Settings = append(loc.Settings, other.Settings...)
	}
}
