package nss

import (
	"context"

	"github.com/hktrust/hktrust/truststore/host"
)

// ProfileStore is a file in which a profile of a Chromium browser keeps
// certificates of its own, see [ReadProfileStore].
type ProfileStore struct {
	Path      string
	Browser   Browser
	Packaging string // as in [Location]
	Profile   string // the name of its directory
	// Database is the directory of the NSS database that the browser reads as
	// well, whether or not there is one yet; "" where that is not known.
	Database string
}

// FoundProfileStores is what [FindProfileStores] found; Problems and Places are as
// in [Found].
type FoundProfileStores struct {
	Stores   []ProfileStore
	Problems []*LocationError
	Places   []string
}

// profileStoreFile is the name of such a file.
const profileStoreFile = "ServerCertificate"

// FindProfileStores lists the files in which the Chromium browsers of a user keep
// certificates of their own. On Windows and macOS, where they do so too, none is
// looked for. A nil host is this machine. It reads; nothing is changed, locked or
// run.
func FindProfileStores(ctx context.Context, h *host.Host, user host.User) FoundProfileStores {
	if h == nil {
		h = new(host.Host)
	}
	var out FoundProfileStores
	if !isUnix(h) {
		return out
	}
	f := newFinder(h, placesOf(h, user))
	for _, place := range sharedPlaces {
		if f.stopped(ctx) {
			break
		}
		if !f.unpackaged(place.older) {
			out.Stores = append(out.Stores, f.profileStores(ctx, place)...)
		}
	}
	out.Problems, out.Places = f.Problems, f.Places
	return out
}

func (f *finder) profileStores(ctx context.Context, p sharedPlace) []ProfileStore {
	var out []ProfileStore
	for _, b := range p.browsers {
		browser, _, ok := f.browser(b)
		if !ok {
			continue
		}
		database, _ := f.counts(f.places.expand(p.older), f.places.expand(p.newer))
		for _, path := range f.glob(ctx, b.config+"/*/"+profileStoreFile) {
			out = append(out, ProfileStore{Path: path, Browser: browser, Packaging: p.packaging, Profile: f.host.Base(f.host.Dir(path)), Database: database})
		}
	}
	return out
}

// ProfileStoreAt describes the file at a path, an absolute one, by what the
// Host's own user has there; a nil Host is this machine.
func ProfileStoreAt(h *host.Host, path string) ProfileStore {
	if h == nil {
		h = new(host.Host)
	}
	if me, err := h.Me(); err == nil {
		for _, s := range FindProfileStores(context.Background(), h, me).Stores {
			if s.Path == path {
				return s
			}
		}
	}
	return ProfileStore{Path: path, Profile: h.Base(h.Dir(path))}
}

// IsProfileStore reports whether a file has the name of a profile's own store.
func IsProfileStore(h *host.Host, path string) bool { return h.Base(path) == profileStoreFile }
