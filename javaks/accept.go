package javaks

import (
	"errors"
	"fmt"
)

// ErrRefused is what every [RefusedError] is: a JVM cannot load a keystore that
// holds the certificate.
var ErrRefused = errors.New("Java refuses the certificate")

// ErrUnproven is what every [UnprovenError] is: this package cannot tell
// whether every JVM loads a keystore that holds the certificate.
var ErrUnproven = errors.New("not proven that Java takes the certificate")

// Refusal is the part of Java's parser that refuses a certificate.
type Refusal string

// The refusals, by the JDK's classes (sun.security.x509 unless said).
const (
	RefusedCertificate Refusal = "certificate"        // X509CertImpl, X509CertInfo: no certificate's shape
	RefusedVersion     Refusal = "version"            // CertificateVersion; fields that the version has not
	RefusedSerial      Refusal = "serial"             // SerialNumber
	RefusedIssuer      Refusal = "issuer"             // X500Name; an issuer without a name
	RefusedSubject     Refusal = "subject"            // X500Name; no subject and no critical alternative name
	RefusedValidity    Refusal = "validity"           // CertificateValidity, DerValue.getTimeInternal
	RefusedAlgorithm   Refusal = "algorithm"          // AlgorithmId, and the parameters of the algorithms that Java knows
	RefusedKey         Refusal = "key"                // X509Key, and the key factories of the algorithms that Java knows
	RefusedUniqueID    Refusal = "unique-id"          // UniqueIdentity
	RefusedExtension   Refusal = "extension"          // CertificateExtensions and the class of a critical extension
	RefusedTwice       Refusal = "extension-repeated" // CertificateExtensions
	RefusedEntry       Refusal = "entry"              // JavaKeyStore.engineLoad, PKCS12KeyStore.loadSafeContents: what a keystore says of it
)

// RefusedError says why a JVM refuses a certificate. Its fields but Detail are
// stable.
type RefusedError struct {
	Code Refusal
	Part string // the field, or the object identifier of the extension
	// Detail says what is wrong, in English, for logs and experts.
	Detail string
	// Releases are the feature releases whose rules refuse it, of those that
	// this package knows (see [Releases]).
	Releases []int
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%v: %s: %s (Java %v)", ErrRefused, e.Part, e.Detail, e.Releases)
}

// Is makes a RefusedError ErrRefused.
func (e *RefusedError) Is(target error) bool { return target == ErrRefused }

// Every says that no JVM takes the certificate, as far as this package knows
// JVMs; otherwise some do.
func (e *RefusedError) Every() bool { return len(e.Releases) == len(Releases) }

// Doubt is why a certificate is not proven to be taken by Java.
type Doubt string

// The doubts.
const (
	// DoubtLength: a length is not written as DER wants it. Java 17 and later
	// read it; of an outer one they keep other bytes than those they read.
	DoubtLength Doubt = "length"
	// DoubtIndefinite: an indefinite length of BER. Releases differ.
	DoubtIndefinite Doubt = "indefinite-length"
	// DoubtTrailing: bytes after the certificate, which Java drops.
	DoubtTrailing Doubt = "trailing-bytes"
	// DoubtText: no DER, but what may hold PEM, which Java would read.
	DoubtText Doubt = "text"
	// DoubtParameters: parameters of an algorithm that has no business in a
	// certificate, such as PBES2.
	DoubtParameters Doubt = "parameters"
	// DoubtKey: a key of an algorithm whose encoding is not known here.
	DoubtKey Doubt = "key"
	// DoubtHost: a URI whose host only the JVM's own machine can judge.
	DoubtHost Doubt = "host"
	// DoubtDepth: nested deeper than this package follows.
	DoubtDepth Doubt = "depth"
	// DoubtSize: larger than MaxJudged.
	DoubtSize Doubt = "size"
)

// UnprovenError says why a certificate could not be judged.
type UnprovenError struct {
	Code   Doubt
	Part   string // as in RefusedError
	Detail string
}

func (e *UnprovenError) Error() string {
	return fmt.Sprintf("%v: %s: %s", ErrUnproven, e.Part, e.Detail)
}

// Is makes an UnprovenError ErrUnproven.
func (e *UnprovenError) Is(target error) bool { return target == ErrUnproven }

// MaxJudged is the largest certificate that Acceptable judges, in bytes. The
// largest known of an authority has fewer than 10 KiB.
const MaxJudged = 1 << 20

// Releases are the feature releases whose rules are known: the long-term ones
// of which the rules were compared with real JVMs (17.0.21, 21.0.13 and 25.0.3).
var Releases = [...]int{17, 21, 25}

// Acceptable says whether every JVM can load a keystore that holds the
// certificate: nil, or an error that is ErrRefused where one of [Releases]
// cannot, or else ErrUnproven where this package cannot tell. Java loads a
// keystore whole or not at all, so that one certificate that it refuses takes
// every other away from every program (PKCS12KeyStore.engineLoad,
// JavaKeyStore.engineLoad).
//
// It judges what CertificateFactory.generateCertificate judges: the encoding.
// Signature, dates and trust are no part of that. It takes what crypto/x509
// does not, such as negative serial numbers and the curves that only Java
// knows. Time and memory grow with the length of der, up to MaxJudged.
func Acceptable(der []byte) error {
	var refused *RefusedError
	var unproven error
	for _, release := range Releases {
		err, asked := judge(release, der)
		if !asked && release == Releases[0] {
			return ofEvery(err)
		}
		var r *RefusedError
		switch {
		case err == nil:
		case !errors.As(err, &r):
			unproven = err
		case refused == nil:
			refused = r
		default:
			refused.Releases = append(refused.Releases, r.Releases...)
		}
	}
	if refused != nil {
		return refused
	}
	return unproven
}

// ofEvery is a verdict that no release judges otherwise.
func ofEvery(err error) error {
	var refused *RefusedError
	if errors.As(err, &refused) {
		refused.Releases = Releases[:]
	}
	return err
}

// AcceptableTo is [Acceptable] for the rules of one feature release: those of
// the newest of [Releases] that is not newer, or else the oldest.
func AcceptableTo(release int, der []byte) error {
	known := Releases[0]
	for _, r := range Releases {
		if r <= release {
			known = r
		}
	}
	err, _ := judge(known, der)
	return err
}

// judge also tells whether another release was asked for what differs.
func judge(release int, der []byte) (err error, asked bool) {
	j := jvm{release: release}
	if err = j.certificate(der); err == nil && j.loose {
		err = j.doubt(DoubtLength, "a length is not in its shortest form")
	}
	return err, j.asked
}
