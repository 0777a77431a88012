package hkpost

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Profile names the certificates that serve one use.
type Profile string

// The profiles.
const (
	// Server is what a TLS client needs to trust servers with an e-Cert
	// (Server): Root CA 3 and its two current issuing CAs.
	Server Profile = "server"

	// ECert is what a program needs to verify people's e-Certs: Root CA 2
	// for e-mail, and its issuing CAs of both generations without trust of
	// their own. The older generation has no extended key usage and signed the
	// e-mail certificates in use; the reissues of 2026 are limited to client
	// authentication, or to e-mail (CA 2 - 26). Whoever wants the root
	// trusted for client authentication adds that purpose to it.
	ECert Profile = "ecert"

	// All is Server and ECert.
	All Profile = "all"

	// FAQ2021 is what GovHK's published FAQ tells people to import into
	// Java: Root CA 1, e-Cert CA 1 - 10 and e-Cert CA 1 - 14. All expired on
	// 2023-05-15 and CA 1 - 10 is revoked; it exists so that a program can say
	// so. [Certificate.Condition] has the facts, refusing is up to the caller.
	FAQ2021 Profile = "faq-2021"
)

// ErrUnknownProfile means that there is no profile of that name.
var ErrUnknownProfile = errors.New("hkpost: no such profile")

// ErrProfileExpired means that at the given time every root of the profile has
// expired: only a newer catalogue can say what took its place.
var ErrProfileExpired = errors.New("hkpost: all roots of the profile have expired")

// Profiles lists the profiles.
func Profiles() []Profile { return []Profile{Server, ECert, All, FAQ2021} }

// Member is a certificate of a profile. Its own Purposes hide those of the
// Certificate.
type Member struct {
	Certificate

	// Anchor tells whether the profile wants the certificate trusted, rather
	// than present without trust to complete chains.
	Anchor bool

	// Purposes are what an anchor is to be trusted for. For others they are
	// what it completes chains for; a store whose every entry is an anchor
	// (Java's) cannot hold the certificate without trusting it for them.
	Purposes []x509.ExtKeyUsage
}

type memberRow struct {
	slug   string
	anchor bool
	uses   uses
}

var serverMembers = []memberRow{
	{"root-ca-3", true, serverAuth},
	{"ecert-ssl-ca-3-17-2025", false, serverAuth},
	{"ecert-ev-ssl-ca-3-17-2025", false, serverAuth},
}

var ecertMembers = []memberRow{
	{"root-ca-2", true, email},
	{"ecert-ca-2-15-2015", false, email | clientAuth},
	{"ecert-ca-2-15-2026-07-07", false, clientAuth},
	{"ecert-ca-2-17-2017", false, email | clientAuth},
	{"ecert-ca-2-17-2026-05-07", false, clientAuth},
	{"ecert-ca-2-19-2019", false, email | clientAuth},
	{"ecert-ca-2-19-2026-05-07", false, clientAuth},
	{"ecert-ca-2-26", false, email},
}

var faq2021Members = []memberRow{
	{"root-ca-1", true, serverAuth},
	{"ecert-ca-1-10-serial0479", false, serverAuth},
	{"ecert-ca-1-14", false, serverAuth},
}

// Members returns the certificates of a profile at a time, each root before
// what it issued; all of them are embedded.
//
// Certificates that have expired are left out, and so is what a root that
// has expired issued; if no root is left, the error is [ErrProfileExpired].
// Those that are not yet valid stay: they do no harm, and a clock that runs
// behind must not make a goal smaller. FAQ2021 is the same at any time. An
// unknown profile is [ErrUnknownProfile].
func Members(p Profile, at time.Time) ([]Member, error) {
	switch p {
	case Server:
		return current(p, at, serverMembers)
	case ECert:
		return current(p, at, ecertMembers)
	case All:
		return current(p, at, append(serverMembers[:len(serverMembers):len(serverMembers)], ecertMembers...))
	case FAQ2021:
		return members(faq2021Members), nil
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknownProfile, string(p))
}

// current keeps the members that have not expired, with their roots.
func current(p Profile, at time.Time, rows []memberRow) ([]Member, error) {
	var out []Member
	roots := map[string]bool{}
	for _, m := range members(rows) {
		if at.After(m.NotAfter) {
			continue
		}
		if m.Anchor {
			roots[m.Slug] = true
		}
		if roots[m.Slug] || roots[m.Issuer] {
			out = append(out, m)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: %s at %s", ErrProfileExpired, p, at.UTC().Format(time.DateOnly))
	}
	return out, nil
}

func members(rows []memberRow) []Member {
	out := make([]Member, 0, len(rows))
	for _, r := range rows {
		c, _ := BySlug(r.slug)
		out = append(out, Member{Certificate: c, Anchor: r.anchor, Purposes: r.uses.purposes()})
	}
	return out
}
