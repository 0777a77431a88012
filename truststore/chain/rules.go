package chain

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"slices"
)

// Rules describe a program that looks for a path without faults, as most
// verifiers other than Java's do: which paths it tries, which faults it knows,
// and which it names when there are several. They are data; nothing of them is
// changed by use.
type Rules struct {
	Name string

	// Paths.
	MaxSubs int  // CAs between leaf and anchor; 0 for no limit but the walk's
	Partial bool // an anchor need not be self-signed
	OneTry  bool // the first fitting issuer is taken, and never another
	// TiesOpen: with OneTry, which of several issuers that fit alike is taken
	// is not known; where it matters, the verdict is Unstable.
	TiesOpen bool
	// StoredTop: issuers are sought in the store before among what was sent,
	// and above a stored one only in the store.
	StoredTop bool
	// AnyDate: of the issuers sent, an expired one is taken like any other;
	// else, and always in the store, one that is valid goes first.
	AnyDate bool
	// DateFirst: one whose dates fit goes before an anchor, too.
	DateFirst bool
	// KeyIDs: an authority key identifier that does not fit rules an issuer
	// out; KeySerials: so do the issuer and serial number in it.
	KeyIDs, KeySerials bool
	// KeyIDFirst: the issuer that the authority key identifier names goes before
	// others, be one an anchor. Where it has an issuer and serial number, those
	// name it, else the key.
	KeyIDFirst bool
	// UsageFirst: one whose key usage lets it issue goes before one whose does not.
	UsageFirst bool
	// RootsEnd: no issuer is sought above a CA that names itself as its own.
	RootsEnd bool
	FoldName bool // names compare folded (RFC 5280 §7.1), not by their bytes

	// LeafStored says what it means that the leaf itself is an anchor:
	// Trusted, another code for a refusal, or "" if it means nothing. Nil
	// means nothing.
	LeafStored func(leaf *Certificate) Code
	// LeafStoredJudged: such a leaf is judged as any other, not by its dates and
	// names alone.
	LeafStoredJudged bool
	// LeafFirst: what is wrong with the leaf itself is told before that no path
	// leads anywhere.
	LeafFirst bool

	// Certificates.
	EndExclusive bool // at the very second of notAfter a certificate has expired
	CAUnlessV3   bool // a CA of version 1 or 2 below the anchor passes as CA
	Refuses      func(c *Certificate, anchor bool) Code
	// Form looks for faults of a certificate of a path that only this program
	// finds, and says what it says of them.
	Form func(path []*Certificate, i int, anchor bool) (Code, string)
	// Duplicates reports whether an extension may come twice; nil: none may.
	Duplicates func(oid string) bool

	Anchor AnchorRules

	// Purposes that count for TLS servers beside serverAuth.
	CAPurposes   []string
	LeafPurposes []string
	FreeEKU      bool // no extended key usage is looked at
	// LeafUsage is what the leaf's key usage, if it has one, needs one of; nil
	// asks for nothing.
	LeafUsage func(leaf *Certificate) Usage
	// Clients is what differs where a client's chain is judged; nil for a program
	// that judges none, or whose rules for them are not known.
	Clients *ClientRules
	// LeafCA reports whether a CA certificate may be a server's; nil: none may.
	LeafCA     func(leaf *Certificate) bool
	MustStaple bool // a certificate that demands a stapled OCSP answer is refused without

	// KnownCritical lists critical extensions beyond those that all know.
	KnownCritical   []string
	UnknownCritical []string // and those that this program does not know all the same
	// DNSNames reports whether a DNS name of a certificate has the form that is
	// asked of it where constraints on DNS names apply; nil asks for none.
	DNSNames func(name string) bool
	// BareNames: where constraints on DNS names apply, the common name is one
	// whatever it looks like.
	BareNames bool
	// FreeCommonName: constraints never apply to it.
	FreeCommonName bool
	Policies       bool // requireExplicitPolicy is enforced
	FreeDirectory  bool // name constraints on directory names are not looked at

	Hosts HostRules

	// Rank orders faults, the one to be named first; nil keeps the order of
	// discovery, from the anchor down.
	Rank func(Fault) int
	// Words is what the program says about a fault.
	Words func(f Fault, host string) string
}

// ClientRules are, for TLS clients, what Rules has of the same name for servers;
// the purposes are those beside clientAuth.
type ClientRules struct {
	FreeCommonName bool
	CAPurposes     []string
	LeafPurposes   []string
	LeafUsage      func(leaf *Certificate) Usage
}

// forPurpose are the rules for what a chain is to vouch for; ok is false where
// they are not known.
func (r *Rules) forPurpose(p Purpose) (rules *Rules, ok bool) {
	if p != Client {
		return r, true
	}
	if r.Clients == nil {
		return nil, false
	}
	c := *r
	c.FreeCommonName = r.Clients.FreeCommonName
	c.CAPurposes, c.LeafPurposes, c.LeafUsage = r.Clients.CAPurposes, r.Clients.LeafPurposes, r.Clients.LeafUsage
	return &c, true
}

// AnchorRules say what of an anchor a program looks at. Dates, path length and
// name constraints of an anchor are looked at by all but Java.
type AnchorRules struct {
	NoBasicConstraints bool // version 3 without basicConstraints passes
	UsageMakesCA       bool // it passes if its key usage has keyCertSign
	FreeKeyUsage       bool
	FreeEKU            bool
	FreeCritical       bool
	EmptySubject       bool // an anchor without a name passes
}

// HostRules say how a program compares a host's name with a certificate.
type HostRules struct {
	CommonName  bool // the common name counts where there is no DNS name
	AddressInCN bool // and an address in it
	OneLabel    bool // "*.test" passes
	Partial     bool // "w*.test" passes
	Dot         bool // a name in the certificate may end in a dot
	KeepDot     bool // one at the end of the host's name is not dropped
}

// Role is where in a path a certificate stands.
type Role string

// The roles.
const (
	RoleLeaf   Role = "leaf"
	RoleSub    Role = "sub"
	RoleAnchor Role = "anchor"
)

// Fault is one thing that is wrong with a path.
type Fault struct {
	Code Code
	Role Role
	At   *Certificate
	// Depth is the certificate's place in the path, 0 for the leaf.
	Depth int
	// Excluded: of the name constraints, an excluded one is violated.
	Excluded bool
	// Stored: the certificate lies in the store.
	Stored bool
	// Said is what the program says, from Rules.Form.
	Said string
}

// Trust is what a store says about one certificate.
type Trust int

// The answers of a store.
const (
	NoTrust        Trust = iota // in it, or not: a possible issuer at most
	TrustedAnchor               // a trust anchor
	TrustedLeaf                 // this very server certificate is trusted
	DistrustedCert              // refused, wherever it stands
)

// Store is a trust store for one purpose, as rules see it. It is not changed
// by use.
type Store struct {
	// Hints are certificates that may complete a path. They include the anchors.
	Hints []*Certificate
	// Trust says what the store thinks of a certificate.
	Trust func(*Certificate) Trust
}

// AnchorStore is a store of anchors and nothing else, such as a PEM bundle.
func AnchorStore(anchors []*Certificate) Store {
	known := map[[32]byte]bool{}
	for _, a := range anchors {
		known[a.Fingerprint] = true
	}
	return Store{Hints: anchors, Trust: func(c *Certificate) Trust {
		if known[c.Fingerprint] {
			return TrustedAnchor
		}
		return NoTrust
	}}
}

// Usages makes a LeafUsage that is the same for all leaves.
func Usages(u Usage) func(*Certificate) Usage { return func(*Certificate) Usage { return u } }

// Always is a LeafCA, or a Duplicates, without exceptions.
func Always[T any](T) bool { return true }

// WeakBelow makes a Refuses of the usual kind: RSA keys of fewer bits than
// minRSA, the hashes named, and Ed25519 unless edwards is set. The signature
// of an anchor never counts.
func WeakBelow(minRSA int, edwards bool, refused ...crypto.Hash) func(*Certificate, bool) Code {
	return func(c *Certificate, anchor bool) Code {
		switch key := c.Key.(type) {
		case *rsa.PublicKey:
			if key.N.BitLen() < minRSA {
				return WeakKey
			}
		case ed25519.PublicKey:
			if !edwards {
				return WeakKey
			}
		case *ecdsa.PublicKey:
			if key.Params().BitSize < 256 && minRSA > 1024 {
				return WeakKey
			}
		}
		if anchor {
			return ""
		}
		scheme, err := c.SignatureAlgorithm.Scheme()
		if err == nil && slices.Contains(refused, scheme.Hash) && scheme.Hash != 0 {
			return WeakAlgorithm
		}
		return ""
	}
}
