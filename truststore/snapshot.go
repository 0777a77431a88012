package truststore

import (
	"crypto/sha256"
	"crypto/x509"
	"maps"
)

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
	TrustBlocked error `json:"-"`
	// Waiting tells that something is not yet where programs look for it, so
	// that a [Mender] has something to do.
	Waiting  bool      `json:"-"`
	Findings []Finding `json:"findings,omitempty"`
	// File is what tells the store's file, while it is not replaced, from
	// another at the same path; "" where that is not known. A store that a
	// change made is deleted with that change only while it is the same file.
	File string `json:"file,omitempty"`
	// Refuses says why a change could not be made that nothing else speaks
	// against; nil where the store only knows when it tries.
	Refuses func(Change) error `json:"-"`
	// Kept tells how a person does a removal that is blocked since the entry is
	// its keeper's; nil where the store knows no more than that.
	Kept func(Change) []Finding `json:"-"`
	// Exact returns what [Trust.Exact] is of an entry, for stores that need
	// more than certificate, name and levels to put it back: the engine asks
	// before it plans a removal. Entries need not carry it themselves; where
	// they do, it must not depend on what else is in the store. Nil where
	// there is nothing more to know.
	Exact func(Entry) string `json:"-"`

	// served reports whether programs take an entry for an anchor for TLS
	// servers now, where what the store says counts only later; nil where it
	// counts at once.
	served func(Entry) bool
	// instead tells how a person gets in what Blocked keeps out.
	instead []Finding
	// finds reports whether a program finds an entry that others that read the
	// store find; nil where all read the same.
	finds func(program string, e Entry) bool
	// left, unless nil, tells of what programs still see of us after an undo;
	// Findings may have told it.
	left []Finding
	// profiles are what single profiles of the program that reads the store have
	// beside it, read once; nil where none can have anything.
	profiles func() []chromiumProfile
	// lost is what the store lost by changes that were not about it.
	lost error
	// byOthers: somebody else has written to the store since it was changed.
	byOthers bool
}

// Entry is a certificate in a store.
type Entry struct {
	SHA256 Fingerprint `json:"sha256"`
	DER    []byte      `json:"der,omitempty"`
	Trust  Trust       `json:"trust"`
	// Manager names who put the entry there and will put it there again: the
	// distribution or the vendor. "" if nobody known does.
	Manager string `json:"manager,omitempty"`
	// Exact is what Snapshot.Exact returned of the entry, where the store was
	// read by another process.
	Exact string `json:"exact,omitempty"`
}

// NewEntry makes an entry of a certificate's DER.
func NewEntry(der []byte, trust Trust) Entry {
	return Entry{SHA256: sha256.Sum256(der), DER: der, Trust: trust}
}

// CertRef names a certificate: by its fingerprint and, where it is known, by
// its DER, which lets a store also find what is filed by issuer and serial
// number. A certificate that Go cannot parse can be named like any other.
type CertRef struct {
	SHA256 Fingerprint
	DER    []byte
}

// RefOf names a certificate.
func RefOf(cert *x509.Certificate) CertRef { return RefOfDER(cert.Raw) }

// RefOfDER names the certificate of that DER.
func RefOfDER(der []byte) CertRef { return CertRef{SHA256: sha256.Sum256(der), DER: der} }

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

// Trust returns the store's attitude towards a certificate. Where the store
// does not have it, that is the distrust which a trust object without
// certificate expresses. Trust that is left of a deleted certificate does not
// count: not every program that reads the store honours it.
func (s *Snapshot) Trust(ref CertRef) Trust {
	e, _ := s.Entry(ref.SHA256)
	if e.Trust.Present || len(s.Ghosts) == 0 {
		return e.Trust
	}
	ghost := s.ghostTrust(ref.DER)
	if !ghost.refuses() {
		return e.Trust
	}
	ghost.Levels = maps.Clone(ghost.Levels)
	maps.DeleteFunc(ghost.Levels, func(_ Purpose, l Level) bool { return l != Distrusted })
	return ghost
}

// fillExact writes what Exact returns into the entries, for a reader that
// cannot ask.
func (s *Snapshot) fillExact() {
	for i, e := range s.Entries {
		if s.Exact != nil {
			s.Entries[i].Exact = s.Exact(e)
		}
	}
}

// trustUnder is Trust for the entry of one name, where the store has the
// certificate at all. "" is any name.
func (s *Snapshot) trustUnder(name string, ref CertRef) Trust {
	if e, ok := s.Entry(ref.SHA256); name == "" || !ok || !e.Trust.Present {
		return s.Trust(ref)
	}
	for _, e := range s.Entries {
		if e.SHA256 == ref.SHA256 && e.Trust.Name == name {
			return e.Trust
		}
	}
	return Trust{}
}

// trustFor is the attitude that a change is about: for a removal, and for
// taking that back, that of the very entry which is named.
func (s *Snapshot) trustFor(c Change) Trust {
	ref := c.ref()
	switch {
	case c.Action == Remove:
		if e, ok := s.Entry(ref.SHA256); ok && e.Trust.Present {
			return s.trustUnder(c.Before.Name, ref)
		}
		return s.ghostTrust(c.DER)
	case c.Restore:
		return s.trustUnder(c.After.Name, ref)
	}
	return s.Trust(ref)
}

// blocks is why a change cannot be made, though the store can be changed; "" if
// it can.
func (s *Snapshot) blocks(c Change) Code {
	if s.TrustBlocked != nil && c.writesTrust() {
		return CodeOf(s.TrustBlocked)
	}
	if s.Refuses != nil {
		if err := s.Refuses(c); err != nil {
			return CodeOf(translate(err))
		}
	}
	return ""
}
