package ecert

import (
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

// Inspection is what there is to say about one file.
type Inspection struct {
	Path string `json:"path,omitempty"`
	Size int64  `json:"size,omitempty"`

	// Container is the file as such; nil where it is no PKCS#12 file, or
	// could not be read.
	Container *Container `json:"container,omitempty"`
	// Password is what was learned about the password; "" where nothing was.
	Password PasswordState `json:"password,omitempty"`
	// Identities are the certificates of persons, organisations or servers
	// in the file; an e-Cert file has one. It is empty where all of it is
	// still encrypted.
	Identities []Identity `json:"identities,omitempty"`
	// Findings are what is to be said about the file as a whole.
	Findings []Finding `json:"findings,omitempty"`

	// Err is why the inspection ended early; nil if it did not. It matches
	// errors of package fs, host and javaks.
	Err error `json:"-"`
}

// Container is a PKCS#12 file, apart from what it holds.
type Container struct {
	Encoding     string   `json:"encoding"` // "DER" or "BER"
	MAC          *Scheme  `json:"mac,omitempty"`
	Encryption   []Scheme `json:"encryption,omitempty"` // of the certificates, usually
	Keys         []Scheme `json:"keys,omitempty"`       // of each key; one in clear has no name
	Certificates int      `json:"certificates"`         // that could be read
	// Locked: some of the file could not be decrypted.
	Locked bool `json:"locked"`
}

// Scheme is how a password protects something.
type Scheme struct {
	Name       string `json:"name,omitempty"`
	Iterations int    `json:"iterations,omitempty"`
}

// PasswordState is what was learned about a file's password.
type PasswordState string

// The states.
const (
	PasswordNone     PasswordState = "none"     // the file needs none
	PasswordEmpty    PasswordState = "empty"    // the empty password opens the file
	PasswordRight    PasswordState = "right"    // the given one opens it
	PasswordWrong    PasswordState = "wrong"    // the given one does not
	PasswordRequired PasswordState = "required" // none was given
)

// Identity is a certificate that is no CA's, with what belongs to it.
type Identity struct {
	Certificate Certificate `json:"certificate"`
	// Key is the private key that belongs to the certificate; nil where
	// none does, or could be read.
	Key *Key `json:"key,omitempty"`
	// Issuer is the issuing CA; nil if it is not of the known authority.
	Issuer *Issuer `json:"issuer,omitempty"`
	// Chain leads from the issuing CA to the root.
	Chain []Link `json:"chain,omitempty"`
	// Serves is the way to authenticate to GovHK's services that such a
	// certificate is for; none where it is no e-Cert.
	Serves   Use       `json:"serves"`
	Findings []Finding `json:"findings,omitempty"`
}

// Certificate is what a certificate says.
type Certificate struct {
	Subject string `json:"subject"` // RFC 4514
	Name    string `json:"name"`    // common name
	// Kind is what the subject says. Only [Identity.Issuer] makes it true.
	Kind Kind `json:"kind"`
	// Reference is the subscriber reference number (SRN).
	Reference string   `json:"reference,omitempty"`
	Emails    []string `json:"emails,omitempty"`
	IssuedBy  string   `json:"issuedBy"` // RFC 4514
	Serial    string   `json:"serial"`   // hexadecimal

	SHA256    hkpost.Fingerprint `json:"sha256"`
	NotBefore time.Time          `json:"notBefore"`
	NotAfter  time.Time          `json:"notAfter"`
	DaysLeft  int                `json:"daysLeft"` // full days; negative once expired

	PublicKey string   `json:"publicKey"` // "RSA-2048"
	Signature string   `json:"signature"` // "SHA256-RSA"
	Policies  []string `json:"policies,omitempty"`
	// MutualRecognition: the policy is that of the certificates which
	// Guangdong and Hong Kong recognise of each other.
	MutualRecognition bool `json:"mutualRecognition,omitempty"`
}

// Key is a private key, described.
type Key struct {
	Name string `json:"name,omitempty"` // what the file calls it
	// Proven: a signature made with the key was verified with the
	// certificate.
	Proven bool `json:"proven"`
}

// Issuer is an issuing CA. Its certificates of several generations share one
// name and key, so that a signature does not tell them apart.
type Issuer struct {
	Name string `json:"name"`
	// Proven: the certificate's signature is the CA's.
	Proven bool `json:"proven"`
	// Generation is the newest that existed when the certificate was issued.
	Generation Generation `json:"generation"`
	// Known are all generations with this key, oldest first. A server that
	// asks for e-Certs has to know one of them that is in order.
	Known []Generation `json:"known"`
}

// Generation is one of the certificates of an issuing CA.
type Generation struct {
	Slug      string             `json:"slug"` // of the catalogue
	SHA256    hkpost.Fingerprint `json:"sha256"`
	NotBefore time.Time          `json:"notBefore"`
	NotAfter  time.Time          `json:"notAfter"`
	// Current: it is in order, and nothing has taken its place.
	Current bool `json:"current"`
}

// Link is a certificate of a chain.
type Link struct {
	Name   string             `json:"name"`
	Slug   string             `json:"slug"`
	SHA256 hkpost.Fingerprint `json:"sha256"`
	// InFile: the file holds the certificate. Otherwise it is known from
	// the catalogue.
	InFile bool `json:"inFile"`
}
