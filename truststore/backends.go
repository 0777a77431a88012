package truststore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/ledger"
	"github.com/hktrust/hktrust/truststore/internal/safefile"
)

// Kind is a family of stores. A program's own stores have kinds of its own,
// see [Store].
type Kind string

// The kinds of stores that this package knows.
const (
	KindSystem   Kind = "system"    // the operating system's own store
	KindJava     Kind = "java"      // a Java installation's cacerts or jssecacerts
	KindJavaUser Kind = "java-user" // Secure Site CAs of Java Web Start and its successors
	KindNSS      Kind = "nss"       // an NSS database: Firefox, Thunderbird, Chromium
	KindChromium Kind = "chromium"  // what a Chromium profile has beside that; only read
	KindPolicy   Kind = "policy"    // a browser's enterprise policy
)

// backend is what the engine asks of a kind of store. A kind without find and
// open is known by name alone.
type backend struct {
	kind Kind
	// find looks in the usual places.
	find func(context.Context, search) discovery
	// at finds the stores at a place that somebody named. It need not exist
	// where Machine.Create is set.
	at func(*Machine, Selector) (discovery, error)
	// recognises reports whether what is at a path is one of the kind's
	// stores, or holds some. At most one kind recognises a thing.
	recognises func(h *host.Host, path string) bool
	// otherwise: what no kind recognises is taken for the kind's: its reader
	// says best what it is instead. At most one kind takes that.
	otherwise bool
	// named reports whether a path is the name of a store that is no file;
	// nil if none is.
	named func(h *host.Host, path string) bool
	// open makes the store that an Info or a receipt describes.
	open func(*Machine, Info) Store

	// prefixes are further spellings of the kind in front of a path.
	prefixes []string
	// reserved are names of files and directories that belong to the kind:
	// no other kind makes a store of that name.
	reserved []string

	// feeds: to write such a store may write stores of the kinds below it,
	// so that it is finished before they are looked at.
	feeds bool
	// beside: the programs that trust by such a store trust by another as well,
	// into which goes what is wanted. It is judged with that, and what it lacks
	// nobody misses.
	beside bool
	// mends: such stores can be Menders, in which something waits after all
	// receipts are closed.
	mends bool
	// patience is how long another run's work on a store is waited for, where
	// that takes longer than writing a file.
	patience time.Duration
	// repeats: a store can hold a certificate several times, under
	// different names.
	repeats bool
	// byEntry: programs write to such a store at any time, each to its own
	// entries, and so does the back end.
	byEntry bool
	// confuses reports whether a store cannot tell two certificates, given
	// as DER, from each other; nil if it always can.
	confuses func(a, b []byte) bool
	// completes reports whether the program that owns a store finds a
	// wanted intermediate by itself; nil if none does.
	completes func(Info, Want) bool

	// accepts says why a store of the kind must not be given a certificate,
	// as DER, that the programs which read it could not take; nil if they can.
	accepts func(goal Goal, der []byte) error

	// readers are the programs that trust by a store of the kind, as it was
	// read; nil where none is known.
	readers func(*Machine, *Snapshot) ([]reader, error)

	// serves are the families of programs that trust by a store of the kind on
	// a system; nil for all.
	serves func(goos string) []string
	// ownRemoval is the command that removes the entry of a finding, which
	// hktrust leaves to who manages it, in that one's own way; nil if there is
	// none.
	ownRemoval func(*Machine, Info, Finding) (RemedyCode, []string)
	// examine adds what a diagnosis should know of the kind; nil for nothing.
	examine func(context.Context, *diagnosis)

	// code names an error that no sentinel stands for; "" if it knows none.
	code func(error) Code
	// errors are those of the packages below, in this package's words.
	errors []translation
}

// backends is the table of kinds, in the order in which stores are worked on.
func backends() []backend {
	return []backend{
		{
			kind: KindSystem, find: findSystem, at: systemAt, recognises: looksLikeSystem, named: systemNamed, open: openSystem,
			feeds: true, mends: true, byEntry: true, patience: systemPatience, serves: systemServes, readers: bundleReaders, code: systemCode, errors: systemErrors(),
		},
		{
			kind: KindJava, find: findJava, at: javaAt, otherwise: true, open: newJavaStore,
			reserved: []string{"cacerts", "jssecacerts"}, repeats: true, accepts: javaAccepts, readers: javaReaders, code: javaCode,
			serves: javaServes, ownRemoval: javaRemoval, examine: examineJava,
			errors: []translation{
				{javaks.ErrNotJavaHome, ErrNotStore},
				{javaks.ErrPasswordRequired, ErrPasswordRequired},
				{javaks.ErrWrongPassword, ErrWrongPassword},
				{javaks.ErrRefused, ErrCertificateRefused},
				{javaks.ErrUnproven, ErrCertificateUnproven},
				{javaks.ErrBadCertificate, ErrCertificateUnparsable},
				{javaks.ErrEmpty, ErrEmpty},
				{javaks.ErrTruncated, ErrTruncated},
				{javaks.ErrDamaged, ErrDamaged},
				{javaks.ErrTooLarge, ErrTooLarge},
				{javaks.ErrUnsupported, errors.ErrUnsupported},
			},
		},
		{kind: KindJavaUser, find: findJavaUser, at: javaAt, open: newJavaStore, repeats: true, accepts: javaAccepts, readers: javaUserReaders, serves: javaServes},
		{
			kind: KindNSS, find: findNSS, at: nssAt, recognises: looksLikeNSS, open: openNSS,
			prefixes: []string{"sql"},
			reserved: []string{"cert9.db", "key4.db", "cert8.db", "key3.db", "secmod.db", "pkcs11.txt", "nssdb"},
			byEntry:  true, confuses: sameIssuerAndSerial, completes: browserCompletes, readers: nssReaders,
			serves: nssServes, examine: examineNSS,
			errors: []translation{
				{nss.ErrBusy, ErrBusy},
				{nss.ErrStale, ErrStale},
				{nss.ErrPasswordRequired, ErrPasswordRequired},
				{nss.ErrWrongPassword, ErrWrongPassword},
				{nss.ErrDistrusted, ErrDistrusted},
				{nss.ErrDamaged, ErrDamaged},
				{nss.ErrTooLarge, ErrTooLarge},
				{nss.ErrUnsafeFile, ErrDamaged},
				{nss.ErrLegacyDB, errors.ErrUnsupported},
				{nss.ErrLinked, errors.ErrUnsupported},
				{nss.ErrMoved, ErrDamaged},
				{nss.ErrNeedsRecovery, ErrBusy},
				{nss.ErrNoDatabase, fs.ErrNotExist},
				{nss.ErrConflict, ErrConflict},
			},
		},
		{
			kind: KindChromium, find: findChromium, at: chromiumAt, recognises: looksLikeChromium, open: openChromium,
			reserved: []string{"ServerCertificate"}, beside: true, readers: chromiumReaders,
			serves: nssServes, ownRemoval: chromiumRemoval,
			errors: []translation{{nss.ErrProfileStore, ErrDamaged}},
		},
		{kind: KindPolicy, serves: nssServes},
	}
}

// translation says which of this package's sentinels another package's is.
type translation struct{ theirs, ours error }

// sharedErrors are those of packages that several kinds stand on.
func sharedErrors() []translation {
	return []translation{
		{safefile.ErrBusy, ErrBusy},
		{safefile.ErrTooLarge, ErrTooLarge},
		{safefile.ErrNotRegular, ErrDamaged},
		{host.ErrTooLarge, ErrTooLarge},
		{ledger.ErrBusy, ErrBusy},
	}
}

// Kinds lists the kinds that this package knows.
func Kinds() []Kind {
	var kinds []Kind
	for _, b := range backends() {
		kinds = append(kinds, b.kind)
	}
	return kinds
}

// backendOf is the row of a kind; for one that the table does not have, a row
// that knows nothing.
func backendOf(kind Kind) backend {
	rows := backends()
	if i := slices.IndexFunc(rows, func(b backend) bool { return b.kind == kind }); i >= 0 {
		return rows[i]
	}
	return backend{kind: kind}
}

// rank orders stores for work: those that feed others first, those of a
// caller's own kinds last.
func rank(kind Kind) int {
	if i := slices.Index(Kinds(), kind); i >= 0 {
		return i
	}
	return len(Kinds())
}

// kindNamed is the kind that a word in front of a path means.
func kindNamed(word string) (Kind, bool) {
	for _, b := range backends() {
		if word == string(b.kind) || slices.Contains(b.prefixes, word) {
			return b.kind, true
		}
	}
	return "", false
}

// recognise returns the row of the kind of store that is at a path.
func recognise(h *host.Host, path string) backend {
	for _, b := range backends() {
		if b.recognises != nil && b.recognises(h, path) {
			return b
		}
	}
	return otherwise()
}

// otherwise is the row of the kind for what none recognises.
func otherwise() backend {
	rows := backends()
	return rows[slices.IndexFunc(rows, func(b backend) bool { return b.otherwise })]
}

// reservedBy is the row of the kind that a name belongs to.
func reservedBy(base string) backend {
	for _, b := range backends() {
		if b.reserves(base) {
			return b
		}
	}
	return backend{}
}

func (b backend) reserves(base string) bool {
	return slices.ContainsFunc(b.reserved, func(n string) bool { return strings.EqualFold(n, base) })
}

// checkName refuses to make a store under a name that belongs to another kind:
// the program that looks for its own there would find something else.
func (b backend) checkName(base string) error {
	for _, other := range backends() {
		if other.kind != b.kind && other.reserves(base) {
			return fmt.Errorf("%w: %s is the name of a store of kind %s", ErrNeedsKind, base, other.kind)
		}
	}
	return nil
}
