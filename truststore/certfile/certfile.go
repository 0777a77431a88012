// Package certfile reads certificates from files as people have them: PEM or
// DER, one or several, PKCS#7 bundles, with the damage that editors, mail and
// web browsers do to them. It knows no store and no trust.
package certfile

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
)

// MaxSize is the largest input that Read accepts, in bytes. It holds some 700
// certificates; the bundle of a Linux distribution has 0.2 MiB.
const MaxSize = 1 << 20

// Errors that Read returns, wrapped, beside [*NotCertificateError].
var (
	// ErrDamaged means that the input is in a format that holds
	// certificates, but is cut off or malformed.
	ErrDamaged = errors.New("certificate file is damaged")
	// ErrTooLarge means that the input is larger than MaxSize.
	ErrTooLarge = errors.New("certificate file is too large")
)

// Kind is what an input that holds no certificate is instead.
type Kind string

// The kinds that Read recognises.
const (
	Empty              Kind = "empty"
	WebPage            Kind = "web-page"            // HTML or XML, as saved by a browser in place of a download
	PrivateKey         Kind = "private-key"         // PEM or DER, encrypted or not
	PKCS12             Kind = "pkcs12"              // a .p12 or .pfx file
	JavaKeystore       Kind = "java-keystore"       // JKS or JCEKS
	CertificateRequest Kind = "certificate-request" // PKCS#10
	RevocationList     Kind = "revocation-list"     // a CRL
	NoCertificates     Kind = "no-certificates"     // PKCS#7 that holds none
	Unknown            Kind = "unknown"
)

var kindTexts = map[Kind]string{
	Empty:              "the file is empty",
	WebPage:            "this is a web page, not a certificate",
	PrivateKey:         "this is a private key, not a certificate",
	PKCS12:             "this is a PKCS#12 file (.p12, .pfx), which holds a private key, not a certificate",
	JavaKeystore:       "this is a Java keystore, not a certificate",
	CertificateRequest: "this is a certificate request, not a certificate",
	RevocationList:     "this is a revocation list, not a certificate",
	NoCertificates:     "this PKCS#7 file holds no certificate",
	Unknown:            "this is not a certificate",
}

// NotCertificateError means that an input holds no certificate, and says what
// it is. It carries nothing of the input.
type NotCertificateError struct{ Kind Kind }

func (e *NotCertificateError) Error() string { return kindTexts[e.Kind] }

func not(kind Kind) error { return &NotCertificateError{kind} }

// Certificate is a certificate of a file.
type Certificate struct {
	DER []byte
	// X509 is the certificate as crypto/x509 parses it, nil where that
	// refuses one that is sound as ASN.1: with a negative serial number, say,
	// or a curve that it does not know. Err then says why.
	X509 *x509.Certificate
	Err  error
	// Trusted are the purposes that OpenSSL's TRUSTED CERTIFICATE limits the
	// certificate to, and Rejected those that it forbids; both nil where the
	// file says nothing of the kind (openssl-x509(1), "Trust Settings").
	Trusted, Rejected []x509.ExtKeyUsage
}

// UnparsableError means that a certificate is sound as ASN.1, and nevertheless
// one that crypto/x509 does not parse.
type UnparsableError struct {
	DER []byte
	Err error
}

func (e *UnparsableError) Error() string {
	return "the certificate is not one that Go can judge: " + e.Err.Error()
}

// Unwrap returns the error of crypto/x509.
func (e *UnparsableError) Unwrap() error { return e.Err }

// Parse is [Read] for those who want to judge the certificates: one that
// crypto/x509 does not parse is an [*UnparsableError]. What OpenSSL's TRUSTED
// CERTIFICATE says beside it is lost.
func Parse(data []byte) ([]*x509.Certificate, error) {
	certs, err := Read(data)
	if err != nil {
		return nil, err
	}
	out := make([]*x509.Certificate, len(certs))
	for i, c := range certs {
		if c.X509 == nil {
			return nil, &UnparsableError{c.DER, c.Err}
		}
		out[i] = c.X509
	}
	return out, nil
}

// Read returns the certificates in data in their order, each once. It accepts
//
//   - PEM with any number of blocks of the types CERTIFICATE, X509
//     CERTIFICATE, TRUSTED CERTIFICATE, PKCS7 and CMS, among other text, also
//     as UTF-16 or with byte order marks;
//   - one or several certificates in DER;
//   - PKCS#7 SignedData in DER or BER, such as a .p7b file. Its signatures are
//     not verified.
//
// PEM blocks of other types are passed over, private keys without being
// looked at. Where any part of the input that should be a certificate is
// damaged, Read returns an error and no certificates. A certificate that the
// file has twice, and limits once, is limited.
func Read(data []byte) ([]Certificate, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(data))
	}
	certs, err := parse(data)
	if err != nil {
		return nil, err
	}
	return unique(certs), nil
}

func parse(data []byte) ([]Certificate, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xFE, 0xED, 0xFE, 0xED}), bytes.HasPrefix(data, []byte{0xCE, 0xCE, 0xCE, 0xCE}):
		return nil, not(JavaKeystore)
	case len(data) > 0 && data[0] == tagSequence && !isText(data):
		return parseBinary(data)
	}
	return parseText(decodeText(data))
}

// isText tells text that begins with the digit zero, 0x30, from ASN.1.
func isText(data []byte) bool {
	return bytes.Contains(data, []byte(pemBegin)) && !bytes.ContainsRune(data[:min(len(data), 512)], 0)
}

// unique drops repetitions, which are the same bytes.
func unique(certs []Certificate) []Certificate {
	seen := make(map[[sha256.Size]byte]int, len(certs))
	var out []Certificate
	for _, c := range certs {
		id := sha256.Sum256(c.DER)
		i, again := seen[id]
		if !again {
			seen[id] = len(out)
			out = append(out, c)
			continue
		}
		if out[i].Trusted == nil {
			out[i].Trusted = c.Trusted
		}
		out[i].Rejected = append(out[i].Rejected, c.Rejected...)
	}
	return out
}
