// Package keychain reads and changes what macOS trusts, through Apple's own
// security(1).
//
// macOS keeps certificates in keychains, and apart from them, for each of three
// domains (user, administrator, Apple), what they are trusted for. A
// certificate in a keychain is no anchor; trust settings make it one. Every
// change of trust settings asks a person for a password, since macOS 11 also of
// root; what [Keychain.Needs] says before anything is tried.
//
// Facts about security's behaviour are from Apple's published sources
// (apple-oss-distributions/Security, SecurityTool/macOS) and security(1).
//
// The package compiles on every system; effects go through [host.Host.Run]. A
// Keychain may be used by several goroutines at once.
package keychain

import (
	"errors"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// Domain is whose trust settings are meant.
type Domain string

// The domains, the one that counts first first.
const (
	User   Domain = "user"
	Admin  Domain = "admin"  // of the machine's administrators, for all users
	System Domain = "system" // Apple's
)

// flag is the option of security that selects the domain.
func (d Domain) flag() []string {
	switch d {
	case Admin:
		return []string{"-d"}
	case System:
		return []string{"-s"}
	}
	return nil
}

// Where macOS keeps certificates.
const (
	SystemKeychain = "/Library/Keychains/System.keychain"
	RootsKeychain  = "/System/Library/Keychains/SystemRootCertificates.keychain"
)

// The errors of this package; match them with [errors.Is].
var (
	// ErrNeedsElevation: only root may change the System keychain.
	ErrNeedsElevation = errors.New("the System keychain can be changed by root alone")
	// ErrNeedsPerson: macOS asks for a password before it changes what is
	// trusted, and nobody gave one: it was denied, cancelled or not
	// answered, or there is no desktop to ask on.
	ErrNeedsPerson = errors.New("macOS asks a person before it changes trust settings")
	// ErrDistrusted: the certificate's trust settings say Deny.
	ErrDistrusted = errors.New("trust settings deny the certificate")
	// ErrConflict: others set trust for the certificate that a change would
	// replace.
	ErrConflict = errors.New("the certificate has trust settings of others")
	// ErrDamaged: what security printed cannot be read.
	ErrDamaged = errors.New("answer of security(1) cannot be read")
	// ErrNotApplied: security said that it made a change, and did not.
	ErrNotApplied = errors.New("security(1) changed nothing")
)

// program is Apple's tool; no other is asked for.
const program = "/usr/bin/security"

const (
	readTimeout = 30 * time.Second
	// AskTimeout is how long a dialog stays open for an answer.
	AskTimeout = 2 * time.Minute
)

// Keychain is what a running macOS trusts.
type Keychain struct {
	host *host.Host
	ask  time.Duration
}

// New returns what the machine trusts. It must be the live machine: no program
// of an image is run, and keychains are read by nothing else.
func New(h *host.Host) (*Keychain, error) {
	if h.GOOS() != "darwin" || !h.Live() {
		return nil, errors.ErrUnsupported
	}
	return &Keychain{host: h, ask: AskTimeout}, nil
}

// LoginKeychain is the path of the user's own keychain; "" for root, who has
// none that anybody uses.
func (k *Keychain) LoginKeychain() string {
	me, err := k.host.Me()
	if err != nil || me.Home == "" || k.host.Elevated() {
		return ""
	}
	return k.host.Join(me.Home, "Library", "Keychains", "login.keychain-db")
}
