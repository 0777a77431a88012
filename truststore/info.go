package truststore

import (
	"slices"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

// Fingerprint is the SHA-256 of a certificate's DER, the identity of a
// certificate everywhere in hktrust.
type Fingerprint = hkpost.Fingerprint

// Scope tells whose stores are meant.
type Scope string

// The scopes. As a Machine's field, "" means what is natural for who runs the
// program, see [Machine].
const (
	ScopeMachine Scope = "machine" // shared by all users
	ScopeUser    Scope = "user"    // one user's own
	ScopeBoth    Scope = "both"
)

// Intermediates tells what a store does with CA certificates that are not
// anchors.
type Intermediates string

const (
	// IntermediatesAnchor: the store knows nothing but anchors, and chains
	// whose server omits them fail without.
	IntermediatesAnchor Intermediates = "anchor"
	// IntermediatesNeutral: they can be present without trust.
	IntermediatesNeutral Intermediates = "neutral"
	// IntermediatesNone: they are not wanted there.
	IntermediatesNone Intermediates = "none"
)

// Info describes a store without looking into it.
type Info struct {
	Kind  Kind   `json:"kind"`
	Path  string `json:"path"` // links resolved; the store's identity together with Kind
	Scope Scope  `json:"scope"`
	// Label names the store for people: "OpenJDK 17.0.15".
	Label string `json:"label,omitempty"`
	// Owner is the user whose store it is, nil for the machine's and for
	// those of the user who runs the program.
	Owner *host.User `json:"owner,omitempty"`
	// Links are further paths under which programs find the store.
	Links []string `json:"links,omitempty"`
	// Manager names the distribution's tool that keeps the store.
	Manager string `json:"manager,omitempty"`
	// Product is the program the store belongs to, with its version, where
	// that decides what is built in.
	Product string `json:"product,omitempty"`
	Version string `json:"version,omitempty"`

	// LimitsPurposes tells whether trust can be limited to purposes; a store
	// that cannot trusts its anchors for everything.
	LimitsPurposes bool          `json:"limitsPurposes"`
	Intermediates  Intermediates `json:"intermediates"`
	// Shared: programs with different versions of NSS read the database.
	Shared bool `json:"shared,omitempty"`
	// Running: the program that the store belongs to is running.
	Running bool `json:"running,omitempty"`

	runningSince time.Time // when it began, if that is known
	unread       string    // a database beside it that its programs do not look at
	beside       string    // the store that the same programs read as well, where that has a kind of its own
	// Missing: the store does not exist yet and would be created.
	Missing bool `json:"missing,omitempty"`
}

// expressible returns the purposes of an anchor in the words of the store: one
// that cannot limit trust knows nothing but all of them, one that can has no
// word for all of them.
func (i Info) expressible(ps []Purpose) []Purpose {
	switch {
	case !i.LimitsPurposes:
		return []Purpose{AnyPurpose}
	case slices.Contains(ps, AnyPurpose):
		return []Purpose{ServerAuth, ClientAuth, EmailProtection, CodeSigning}
	}
	return slices.Clone(ps)
}

// linksTo are the names of a store that differ from what it is.
func linksTo(resolved string, names ...string) []string {
	var links []string
	for _, name := range names {
		if name != resolved && name != "" && !slices.Contains(links, name) {
			links = append(links, name)
		}
	}
	return links
}

func (i Info) same(o Info) bool { return i.Kind == o.Kind && i.Path == o.Path }
