// Package winstore reads and changes the certificate stores of Windows through
// crypt32, and asks Windows for its own verdict about a chain.
//
// Windows puts together what a program trusts from several places: the stores
// of the machine and of the user, Microsoft's own list (AuthRoot), group policy
// and the enterprise's directory. The package opens each place by itself, so
// that it can be said why something is trusted, and writes to two locations
// only, the machine and the user, through the documented calls.
//
// It compiles on every system; elsewhere than on Windows [New] answers
// errors.ErrUnsupported. A [System] may be used by several goroutines at once.
package winstore

import (
	"context"
	"errors"
	"fmt"
)

// Location says whose a place is and who fills it.
type Location string

// The locations (CERT_SYSTEM_STORE_* of wincrypt.h).
const (
	Machine       Location = "machine"
	User          Location = "user"
	MachinePolicy Location = "machine-policy" // group policy
	UserPolicy    Location = "user-policy"    // group policy
	Enterprise    Location = "enterprise"     // Active Directory
)

// Name is a store's own name.
type Name string

// The stores that decide about certificate authorities.
const (
	Root       Name = "ROOT"       // trust anchors
	AuthRoot   Name = "AuthRoot"   // trust anchors that Microsoft sends
	CA         Name = "CA"         // intermediates, which are never anchors
	Disallowed Name = "Disallowed" // what must not be trusted, whatever else says so
)

// Place is one store in one location.
type Place struct {
	Location Location
	Name     Name
}

// String returns the place as certificate tools name it, such as
// "machine\ROOT".
func (p Place) String() string { return string(p.Location) + `\` + string(p.Name) }

// forMachine reports whether what lies at the place counts for all users.
func (p Place) forMachine() bool { return p.Location != User && p.Location != UserPolicy }

// places are all that are read, the more telling first.
var places = []Place{
	{Machine, Disallowed}, {MachinePolicy, Disallowed}, {Enterprise, Disallowed}, {User, Disallowed}, {UserPolicy, Disallowed},
	{Machine, Root}, {Machine, AuthRoot}, {MachinePolicy, Root}, {Enterprise, Root}, {User, Root}, {UserPolicy, Root},
	{Machine, CA}, {MachinePolicy, CA}, {Enterprise, CA}, {User, CA}, {UserPolicy, CA},
}

// The errors of this package; match them with [errors.Is].
var (
	// ErrNeedsElevation: only an elevated process may change the place.
	ErrNeedsElevation = errors.New("the machine's stores need an elevated process")
	// ErrNeedsPerson: Windows shows a dialog, and nobody said yes to it: it
	// was declined, not answered, or there is no desktop to show it on.
	ErrNeedsPerson = errors.New("Windows asks a person before it changes the user's trusted roots")
	// ErrManaged: the place is filled by Microsoft, a policy or a directory,
	// which would undo a change.
	ErrManaged = errors.New("the store is filled by others")
	// ErrDistrusted: the certificate is among the disallowed ones.
	ErrDistrusted = errors.New("certificate is among the disallowed ones")
	// ErrConflict: another certificate has the place's only key, the SHA-1
	// of this one, or issuer and serial number.
	ErrConflict = errors.New("Windows takes another certificate for this one")
	// ErrStale: what is to be removed is not what lies there.
	ErrStale = errors.New("the store has changed")
	// ErrBadCertificate: Windows does not take the bytes for a certificate.
	ErrBadCertificate = errors.New("Windows cannot read the certificate")
	// ErrDamaged: an entry of a store cannot be read.
	ErrDamaged = errors.New("entry of the store is damaged")
)

// api is crypt32, as far as this package uses it. Its errors are [*Error].
type api interface {
	// elements returns every certificate at a place with its properties, in
	// the form of CertSerializeCertificateStoreElement. A store that does
	// not exist is empty.
	elements(Place) ([][]byte, error)
	// add puts an element where none is that Windows holds to be the same;
	// otherwise it is codeExists.
	add(p Place, element []byte) error
	// remove takes away the certificate with exactly this DER; where it is
	// not, it is codeNotFound.
	remove(p Place, der []byte) error
	// verify builds and judges a chain in an engine of its own.
	verify(Query) (Verdict, error)
	// elevated reports whether the process may change the machine's stores.
	elevated() bool
	// policy reads the registry's settings about roots.
	policy() (Policy, error)
}

// System is the certificate stores of the running Windows.
type System struct{ api api }

// New returns the stores of the running machine.
func New() (*System, error) {
	a := liveAPI()
	if a == nil {
		return nil, fmt.Errorf("certificate stores of Windows: %w", errors.ErrUnsupported)
	}
	return &System{a}, nil
}

// Elevated reports whether the process may change the machine's stores.
func (s *System) Elevated() bool { return s.api.elevated() }

// Verify asks Windows for its verdict about a chain, without any network.
func (s *System) Verify(ctx context.Context, q Query) (Verdict, error) {
	if err := ctx.Err(); err != nil {
		return Verdict{}, err
	}
	return s.api.verify(q)
}
