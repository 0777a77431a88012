package truststore

import "slices"

// Change is one step of a plan: what a store does about one certificate.
type Change struct {
	Action Action      `json:"action"`
	SHA256 Fingerprint `json:"sha256"`
	Name   string      `json:"name"` // the certificate's, for people
	Before Trust       `json:"before"`
	After  Trust       `json:"after"`
	Reason Code        `json:"reason,omitempty"`
	// Blocked is why the change cannot be made as things are, "" if it can.
	Blocked Code `json:"blocked,omitempty"`

	DER []byte `json:"-"`

	// Restore asks for the very entry that After describes, as it was once
	// removed, also where the store has the certificate under another name.
	Restore bool `json:"-"`
	// Undo tells that the change takes back one of ours: what it removes
	// leaves nothing behind.
	Undo bool `json:"-"`
}

// Action is what a change does.
type Action string

// The actions, with the sign that plans show for them.
const (
	Keep        Action = "keep"   // =
	Add         Action = "add"    // +
	ChangeTrust Action = "trust"  // ~
	Remove      Action = "remove" // -
)

// Sign returns the character that a plan shows for the change: "!" where it
// cannot be made.
func (c Change) Sign() string {
	if c.Blocked != "" {
		return "!"
	}
	switch c.Action {
	case Add:
		return "+"
	case ChangeTrust:
		return "~"
	case Remove:
		return "-"
	}
	return "="
}

// Effective reports whether the change would write.
func (c Change) Effective() bool { return c.Action != Keep }

// applicable reports whether the change would write and can be made.
func (c Change) applicable() bool { return c.Effective() && c.Blocked == "" }

// reliesOnStore reports whether what is wanted of the certificate depends on
// what is in the store, rather than on what the program brings.
func (c Change) reliesOnStore() bool {
	switch c.Reason {
	case CodeBuiltin, CodeBuiltinAssumed, CodeNotHere:
		return false
	}
	return c.Action != Remove
}

func (c Change) ref() CertRef { return CertRef{SHA256: c.SHA256, DER: c.DER} }

// writesTrust reports whether the change leaves more behind than a certificate
// without trust.
func (c Change) writesTrust() bool { return len(c.After.own()) > 0 }

// covers reports whether c was planned to do what o would do now.
func (c Change) covers(o Change) bool {
	return c.SHA256 == o.SHA256 && c.Action == o.Action && c.After.Same(o.After)
}

// Result is what became of a change.
type Result struct {
	Change
	Changed bool `json:"changed"` // something was written

	// under is what the store held when the change was compared with it,
	// under its lock.
	under *Snapshot
}

// applicable returns the changes that would write and can be made.
func applicable(changes []Change) []Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c Change) bool { return !c.applicable() })
}
