package truststore

import (
	"slices"
	"strings"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// A browser trusts more than its database says: it brings roots of its own, and
// some way to complete chains whose server omits an intermediate.

// carriers name the list of roots that the owner of a database brings, where
// the owner's version counts as that list's does.
var carriers = map[string]hkpost.Carrier{
	"firefox": hkpost.Firefox, "librewolf": hkpost.Firefox, "icecat": hkpost.Firefox,
	"thunderbird": hkpost.Thunderbird, "chromium": hkpost.ChromeLinux,
}

// ownNumbering are programs on Firefox's engine with version numbers of their
// own. All their releases in use are younger than the roots in question.
var ownNumbering = []string{"waterfox", "floorp", "zen", "seamonkey"}

// builtinTrust returns the trust that the owner of a store brings for a root.
func builtinTrust(info Info, root hkpost.Fingerprint) (Trust, bool) {
	version, assumed := info.Version, false
	carrier, ok := carriers[info.Product]
	switch {
	case slices.Contains(ownNumbering, info.Product):
		carrier, ok = hkpost.Firefox, true
		version, assumed = newest(carrier, root), true
	case carrier == hkpost.ChromeLinux && version == "":
		// Browsers with a numbering of their own, or never started.
		version, assumed = newest(carrier, root), true
	}
	if !ok {
		return Trust{}, false
	}
	b, newer, ok := hkpost.BuiltinTrust(carrier, version, root)
	if !ok || len(b.Purposes) == 0 {
		return Trust{}, false
	}
	t := Trust{Levels: map[Purpose]Level{}, Reason: CodeBuiltin}
	if newer || assumed {
		t.Reason = CodeBuiltinAssumed
	}
	for _, p := range b.Purposes {
		t.Levels[Purpose(p)] = Builtin
	}
	return t, true
}

// newest is the newest version of a carrier that is known to bring a root.
func newest(carrier hkpost.Carrier, root hkpost.Fingerprint) string {
	for _, b := range hkpost.Builtins(root) {
		if b.Carrier == carrier {
			return b.Known
		}
	}
	return ""
}

// withBuiltins adds what the owner of the database brings. A trust object of
// the database overrides that, also one that trusts for nothing; one that NSS
// finds void says nothing.
func (s *nssStore) withBuiltins(snap *Snapshot) *Snapshot {
	for _, cert := range hkpost.Certificates() {
		trust, ok := builtinTrust(s.info, cert.SHA256)
		if !ok || snap.ghostTrust(cert.DER()).Native != "" {
			continue
		}
		i := slices.IndexFunc(snap.Entries, func(e Entry) bool { return e.SHA256 == cert.SHA256 })
		switch {
		case i < 0:
			snap.Entries = append(snap.Entries, Entry{SHA256: cert.SHA256, DER: cert.DER(), Trust: trust})
		case len(snap.Entries[i].Trust.Levels) == 0:
			snap.Entries[i].Trust.Levels, snap.Entries[i].Trust.Reason = trust.Levels, trust.Reason
		}
	}
	return snap
}

// browserCompletes reports whether the owner of a store finds a wanted intermediate
// by itself: Firefox and its kin preload those of public CAs, Chromium follows
// the AIA extension that Hongkong Post's certificates have to the issuer.
func browserCompletes(info Info, w Want) bool {
	switch {
	case !coversServers(w.Purposes):
		return false
	case info.Product == "chromium":
		_, known := hkpost.Lookup(fingerprint(w.Certificate))
		return known
	}
	_, mozilla := carriers[info.Product]
	return (mozilla || slices.Contains(ownNumbering, info.Product)) && hkpost.Preloaded(fingerprint(w.Certificate))
}

// applicationNames are the programs' names for people, where they differ from
// the capitalised identifier.
var applicationNames = map[string]string{
	"chromium": "Chromium", "system": "NSS, all programs", "icecat": "IceCat", "librewolf": "LibreWolf", "seamonkey": "SeaMonkey",
}

// product is the program that the database belongs to. Where Chromium's shared
// database is, but no browser was ever used, who reads it is not known.
func product(loc nss.Location) string {
	if loc.Application == "chromium" && len(loc.Browsers) == 0 {
		return ""
	}
	return loc.Application
}

func nssLabel(loc nss.Location) string {
	name := applicationNames[loc.Application]
	switch {
	case product(loc) == "":
		name = "NSS database"
	case name == "":
		name = strings.ToUpper(loc.Application[:1]) + loc.Application[1:]
	}
	if loc.Application == "" && loc.Package != "" {
		name = loc.Package
	}
	for _, part := range []string{loc.Version, loc.Packaging} {
		if part != "" {
			name += " " + part
		}
	}
	if loc.Profile != "" {
		name += ", profile " + loc.Profile
	}
	return name
}
