// Package nss reads and edits the certificate databases of Mozilla's NSS
// (cert9.db and key4.db, as Firefox, Thunderbird and Chromium on Linux use
// them) without NSS and without certutil.
//
//	db, err := nss.Open(dir, nss.Options{})
//	if err != nil { … }
//	trust, _ := nss.ParseTrust("C,,")
//	applied, err := db.Apply(ctx, []nss.Change{{Op: nss.Widen, DER: der, Nickname: "my CA", Trust: &trust}})
//
// # What a database says about a certificate
//
// A certificate and the trust in it are separate objects, joined by issuer and
// serial number. There are two generations of trust object: NSS before 3.114
// writes and reads only CKO_NSS_TRUST, later ones write CKO_TRUST and read
// that before the other; nothing migrates. This package reads both, writes what
// every program honours that may read the database ([Options.OnlyNewNSS]), never
// deletes by adding what vouches for a certificate, and sweeps both when it
// removes. A trust object whose certificate is gone is a [Ghost]: no certificate manager shows
// it, yet Firefox trusts the CA as soon as a server sends it.
//
// # Incomplete databases
//
// NSS that opens a database for writing completes it: where cert9.db or key4.db
// is missing, has no bytes or no tables, it makes them. So does [DB.Apply] when
// it has something to write, and [DB.List] reads what is missing as empty. Links
// are followed, for the directory and for each file, as NSS does.
//
// # Signatures and the primary password
//
// Where key4.db has a password row, be it for the empty password, NSS ignores
// trust objects whose attributes are not signed under that password. Writing
// trust therefore needs the primary password where there is one
// ([ErrPasswordRequired]); reading and removing never do.
//
// # Safety
//
// [DB.Apply] makes all its changes in one SQLite transaction over both files,
// or none; in the write-ahead mode of SQLite, which NSS does not choose but
// accepts, a power failure in the middle can leave trust without signatures,
// which the next Apply signs. A running browser is a peer in SQLite's locking,
// so editing under it is safe. Do not open cert9.db or key4.db by other means in the same
// process while a call of this package runs: closing such a descriptor would
// drop SQLite's POSIX locks (https://www.sqlite.org/howtocorrupt.html §2.2).
package nss

import (
	"errors"
	"fmt"
)

// Errors that this package returns, wrapped. Missing rights are
// [io/fs.ErrPermission]. Whatever the error, nothing was written.
var (
	// ErrNoDatabase means that the directory holds neither cert9.db nor
	// key4.db, or is not there.
	ErrNoDatabase = errors.New("no NSS certificate database")
	// ErrLegacyDB means that the directory holds only the Berkeley DB files
	// (cert8.db, key3.db) of Firefox before 58. A cert9.db beside them would
	// suppress their migration and lose the user's keys, so none is made.
	ErrLegacyDB = errors.New("NSS database is in the legacy Berkeley DB format")
	// ErrExists means that Create found a database already there.
	ErrExists = errors.New("NSS database exists already")
	// ErrBusy means that another program kept the database locked.
	ErrBusy = errors.New("NSS database is busy")
	// ErrDamaged means that a file is no database, or that NSS did not make
	// its content.
	ErrDamaged = errors.New("NSS database is damaged")
	// ErrNotOpened means that SQLite could not open a file that is there, for
	// a reason that says nothing about its content.
	ErrNotOpened = errors.New("NSS database could not be opened")
	// ErrLinked means that a database file has other names (hard links): a journal
	// beside one of those, which is not seen here, would be rolled back over what
	// is written (https://www.sqlite.org/howtocorrupt.html §2.5).
	ErrLinked = errors.New("NSS database file has other names")
	// ErrMoved means that the database was moved while an interrupted write was to
	// be rolled back: opening it where it is now would keep half of that.
	ErrMoved = errors.New("NSS database was moved with an interrupted write")
	// ErrNeedsRecovery means that a writer was interrupted and its journal
	// must be rolled back, which only a program that may write can do.
	ErrNeedsRecovery = errors.New("NSS database has an interrupted write to roll back")
	// ErrUnsafeFile means that a database file is not a regular file, or
	// somebody else's.
	ErrUnsafeFile = errors.New("NSS database file is not safe to open")
	// ErrTooLarge means that the database exceeds a bound of this package.
	ErrTooLarge = errors.New("NSS database is too large")
	// ErrUnsupported means that the database is sound but this package
	// cannot do the asked with it; it wraps [errors.ErrUnsupported].
	ErrUnsupported = fmt.Errorf("NSS database is not supported: %w", errors.ErrUnsupported)

	// ErrPasswordRequired means that trust can be written only with the
	// primary password, and none was given.
	ErrPasswordRequired = errors.New("NSS database needs its primary password")
	// ErrWrongPassword means that the given primary password is not right.
	ErrWrongPassword = errors.New("wrong NSS primary password")

	// ErrInvalidChange means that a Change makes no sense in itself.
	ErrInvalidChange = errors.New("invalid change")
	// ErrConflict means that the database holds another certificate with the
	// same issuer and serial number; NSS cannot tell the two apart.
	ErrConflict = errors.New("another certificate has the same issuer and serial number")
	// ErrAbsent means that the certificate is not in the database.
	ErrAbsent = errors.New("certificate is not in the NSS database")
	// ErrStale means that the database does not say what Change.Expect does.
	ErrStale = errors.New("NSS database has changed meanwhile")
	// ErrDistrusted means that somebody distrusted the certificate, and that
	// the change would lift this without saying so.
	ErrDistrusted = errors.New("certificate is explicitly distrusted")
)

// ChangeError says which change of an Apply failed.
type ChangeError struct {
	Index int // into the changes given
	Err   error
}

func (e *ChangeError) Error() string { return fmt.Sprintf("change %d: %v", e.Index, e.Err) }

// Unwrap returns the reason.
func (e *ChangeError) Unwrap() error { return e.Err }
