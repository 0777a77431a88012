package truststore

import (
	"context"
	"io/fs"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/truststore/host"
)

// findNSS finds the NSS databases of the machine and of the user.
func findNSS(ctx context.Context, s search) discovery {
	found := nss.Search{Host: s.host, Machine: s.shared, User: s.user}.Find(ctx)
	return s.machine.nssStores(found.Locations, found.Problems)
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
		if p.Kind == nss.Gone || p.Kind == nss.LegacyInUse {
			continue
		}
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

// nssDir is the store of one given directory.
func (m *Machine) nssDir(dir string) (discovery, error) {
	loc, err := nss.LocationAt(m.host(), dir)
	if err != nil {
		return discovery{}, err
	}
	info := m.nssInfo(loc)
	switch {
	case loc.Exists:
	case loc.Legacy:
		return discovery{}, nss.ErrLegacyDB
	case !m.Create:
		return discovery{}, &fs.PathError{Op: "find", Path: dir, Err: nss.ErrNoDatabase}
	}
	var d discovery
	d.add(newNSSStore(m, info))
	return d, nil
}

// nssFiles are a database's own files, by which somebody may name it.
var nssFiles = []string{"cert9.db", "key4.db"}

// hasNSS reports whether a directory holds an NSS database of any age.
func hasNSS(h *host.Host, dir string) bool {
	for _, name := range []string{"cert9.db", "cert8.db", "key3.db"} {
		if h.IsFile(h.Join(dir, name)) {
			return true
		}
	}
	return false
}
