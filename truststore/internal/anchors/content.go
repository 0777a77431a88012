package anchors

import (
	"crypto/sha256"
	"crypto/x509"
	"slices"
)

// Content is what a store holds at one moment.
type Content struct {
	// Certificates are all that the bundles, the anchor files and the lists
	// of distrusted certificates name, each once.
	Certificates []Certificate
	Findings     []Finding
	// Waiting tells that something of ours, or the bundle as a whole, is not
	// as the updater makes it, so that [Store.Mend] has something to do. That
	// a certificate is Stale does not count: it does not show whose it was.
	Waiting bool

	index   map[[sha256.Size]byte]int
	bundled []map[[sha256.Size]byte]int // how often each bundle has each certificate
	left    []string                    // names of ours that links or Java still have, though their files are gone
	orphans []string                    // names that Java still has, though their files are gone
	java    []byte
	anew    bool // only an updater that does everything anew mends the links
	hashes  bool // there are links by which OpenSSL finds certificates
	newer   bool // the directory may have changed after the bundle
	stale   bool // some certificate is
}

// Certificate is one certificate and what the store makes of it.
type Certificate struct {
	SHA256 [sha256.Size]byte
	DER    []byte
	// Trusted are the purposes for which the bundles have it now, so for
	// which programs take it for an anchor; [x509.ExtKeyUsageAny] stands for
	// all of them.
	Trusted []x509.ExtKeyUsage
	// Files are the administrator's, and our, files that have it. A trusted
	// certificate without such a file is the distribution's.
	Files []File
	// DistrustedBy names what tells the store never to trust it: files, or
	// a line of the configuration.
	DistrustedBy []string
	// Stale: programs trust it until the updater runs, though nothing in the
	// directories says so any more.
	Stale bool
	// Unhashed: the bundle has it, and a file that is not ours; but programs
	// that look into the directory do not find it there.
	Unhashed bool
	// Readers are the programs that read the bundle for TLS servers, as far as
	// they trust the certificate by it.
	Readers Readers

	bundled bool // the bundle for TLS servers has it, whoever heeds it there
}

// File is a file that has a certificate.
type File struct {
	Path    string
	Name    string // without directory and extension
	Ours    bool
	Neutral bool // known, not trusted
	// Several: it is one of several certificates in the file.
	Several bool
	// Purposes are those it is an anchor for, nil for all.
	Purposes []x509.ExtKeyUsage

	content []byte
	odd     bool // in a form that some programs do not read
	refuses bool // it says that the certificate is not to be trusted for TLS servers
}

// Finding is something that the store's keeper should know.
type Finding struct {
	Code FindingCode
	Path string
	Ours bool // Mend sees to it
	Err  error
}

// FindingCode tells findings apart.
type FindingCode string

// The findings.
const (
	// BundleDoubled: two updaters ran at once, and programs read some
	// certificates twice, or do not read some at all.
	BundleDoubled FindingCode = "bundle-doubled"
	// BundleMissing: programs find no certificates.
	BundleMissing FindingCode = "bundle-missing"
	// LinkDangling: a link for OpenSSL leads nowhere.
	LinkDangling FindingCode = "dangling-link"
	// JavaStale: Java trusts what the store no longer has. Path is the alias,
	// or several of them.
	JavaStale FindingCode = "java-stale"
	// FileUnreadable: a file among the anchors is nothing that programs
	// understand, or cannot be read.
	FileUnreadable FindingCode = "anchor-unreadable"
	// FileSeveral: a file has several certificates, of which programs that
	// look into the directory find none.
	FileSeveral FindingCode = "anchor-several"
	// FileIgnored: the updater passes over a file of certificates, because of
	// its name.
	FileIgnored FindingCode = "anchor-ignored"
	// FileMarked: a file begins with a byte order mark, so that Go passes over
	// its first certificate, and Java over the file; others do not.
	FileMarked FindingCode = "anchor-bom"
	// FileOdd: a file has a certificate in OpenSSL's own form, which Go and
	// others do not read.
	FileOdd FindingCode = "anchor-odd"
	// FileDER: a file is no PEM; of all programs, Java alone takes it.
	FileDER FindingCode = "anchor-der"
	// NameTaken: a file has a name of ours and is not what the name says.
	NameTaken FindingCode = "name-taken"
	// DistrustIgnored: programs trust what an administrator told the store
	// to distrust.
	DistrustIgnored FindingCode = "distrust-ignored"
	// RefreshPending: an anchor file does not tell yet. Path is the file, or
	// the bundle that still has what is gone.
	RefreshPending FindingCode = "pending-refresh"
)

// Leftover reports whether programs still see something of ours that is gone
// from the directories.
func (c *Content) Leftover() bool { return len(c.left) > 0 }

// Unrefreshed reports whether programs still trust something that is gone from
// the directories, whoever's it was.
func (c *Content) Unrefreshed() bool { return c.stale }

// Certificate returns what the store has of a certificate.
func (c *Content) Certificate(id [sha256.Size]byte) (Certificate, bool) {
	i, ok := c.index[id]
	if !ok {
		return Certificate{}, false
	}
	return c.Certificates[i], true
}

// at returns the place of a certificate, made if need be.
func (c *Content) at(der []byte) *Certificate {
	id := sha256.Sum256(der)
	i, ok := c.index[id]
	if !ok {
		i = len(c.Certificates)
		c.index[id] = i
		c.Certificates = append(c.Certificates, Certificate{SHA256: id, DER: der})
	}
	return &c.Certificates[i]
}

func (c *Content) find(code FindingCode, path string, ours bool, err error) {
	c.Findings = append(c.Findings, Finding{Code: code, Path: path, Ours: ours, Err: err})
}

// TrustedFor reports whether programs take the certificate for an anchor.
func (c Certificate) TrustedFor(purpose x509.ExtKeyUsage) bool {
	return slices.Contains(c.Trusted, purpose) || slices.Contains(c.Trusted, x509.ExtKeyUsageAny)
}

// PassedOver reports whether the bundle has the certificate and some program that
// reads it does not trust it by that.
func (c Certificate) PassedOver() bool { return c.bundled && !c.Readers.All() }

// Own is our file that has the certificate, if any.
func (c Certificate) Own() (File, bool) {
	i := slices.IndexFunc(c.Files, func(f File) bool { return f.Ours })
	if i < 0 {
		return File{}, false
	}
	return c.Files[i], true
}

// Anchored reports whether a file makes the certificate an anchor.
func (c Certificate) Anchored() bool {
	return slices.ContainsFunc(c.Files, func(f File) bool { return !f.Neutral })
}
