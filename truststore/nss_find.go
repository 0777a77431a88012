package truststore

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/truststore/host"
)

// findNSS finds the NSS databases of the machine and of the user.
func findNSS(ctx context.Context, s search) discovery {
	var d discovery
	if s.shared {
		d.merge(s.machine.nssStores(nss.MachineLocations(ctx, s.host)))
	}
	if s.user != nil {
		d.merge(s.machine.nssStores(nss.Locations(ctx, s.host, *s.user)))
	}
	return d
}

func (m *Machine) nssStores(locations []nss.Location, problems []*nss.LocationError) discovery {
	var d discovery
	for _, loc := range locations {
		switch {
		case loc.Legacy:
			d.findings = append(d.findings, finding(CodeNSSLegacy, "path", loc.Dir))
		case loc.Exists || loc.Shared && loc.Application != "system":
			d.add(newNSSStore(m, m.nssInfo(loc)))
		}
		// A profile without a database was never used, and the program
		// makes the database when it is.
	}
	for _, p := range problems {
		if other, ok := asType[*host.OtherUserError](p.Err); ok {
			d.findings = append(d.findings, finding(CodePlaceOther, "path", p.Path, "user", other.User.Name))
			continue
		}
		d.problem(KindNSS, p.Path, p.Err)
	}
	return d
}

func (m *Machine) nssInfo(loc nss.Location) Info {
	info := Info{
		Kind: KindNSS, Path: loc.Resolved, Scope: m.scopeOf(loc.Resolved), Label: nssLabel(loc),
		Product: product(loc), Version: loc.Version, Shared: loc.Shared, Running: loc.Running, Missing: !loc.Exists,
	}
	if loc.Dir != loc.Resolved {
		info.Links = []string{loc.Dir}
	}
	return info
}

// nssAt is the store of a directory, named by itself, by a file of its
// database, or with NSS's own prefix.
func nssAt(m *Machine, sel Selector) (discovery, error) {
	h := m.host()
	dir := sel.Path
	if slices.Contains(nssFiles, h.Base(dir)) && !h.IsDir(dir) {
		dir = h.Dir(dir)
	}
	loc, err := nss.LocationAt(h, dir)
	if m.Create && errors.Is(err, fs.ErrNotExist) {
		loc, err = nss.Location{Dir: dir, Resolved: dir}, nil
	}
	if err != nil {
		return discovery{}, err
	}
	switch {
	case loc.Exists:
	case loc.Legacy:
		return discovery{}, nss.ErrLegacyDB
	case !m.Create:
		return discovery{}, &fs.PathError{Op: "find", Path: dir, Err: nss.ErrNoDatabase}
	}
	var d discovery
	d.add(newNSSStore(m, m.nssInfo(loc)))
	return d, nil
}

// nssFiles are a database's own files, by which somebody may name it.
var nssFiles = []string{"cert9.db", "key4.db"}

// looksLikeNSS reports whether a path is an NSS database of any age, or one of
// its files.
func looksLikeNSS(h *host.Host, path string) bool {
	if h.IsFile(path) {
		return slices.Contains(nssFiles, h.Base(path))
	}
	for _, name := range []string{"cert9.db", "key4.db", "cert8.db", "key3.db"} {
		if h.IsFile(h.Join(path, name)) {
			return true
		}
	}
	return false
}
