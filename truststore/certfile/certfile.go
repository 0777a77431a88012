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

// MaxSize is the largest input that Parse accepts, in bytes. It holds some 700
// certificates; the bundle of a Linux distribution has 0.2 MiB.
const MaxSize = 1 << 20

// Errors that Parse returns, wrapped, beside [*NotCertificateError].
var (
	// ErrDamaged means that the input is in a format that holds
	// certificates, but is cut off or malformed.
	ErrDamaged = errors.New("certificate file is damaged")
	// ErrTooLarge means that the input is larger than MaxSize.
	ErrTooLarge = errors.New("certificate file is too large")
)

// Kind is what an input that holds no certificate is instead.
type Kind string

// The kinds that Parse recognises.
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

// Parse returns the certificates in data in their order, each once. It accepts
//
//   - PEM with any number of blocks of the types CERTIFICATE, X509
//     CERTIFICATE, TRUSTED CERTIFICATE (of which it takes the certificate
//     alone), PKCS7 and CMS, among other text, also as UTF-16 or with byte
//     order marks;
//   - one or several certificates in DER;
//   - PKCS#7 SignedData in DER or BER, such as a .p7b file. Its signatures are
//     not verified.
//
// PEM blocks of other types are passed over, private keys without being
// looked at. Where any part of the input that should be a certificate is
// damaged, Parse returns an error and no certificates.
func Parse(data []byte) ([]*x509.Certificate, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrTooLarge, len(data))
	}
	certs, err := parse(data)
	if err != nil {
		return nil, err
	}
	return unique(certs), nil
}

func parse(data []byte) ([]*x509.Certificate, error) {
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
func unique(certs []*x509.Certificate) []*x509.Certificate {
	seen := make(map[[sha256.Size]byte]bool, len(certs))
	var out []*x509.Certificate
	for _, c := range certs {
		if id := sha256.Sum256(c.Raw); !seen[id] {
			seen[id] = true
			out = append(out, c)
		}
	}
	return out
}
