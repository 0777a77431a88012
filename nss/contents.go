package nss

import (
	"crypto/sha256"
	"slices"
)

// PasswordState says how trust objects are protected.
type PasswordState string

// The states of the primary password.
const (
	// PasswordUnset: key4.db is absent or was never initialised. Trust is
	// not signed; NSS signs it when it initialises the database.
	PasswordUnset PasswordState = "unset"
	// PasswordEmpty: the user never set one. Trust is signed under "".
	PasswordEmpty PasswordState = "empty"
	// PasswordGiven: there is one and Options.Password is right.
	PasswordGiven PasswordState = "given"
	// PasswordNeeded: there is one and none was given.
	PasswordNeeded PasswordState = "needed"
	// PasswordWrong: there is one and Options.Password is not it.
	PasswordWrong PasswordState = "wrong"
	// PasswordUnsupported: it is checked in a way this package does not know.
	PasswordUnsupported PasswordState = "unsupported"
)

// Contents is what a database said at one moment. It must not be changed.
type Contents struct {
	// Entries are the certificates, in no particular order.
	Entries []Entry
	// Ghosts are trust objects without a certificate.
	Ghosts []Ghost
	// Password says whether trust can be written.
	Password PasswordState
	// New is true if the database has the columns of CKO_TRUST, since an NSS
	// of 3.114 or later has written to it. Who reads it is another question,
	// see Options.OnlyNewNSS.
	New bool
	// Problems are objects that neither NSS nor this package can use.
	Problems []Problem

	policy  policy
	objects map[identity]*objects
}

// Entry is a certificate in a database.
type Entry struct {
	// DER is as stored. NSS takes certificates that crypto/x509 cannot parse,
	// such as those with a negative serial number; everything here works for
	// them, too.
	DER            []byte
	SHA256         [sha256.Size]byte
	Issuer, Serial []byte // DER of a Name and of an INTEGER, by which NSS knows it
	Subject        []byte // DER of a Name
	Nickname       string

	// Trust is what all readers of the database agree on: the least of what
	// old and new NSS see, or what new NSS sees with Options.OnlyNewNSS. All
	// Undecided where there is no trust object; then a built-in root of the
	// same certificate keeps its own trust.
	Trust Trust
	// Old and New are the trust objects of the two generations, or nil.
	Old, New *Record
	// Conflict is true if the two generations do not say the same, so that
	// what is trusted depends on who asks, or on what is edited next.
	Conflict bool
	// State is what Change.Expect compares with.
	State State
}

// Ghost is trust without a certificate, see the package's description. A
// distrusting one is a legitimate way of distrusting a built-in root.
type Ghost struct {
	Issuer, Serial []byte // DER of a Name and of an INTEGER
	Trust          Trust  // as in Entry; but if some reader trusts it for a purpose, what the one makes of it that trusts it most
	Old, New       *Record
	State          State
}

// Distrusting reports whether the ghost distrusts and trusts nothing.
func (g Ghost) Distrusting() bool {
	if g.Trust.vouches() {
		return false
	}
	return slices.Contains(g.Trust.levels(), Distrusted)
}

// Void is a reason for NSS to ignore a trust object.
type Void string

// Reasons for a trust object to be void.
const (
	NotVoid      Void = ""
	Unsigned     Void = "unsigned"      // no signature where there must be one
	BadSignature Void = "bad-signature" // a signature that does not verify
	HashMismatch Void = "hash-mismatch" // made for another certificate
	NoHash       Void = "no-hash"       // trusts, but does not say which certificate
	NewInOld     Void = "not-readable"  // CKO_TRUST without the columns for it
)

// Record is one trust object.
type Record struct {
	Trust Trust
	Void  Void
	// Verified is true if the signatures were checked and are right. Without
	// the password only their presence is checked; with PasswordUnset there
	// are none.
	Verified bool
	// SHA1 and SHA256 name the certificate the record was made for; nil
	// where the record does not say. CKO_NSS_TRUST has the first, CKO_TRUST
	// the second.
	SHA1, SHA256 []byte
}

// Problem is an object that cannot be used.
type Problem struct {
	ObjectID uint32
	Reason   string
}

// Identity returns the issuer and serial number by which NSS knows a certificate,
// as in [Ghost]: DER of a Name and of an INTEGER. It parses no more than that,
// so that it works for certificates that crypto/x509 refuses.
func Identity(der []byte) (issuer, serial []byte, err error) {
	cert, err := parseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	return []byte(cert.key.issuer), []byte(cert.key.serial), nil
}

// Lookup returns the entry of the certificate with this DER encoding.
func (c *Contents) Lookup(sha256 [sha256.Size]byte) (Entry, bool) {
	for _, e := range c.Entries {
		if e.SHA256 == sha256 {
			return e, true
		}
	}
	return Entry{}, false
}
