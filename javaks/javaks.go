// Package javaks reads and edits Java keystores without a JVM and without
// loss: bytes in, bytes out.
//
// [Open] accepts what the JDK calls JKS and PKCS#12 (and lists, but never
// edits, JCEKS). The first bytes decide the format, never the file's name, as
// in the JDK itself since keystore.type.compat. [Keystore.Edit] adds and
// removes trusted certificates by splicing: every other entry, and everything
// else in the file, keeps its bytes, its order and its attributes. What lies
// encrypted in a PKCS#12 is encrypted anew where it is edited.
//
//	ks, err := javaks.Open(data)
//	if err != nil { … }
//	out, added, err := ks.Edit(javaks.Edit{Add: []javaks.Addition{{Alias: "my-ca", DER: der}}})
//
// The package never touches a file: the caller locks, writes and renames. It
// also finds the Java installations of a machine ([FindHomes]) and the user stores
// of Java Web Start and its successors ([FindUserStores]); that half looks at the
// machine only through [github.com/hktrust/hktrust/truststore/host].
//
// Java loads a keystore whole or not at all: one certificate that its parser
// refuses, and no program sees the others. [Acceptable] knows that parser, Edit
// asks it, and [Keystore.Unloadable] names the entries that keep JVMs out.
//
// Java knows no intermediates: every trusted entry is a trust anchor for every
// purpose, even after it has expired (sun.security.validator.PKIXValidator).
package javaks

import (
	"crypto/sha256"
	"errors"
	"time"
)

// MaxSize is the largest keystore that Open accepts, in bytes. The largest
// cacerts known is smaller than 1 MiB.
const MaxSize = 64 << 20

// DefaultPasswords are tried, in this order, after the caller's own: what JDKs
// ship, no password at all, and what Apple's JDK 6 shipped.
var DefaultPasswords = [...]string{"changeit", "", "changeme"}

// Errors that Open and Edit return, wrapped.
var (
	// ErrDamaged means that the bytes are no keystore, or a broken one.
	ErrDamaged = errors.New("keystore is damaged")
	// ErrTruncated is ErrDamaged where the file ends before what it announces.
	// That is also how a file looks that another program is writing.
	ErrTruncated error = truncatedError{}
	// ErrEmpty means that the file has no bytes at all, as one that another
	// program is about to write. Java opens no such keystore.
	ErrEmpty = errors.New("keystore file is empty")
	// ErrPasswordRequired means that none of DefaultPasswords opens the
	// keystore and the caller gave no other.
	ErrPasswordRequired = errors.New("keystore needs a password")
	// ErrWrongPassword means that neither the caller's password nor one of
	// DefaultPasswords opens the keystore.
	ErrWrongPassword = errors.New("wrong keystore password")
	// ErrUnsupported means that the keystore is sound but uses something
	// that this package does not edit, or not even read; the message names it.
	ErrUnsupported = errors.New("keystore is not supported")
	// ErrTooLarge means that the input exceeds MaxSize or another bound.
	ErrTooLarge = errors.New("keystore is too large")
)

// truncatedError is the type of ErrTruncated.
type truncatedError struct{}

func (truncatedError) Error() string { return "keystore ends too early" }

// Is reports that a truncated keystore is a damaged one.
func (truncatedError) Is(target error) bool { return target == ErrDamaged }

// Kind is what an entry holds.
type Kind string

// The kinds of entries.
const (
	// TrustedCertificate is a trust anchor of Java.
	TrustedCertificate Kind = "trusted-certificate"
	// PrivateKey is a key with its chain; Java takes the chain's first
	// certificate for an anchor too (sun.security.validator.TrustStoreUtil).
	PrivateKey Kind = "private-key"
	// SecretKey is a symmetric key.
	SecretKey Kind = "secret-key"
	// ChainCertificate is a PKCS#12 certificate without Java's
	// trustedKeyUsage attribute: material for chains, no entry for Java.
	ChainCertificate Kind = "chain-certificate"
	// Hidden is an entry, whatever it holds, that no JVM sees: a later one
	// has its alias or, in a JKS, its alias is not in lower case. It is no
	// anchor.
	Hidden Kind = "hidden"
)

// Entry is one entry of a keystore. Its slices must not be changed.
type Entry struct {
	Alias   string // "" where a PKCS#12 bag has no friendlyName
	Kind    Kind
	Created time.Time // zero for PKCS#12, which keeps no date of certificates
	Chain   [][]byte  // DER; one certificate unless Kind is PrivateKey
}

// SHA256 returns the fingerprint of the entry's first certificate; false if
// it has none.
func (e Entry) SHA256() ([sha256.Size]byte, bool) {
	if len(e.Chain) == 0 {
		return [sha256.Size]byte{}, false
	}
	return sha256.Sum256(e.Chain[0]), true
}

// Addition is a certificate to add as a trusted entry.
type Addition struct {
	// Alias is the name wanted. It is lower-cased as Java does it; where
	// another entry has it, "-2", "-3", … is appended. An alias containing
	// `" [jdk"` is refused: Java would take the entry for one of its own
	// (sun.security.util.AnchorCertificates).
	Alias string
	DER   []byte
	// Created is the date that a JKS entry records, to the millisecond; zero
	// means now. PKCS#12 ignores it.
	Created time.Time
	// Restore puts back an entry of which no more is known than this: under
	// this very alias if that is free, in its own case where the format
	// keeps one, and also where the certificate is a trusted entry under
	// another alias. What it was then, it may be again: it is not asked
	// whether Java takes it. See [Edit] for a way that loses nothing.
	Restore bool
	// Unproven adds the certificate even if this package cannot tell
	// whether every JVM takes it (ErrUnproven).
	Unproven bool
}

// Edit is a change to a keystore, made as one: removals first, then what is
// restored, then additions. A certificate that is a trusted entry already, under
// whatever alias, is not added again, except to restore it.
type Edit struct {
	Add    []Addition
	Remove []Removal
	// Restore puts back what removals took out: each entry's own bytes, in
	// its place as long as an entry beside it is there, or else at the end.
	// Entries that are there again are left as they are. Where the bytes do
	// not fit any more, because another entry has taken the alias or another
	// program has written the file in another format, the entries that Java
	// saw are added anew, as [Addition] with Restore does it.
	Restore []Removed
}

// Protection says how a keystore is protected by its password.
type Protection struct {
	// Integrity: a digest or MAC under the password covers the content.
	Integrity bool
	// Certificates: the certificates are encrypted. A JVM that reads such
	// a PKCS#12 file without a password, as it reads cacerts, finds no
	// anchors in it.
	Certificates bool
}
