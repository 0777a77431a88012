package truststore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/truststore/host"
)

// findNSS finds the NSS databases of the machine and of the user.
func findNSS(ctx context.Context, s search) discovery {
	found := nss.Find(ctx, s.host, nss.Search{Machine: s.shared, User: s.user})
	var d discovery
	d.places = found.Places
	for _, loc := range found.Locations {
		switch {
		case loc.Legacy:
			d.findings = append(d.findings, finding(CodeNSSLegacy, "path", loc.Dir))
		case loc.Exists || loc.Shared && loc.Application != "system":
			d.add(newNSSStore(s.machine, loc))
		}
		// A profile without a database was never used, and the program
		// makes the database when it is.
	}
	for _, p := range found.Problems {
		d.nssProblem(p)
	}
	return d
}

// nssProblem tells of a place that programs name. What is shown to be gone, or
// is another user's business, is no failure.
func (d *discovery) nssProblem(p *nss.LocationError) {
	other, theirs := asType[*host.OtherUserError](p.Err)
	switch {
	case p.Kind == nss.Gone:
		d.findings = append(d.findings, finding(CodePlaceGone, "path", p.Path))
	case theirs:
		d.findings = append(d.findings, finding(CodePlaceOther, "path", p.Path, "user", other.User.Name))
	case p.Kind == nss.NotTheirs:
		d.findings = append(d.findings, finding(CodePlaceOther, "path", p.Path, "user", ""))
	default:
		d.problem(KindNSS, p.Path, p.Err)
	}
}

func (m *Machine) nssInfo(loc nss.Location) Info {
	h := m.host()
	path := loc.Resolved
	// A profile whose files are links to another database is that database.
	if dir := h.Dir(loc.Database); loc.Database != "" && dir == h.Dir(loc.KeyDatabase) {
		path = dir
	}
	names := []string{loc.Dir, loc.Resolved}
	for _, also := range loc.Also {
		names = append(names, also.Dir, also.Resolved)
	}
	return Info{
		Kind: KindNSS, Path: path, Scope: m.scopeOf(path), Label: nssLabel(loc),
		Product: product(loc), Version: loc.Version, Shared: loc.Shared, Running: loc.Running, Missing: !loc.Exists,
		runningSince: loc.Since, unread: loc.Unread,
		Links: linksTo(path, names...), LimitsPurposes: true, Intermediates: IntermediatesNeutral,
	}
}

// nssAt is the store of a directory, named by itself, by a file of its
// database, or with NSS's own prefix.
func nssAt(m *Machine, sel Selector) (discovery, error) {
	h := m.host()
	dir, err := nss.DirOf(h, sel.Path)
	if err != nil {
		return discovery{}, err
	}
	loc, err := nss.LocationAt(h, dir)
	if m.Create && errors.Is(err, fs.ErrNotExist) {
		resolved, resolveErr := h.ResolveNew(dir)
		loc, err = nss.Location{Dir: dir, Resolved: resolved}, resolveErr
	}
	if err != nil {
		return discovery{}, err
	}
	switch {
	case loc.Exists:
	case loc.Legacy:
		return discovery{}, nss.ErrLegacyDB
	case !m.Create:
		return discovery{}, fmt.Errorf("%w: no NSS database", ErrNotStore)
	}
	var d discovery
	d.add(newNSSStore(m, loc))
	return d, nil
}

// looksLikeNSS reports whether a path is an NSS database of any age, or one of
// its files.
func looksLikeNSS(h *host.Host, path string) bool {
	if h.IsFile(path) {
		return nss.OwnName(h.Base(path))
	}
	for _, name := range []string{"cert9.db", "key4.db", "cert8.db", "key3.db"} {
		if h.IsFile(h.Join(path, name)) {
			return true
		}
	}
	return false
}
