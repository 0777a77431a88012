package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Format is the format of the receipts that this package reads and writes. A
// change that an older program must not overlook gets a higher number.
const Format = "hktrust.receipt/1"

const formatPrefix = "hktrust.receipt/"

// State says how far a change has come.
type State string

// The life of a receipt. Each state is on disk before the step that follows
// it, so that a run that was killed can be settled by looking at the store.
const (
	Intent  State = "intent"  // the store is about to be written
	Done    State = "done"    // the store was written and read back
	Undoing State = "undoing" // the inverse edit is about to be made
	Due     State = "due"     // to be undone as soon as the store can be reached again
	Retired State = "retired" // a newer catalogue removed it; an older one never adds it again
)

// Action is what was done with the certificate.
type Action string

// The changes there are.
const (
	Add    Action = "add"
	Trust  Action = "trust" // changed the trust of a certificate that was there
	Remove Action = "remove"
)

// StoreRef names a store as the program that wrote to it saw it.
type StoreRef struct {
	Kind string `json:"kind"` // "java", "nss", …
	Path string `json:"path"` // with links followed; any bytes: not every file system speaks UTF-8
	// Names are the paths by which programs found it; what they lead to may
	// change. Mount is where the file system was mounted, and Volume which one
	// that was.
	Names    []string `json:"names,omitempty"`
	Mount    string   `json:"mount,omitempty"`
	Volume   string   `json:"volume,omitempty"`
	Scope    string   `json:"scope,omitempty"`
	Owner    string   `json:"owner,omitempty"` // login name
	OwnerUID *int     `json:"ownerUID,omitempty"`
	Label    string   `json:"label,omitempty"`   // for people
	Manager  string   `json:"manager,omitempty"` // whose tool keeps the store
}

// Paths lists every path of the store, what it was itself first.
func (s StoreRef) Paths() []string { return append([]string{s.Path}, s.Names...) }

// Same reports whether s and t name one store: the kind and the path decide.
func (s StoreRef) Same(t StoreRef) bool { return s.Kind == t.Kind && s.Path == t.Path }

// Entry is what a store holds of one certificate.
type Entry struct {
	Present bool              `json:"present"`
	Name    string            `json:"name,omitempty"`   // alias or nickname, any bytes
	Trust   map[string]string `json:"trust,omitempty"`  // by purpose
	Detail  map[string]string `json:"detail,omitempty"` // what else the inverse edit needs
}

// Receipt records one change to one certificate in one store, with all that
// its inverse needs. A second owner that wants what is there already gets a
// receipt of its own with the first one's Before and After.
//
// Programs may find fields that they do not know in a receipt, and drop them
// when they write it again.
type Receipt struct {
	Format    string    `json:"format"` // set by Put
	ID        string    `json:"id"`     // from NewID; receipts sort by it in order of creation
	Run       string    `json:"run,omitempty"`
	State     State     `json:"state"`
	Time      time.Time `json:"time"`
	Owner     string    `json:"owner"`               // module path of the program that asked, or "hktrust"
	Catalogue string    `json:"catalogue,omitempty"` // its date, 2006-01-02
	Goal      string    `json:"goal,omitempty"`
	Store     StoreRef  `json:"store"`
	SHA256    string    `json:"sha256"` // of DER, lower hexadecimal
	DER       []byte    `json:"der"`
	Action    Action    `json:"action"`
	Name      string    `json:"name,omitempty"` // alias or nickname in the store, any bytes
	Before    Entry     `json:"before"`
	After     Entry     `json:"after"`
	Learnt    bool      `json:"learnt,omitempty"`   // no catalogue had it: a pinned root signed it
	Accepted  []string  `json:"accepted,omitempty"` // conditions a person accepted: "expired", "revoked", "weak"
}

// About returns the receipts that concern one certificate in one store, in
// the order given.
func About(receipts []Receipt, store StoreRef, sha256 string) []Receipt {
	var out []Receipt
	for _, r := range receipts {
		if r.SHA256 == sha256 && r.Store.Same(store) {
			out = append(out, r)
		}
	}
	return out
}

// validate reports the first thing that makes a receipt useless for an undo.
func (r *Receipt) validate() error {
	switch {
	case !validID(r.ID):
		return fmt.Errorf("id %q", r.ID)
	case !slices.Contains([]State{Intent, Done, Undoing, Due, Retired}, r.State):
		return fmt.Errorf("state %q", r.State)
	case !slices.Contains([]Action{Add, Trust, Remove}, r.Action):
		return fmt.Errorf("action %q", r.Action)
	case r.Time.Year() < 1970 || r.Time.Year() > 9999:
		return fmt.Errorf("time %v", r.Time)
	case r.Owner == "":
		return errors.New("no owner")
	case r.Store.Kind == "" || r.Store.Path == "":
		return errors.New("no store")
	case len(r.DER) == 0:
		return errors.New("no certificate")
	case r.SHA256 != fingerprint(r.DER):
		return errors.New("the fingerprint is not that of the certificate")
	}
	if _, err := time.Parse(time.DateOnly, r.Catalogue); r.Catalogue != "" && err != nil {
		return fmt.Errorf("catalogue %q", r.Catalogue)
	}
	return r.validateText()
}

// validateText keeps JSON from silently replacing what is no UTF-8.
func (r *Receipt) validateText() error {
	texts := []string{r.Run, r.Owner, r.Goal, r.Store.Kind, r.Store.Volume, r.Store.Scope, r.Store.Owner, r.Store.Label, r.Store.Manager}
	texts = append(texts, r.Accepted...)
	for _, m := range []map[string]string{r.Before.Trust, r.Before.Detail, r.After.Trust, r.After.Detail} {
		for k, v := range m {
			texts = append(texts, k, v)
		}
	}
	for _, s := range texts {
		if !utf8.ValidString(s) {
			return fmt.Errorf("%q is not UTF-8", s)
		}
	}
	return nil
}

func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// isNewer reports a format of a later version of this package.
func isNewer(format, prefix string) bool {
	version, ok := strings.CutPrefix(format, prefix)
	return ok && len(version) <= 9 && strings.Trim(version, "0123456789") == "" &&
		version != "" && version[0] != '0' && version != "1"
}
