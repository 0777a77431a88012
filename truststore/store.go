package truststore

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

// Fingerprint is the SHA-256 of a certificate's DER, the identity of a
// certificate everywhere in hktrust.
type Fingerprint = hkpost.Fingerprint

// Kind is a family of stores.
type Kind string

// The kinds of stores.
const (
	KindSystem   Kind = "system"    // the operating system's own store
	KindJava     Kind = "java"      // a Java installation's cacerts or jssecacerts
	KindJavaUser Kind = "java-user" // Secure Site CAs of Java Web Start and its successors
	KindNSS      Kind = "nss"       // an NSS database: Firefox, Thunderbird, Chromium
	KindPolicy   Kind = "policy"    // a browser's enterprise policy
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{KindSystem, KindJava, KindJavaUser, KindNSS, KindPolicy} }

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
	// Missing: the store does not exist yet and would be created.
	Missing bool `json:"missing,omitempty"`
}

// wanted returns the purposes of an anchor in the words of the store: one that
// cannot limit trust knows nothing but all of them, one that can has no word
// for all of them.
func (i Info) wanted(ps []Purpose) []Purpose {
	switch {
	case !i.LimitsPurposes:
		return []Purpose{AnyPurpose}
	case slices.Contains(ps, AnyPurpose):
		return []Purpose{ServerAuth, ClientAuth, EmailProtection, CodeSigning}
	}
	return slices.Clone(ps)
}

// repeats reports whether a store of the kind can hold a certificate several
// times, under different names.
func (i Info) repeats() bool { return i.Kind == KindJava || i.Kind == KindJavaUser }

func (i Info) same(o Info) bool { return i.Kind == o.Kind && i.Path == o.Path }

// Store is one place that programs trust certificates from. A Store that also
// has the method
//
//	Settled(ctx context.Context, made bool) error
//
// is told when the last of our changes in it was undone; made tells whether it
// did not exist before them.
type Store interface {
	// Info describes the store. It does no I/O.
	Info() Info
	// Read returns the store's present content. It never prompts and never
	// writes. A store that does not exist is [fs.ErrNotExist].
	Read(context.Context) (*Snapshot, error)
	// Apply makes all changes or none. Each is checked, under the store's
	// lock, against the present content: one that is made already is a
	// Result that did not change anything, one whose Before is no longer
	// true fails all with [ErrStale]. What was written is read back.
	Apply(context.Context, []Change) ([]Result, error)
}

// settler is a Store that tidies up after the last of our changes was undone;
// made tells whether the store was not there before them.
type settler interface {
	Settled(ctx context.Context, made bool) error
}

// Snapshot is a store's content at one moment.
type Snapshot struct {
	Info    Info    `json:"info"` // with what only reading tells
	Entries []Entry `json:"entries"`
	// Ghosts are trust objects without a certificate.
	Ghosts []Ghost `json:"ghosts,omitempty"`
	// Blocked is why the store cannot be changed now, nil if it can.
	Blocked error `json:"-"`
	// TrustBlocked is why trust cannot be added now; what is in the store
	// can still be removed.
	TrustBlocked error     `json:"-"`
	Findings     []Finding `json:"findings,omitempty"`
}

// Entry is a certificate in a store.
type Entry struct {
	SHA256 Fingerprint `json:"sha256"`
	DER    []byte      `json:"der,omitempty"`
	Trust  Trust       `json:"trust"`
	// Manager names who put the entry there and will put it there again: the
	// distribution or the vendor. "" if nobody known does.
	Manager string `json:"manager,omitempty"`
}

// newEntry makes an entry of a certificate's DER.
func newEntry(der []byte, trust Trust) Entry {
	return Entry{SHA256: sha256.Sum256(der), DER: der, Trust: trust}
}

// Trust returns the store's attitude towards a certificate.
func (s *Snapshot) Trust(id Fingerprint) Trust {
	if e, ok := s.Entry(id); ok {
		return e.Trust
	}
	return Trust{}
}

// Entry returns the entry of a certificate; where a store has several of the
// same, the one that trusts it.
func (s *Snapshot) Entry(id Fingerprint) (Entry, bool) {
	found := -1
	for i, e := range s.Entries {
		if e.SHA256 == id && (found < 0 || len(s.Entries[found].Trust.Levels) == 0) {
			found = i
		}
	}
	if found < 0 {
		return Entry{}, false
	}
	return s.Entries[found], true
}

// Change is one step of a plan: what a store does about one certificate.
type Change struct {
	Action Action      `json:"action"`
	SHA256 Fingerprint `json:"sha256"`
	Name   string      `json:"name"` // the certificate's common name
	Before Trust       `json:"before"`
	After  Trust       `json:"after"`
	Reason Code        `json:"reason,omitempty"`
	// Blocked is why the change cannot be made as things are, "" if it can.
	Blocked Code `json:"blocked,omitempty"`

	DER []byte `json:"-"`

	// restore: the very entry that After names is put back, also where the
	// store has the certificate under another name.
	restore bool
}

// Action is what a change does.
type Action string

// The actions, with the sign that plans show for them.
const (
	Keep    Action = "keep"   // =
	Add     Action = "add"    // +
	Retrust Action = "trust"  // ~
	Remove  Action = "remove" // -
)

// Sign returns the character that a plan shows for the change: "!" where it
// cannot be made.
func (c Change) Sign() string {
	if c.Blocked != "" {
		return "!"
	}
	return map[Action]string{Keep: "=", Add: "+", Retrust: "~", Remove: "-"}[c.Action]
}

// Effective reports whether the change would write.
func (c Change) Effective() bool { return c.Action != Keep }

// writesTrust reports whether the change leaves more behind than a certificate
// without trust.
func (c Change) writesTrust() bool { return len(c.After.own()) > 0 }

// covers reports whether c was planned to do what o would do now.
func (c Change) covers(o Change) bool {
	return c.SHA256 == o.SHA256 && c.Action == o.Action && c.After.same(o.After)
}

// Result is what became of a change.
type Result struct {
	Change
	Changed bool `json:"changed"` // something was written
}

// effective returns the changes that would write.
func effective(changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return !c.Effective() })
}
