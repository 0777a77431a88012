package nss

import "time"

// newerSince is the first major version of Chromium that creates its database
// in the XDG data directory.
const newerSince = 146

// shared adds the database of the Chromium browsers of one home directory, if
// it exists or one of them has been used.
func (f *finder) shared(p sharedPlace) {
	f.look(f.places.expand(p.older))
	f.look(f.places.expand(p.newer))
	if f.unpackaged(p.older) {
		return
	}
	loc := Location{Application: "chromium", Packaging: p.packaging, Shared: true}
	for _, b := range p.browsers {
		if browser, since, ok := f.browser(b); ok {
			loc.Settings = append(loc.Settings, f.chromiumSettings(b, p)...)
			loc.Browsers = append(loc.Browsers, browser)
			loc.Version = lowerVersion(loc.Version, browser.Version)
			loc.Running, loc.Since = loc.Running || browser.Running, earlier(loc.Since, since)
		}
	}
	older, newer := f.places.expand(p.older), f.places.expand(p.newer)
	var known bool
	if loc.Dir, known = f.counts(older, newer); !known {
		return
	}
	if _, err := f.host.Stat(loc.Dir); err == nil || !isMissing(err) {
		if loc.Dir == older && f.hasDatabase(newer) {
			loc.Unread = newer
		}
		f.add(loc)
		f.reportLegacy(loc)
		return
	}
	if len(loc.Browsers) > 0 {
		if loc.createsOlder() {
			loc.Dir = older
		}
		loc.Resolved, loc.Owner = f.wouldResolve(loc.Dir), -1
		loc.Database, loc.KeyDatabase = f.host.Join(loc.Resolved, certFile), f.host.Join(loc.Resolved, keyFile)
		f.keep(loc)
	}
}

// counts is the directory, of the two of a shared place, in which browsers look
// for the database; it is not known where the older cannot be looked at.
func (f *finder) counts(older, newer string) (dir string, known bool) {
	info, err := f.host.Stat(older)
	switch {
	case err == nil && info.IsDir():
		return older, true
	case err != nil && !isMissing(err):
		f.problem(older, err)
		return "", false
	}
	return newer, true
}

// hasDatabase reports whether a directory holds a database.
func (f *finder) hasDatabase(dir string) bool {
	_, err := f.host.Stat(f.host.Join(dir, certFile))
	return err == nil
}

// reportLegacy reports a database that no browser can read any more.
func (f *finder) reportLegacy(loc Location) {
	for _, l := range f.Locations {
		if l.Dir == loc.Dir && l.Legacy && len(l.Browsers) > 0 {
			f.report(LegacyInUse, loc.Dir, ErrLegacyDB)
		}
	}
}

// browser looks for the configuration of a browser, and since when that is in use.
func (f *finder) browser(b browserPlace) (Browser, time.Time, bool) {
	config := f.places.expand(b.config)
	if info, err := f.host.Stat(config); err != nil || !info.IsDir() {
		if err != nil {
			f.problem(config, err)
		}
		return Browser{}, time.Time{}, false
	}
	browser := Browser{Application: b.application, Running: chromiumInUse(f.host, config)}
	since := time.Time{}
	if browser.Running {
		since = lockedSince(f.host, f.host.Join(config, singletonLock))
	}
	if !b.ownVersions {
		browser.Version = chromiumVersion(f.host, config)
	}
	return browser, since, true
}

// createsOlder reports whether one of the browsers is so old that it would
// create, and the others then use, the older directory.
func (loc *Location) createsOlder() bool {
	n := major(loc.Version)
	return n > 0 && n < newerSince
}

// wouldResolve resolves the part of a path that exists.
func (f *finder) wouldResolve(path string) string {
	if resolved, err := f.host.Resolve(path); err == nil {
		return resolved
	}
	parent := f.host.Dir(path)
	if parent == path {
		return path
	}
	return f.host.Join(f.wouldResolve(parent), f.host.Base(path))
}
