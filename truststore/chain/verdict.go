package chain

import "time"

// Code says in a stable word what a program makes of a chain. [Trusted] is the
// only one that means yes.
type Code string

// The codes. Not every program knows every reason; what a program cannot tell
// apart has the code of what it says.
const (
	Trusted Code = "trusted"

	StoreUnreadable Code = "store-unreadable" // the program cannot read its trust store
	StoreEmpty      Code = "store-empty"      // no anchor in it
	ChainEmpty      Code = "chain-empty"      // nothing was presented
	ChainUnreadable Code = "chain-unreadable" // a presented certificate is unreadable for the program
	ChainTooLong    Code = "chain-too-long"   // more certificates than the program takes

	NoPath        Code = "no-path"        // nothing leads to an anchor
	NoAnchor      Code = "no-anchor"      // an anchor has the name, but is not the one
	SelfSigned    Code = "self-signed"    // the server's certificate vouches for itself alone
	Distrusted    Code = "distrusted"     // the store says no to the server's certificate
	CADistrusted  Code = "ca-distrusted"  // the store, or the program itself, says no to a CA
	Blocked       Code = "blocked"        // the program refuses the certificate whatever the store says
	Revoked       Code = "revoked"        // the program's own list of revoked certificates holds it
	Signature     Code = "signature"      // a signature is wrong, or of a kind the program cannot check
	Expired       Code = "expired"        // the certificate at fault has expired
	NotYetValid   Code = "not-yet-valid"  // and this one is from the future
	AnchorExpired Code = "anchor-expired" // the anchor, where the program looks at its dates

	NotCA          Code = "not-a-ca"           // a certificate that issued another may not
	CAKeyUsage     Code = "ca-key-usage"       // its key usage lacks keyCertSign
	PathLength     Code = "path-length"        // more CAs below it than it allows
	AnchorNotCA    Code = "anchor-not-ca"      // the anchor is no CA
	AnchorKeyUsage Code = "anchor-key-usage"   // the anchor's key usage lacks keyCertSign
	NameConstraint Code = "name-constraints"   // a CA may not issue for this name
	Policy         Code = "policy"             // certificate policies do not fit
	Critical       Code = "critical-extension" // a critical extension that the program does not know
	WeakAlgorithm  Code = "weak-algorithm"     // signed with an algorithm that the program refuses
	WeakKey        Code = "weak-key"           // a key too short, or of a kind the program refuses
	BadForm        Code = "bad-form"           // a certificate breaks a rule of form on which the program insists

	KeyUsage     Code = "key-usage"          // the leaf's key usage forbids TLS
	ExtKeyUsage  Code = "extended-key-usage" // an extended key usage forbids it
	NetscapeType Code = "netscape-type"      // so does the old Netscape extension
	CAAsLeaf     Code = "ca-as-server"       // a CA certificate where a server's belongs

	HostMismatch  Code = "host-mismatch"  // the certificate is for other names
	HostIllegal   Code = "host-illegal"   // the program takes no such host name
	SANUnreadable Code = "san-unreadable" // the certificate's list of names is unreadable

	Unstable   Code = "unstable"    // the program answers now this, now that
	TooComplex Code = "too-complex" // our own bound: not decided
	Undecided  Code = "undecided"   // we cannot know; Words says why
)

// Known reports whether the code is an answer: the program trusts the chain,
// or it does not.
func (c Code) Known() bool { return c != Unstable && c != TooComplex && c != Undecided }

// Verdict is what a program makes of a chain.
type Verdict struct {
	Code Code

	// Words is what the program tells, verbatim where it is one of a few
	// sentences: an exception's message, an error code. It is empty where the
	// chain is trusted.
	Words string

	// Path is the path from the leaf to the anchor where Code is Trusted, and
	// the path that came closest otherwise; nil if there was none.
	Path []*Certificate

	// At is the certificate at fault; nil if it is no single one.
	At *Certificate

	// Why adds, for Unstable, TooComplex and Undecided, what stands against an
	// answer, in English.
	Why string
}

// OK reports whether the program trusts the chain.
func (v Verdict) OK() bool { return v.Code == Trusted }

// Anchor is what a trusted path rests on; nil if there is no path.
func (v Verdict) Anchor() *Certificate {
	if len(v.Path) == 0 {
		return nil
	}
	return v.Path[len(v.Path)-1]
}

// Purpose is what the chain is to vouch for.
type Purpose string

// The purposes.
const (
	Server Purpose = ""       // a TLS server
	Client Purpose = "client" // a TLS client
)

// Query is what a chain is judged for.
type Query struct {
	ServerName string    // host name or address; "" leaves names alone
	Time       time.Time // must be set
	Purpose    Purpose
}
