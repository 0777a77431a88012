// Package chain holds what every program that judges a certificate chain needs,
// whatever its rules: certificates read leniently, signatures, a bounded walk
// from a certificate to its possible issuers, and the shape of a verdict.
//
// It knows no store and no program. The rules of Java live in javaks, those of
// NSS and Firefox in nss; each says which certificates may issue which
// ([Walk.Issuers]) and what it makes of a complete path ([Walk.Reached]).
//
// # Why not crypto/x509
//
// Go's parser refuses whole certificates that other programs take (a negative
// serial number, a policy named twice, a critical name constraint of a kind it
// does not know) and its verifier has one set of rules, Go's own. A verdict
// about another program must start from what that program reads, so [Parse]
// asks only for the outer structure of RFC 5280 §4.1 and leaves extensions as
// bytes; the accessors of [Certificate] then tell absent from unreadable, and
// each program's rules decide what an unreadable one means.
//
// Nothing in this package does I/O, and everything is bounded: certificates by
// [MaxCertificate], walks by [Limits].
package chain

import "errors"

// MaxCertificate is the largest certificate that Parse accepts, in bytes.
const MaxCertificate = 64 << 10

// Errors of this package, wrapped.
var (
	// ErrMalformed means that the bytes are no X.509 certificate, or that an
	// extension is not what its type demands.
	ErrMalformed = errors.New("malformed certificate")
	// ErrTooComplex means that a walk met its limits before an end: so many
	// certificates vouch for each other that the answer stays open.
	ErrTooComplex = errors.New("too many possible certificate paths")
	// ErrSignature means that a signature is wrong.
	ErrSignature = errors.New("signature does not match")
	// ErrAlgorithm means that a signature algorithm or a key's kind is not
	// one that this package knows.
	ErrAlgorithm = errors.New("unknown algorithm")
)
