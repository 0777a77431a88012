package hkpost

import (
	"bytes"
	"crypto/x509"
	"encoding/hex"
	"sync"
)

// BadReason says why a certificate must not be relied on.
type BadReason string

// The reasons.
const (
	// ReasonRevoked: the CA revoked it, or browsers enforce its revocation.
	ReasonRevoked BadReason = "revoked"
	// ReasonRemoved: the vendors of trust stores took it out or blocked it,
	// without its being revoked.
	ReasonRemoved BadReason = "removed-by-vendors"
)

// Bad is a certificate that must not be relied on, at any time.
type Bad struct {
	Slug   string // of the certificate in the catalogue
	Reason BadReason
	// Date is since when, in ISO 8601 as precisely as it is known:
	// "2026-06-18" or "2016-11".
	Date        string
	Source      string
	Replacement string // slug of what to use instead
}

const (
	oneCRL    = "Mozilla OneCRL of 2026-10-28, bug "
	replacing = "; replacement announced in www.ecert.gov.hk news/press/103"
)

// badRows are what Mozilla's OneCRL revokes of Hongkong Post (Firefox enforces
// each entry, also those marked "enabled": false) and the root that the
// vendors have withdrawn.
var badRows = []Bad{
	{"ecert-ssl-ca-3-17-2017", ReasonRevoked, "2026-06-18", oneCRL + "2048702" + replacing, "ecert-ssl-ca-3-17-2025"},
	{"ecert-ev-ssl-ca-3-17-2017", ReasonRevoked, "2026-06-18", oneCRL + "2048702" + replacing, "ecert-ev-ssl-ca-3-17-2025"},
	{"root-ca-3-cross-by-root-ca-1-2022-07-27a", ReasonRevoked, "2022-10", oneCRL + "1797566", "root-ca-3-cross-by-globalsign-r3-2022"},
	{"root-ca-3-cross-by-root-ca-1-2017-06-03", ReasonRevoked, "2017-09", oneCRL + "1397312", "root-ca-3-cross-by-globalsign-r3-2022"},
	{"ecert-ca-1-10-serial0465", ReasonRevoked, "2016-11", oneCRL + "1309305 (SHA-1)", "ecert-ssl-ca-3-17-2025"},
	{"ecert-ca-1-10-serial0479", ReasonRevoked, "2016-11", oneCRL + "1309305 (SHA-1)", "ecert-ssl-ca-3-17-2025"},
	{"root-ca-1", ReasonRemoved, "2023-07-19",
		"Mozilla bug 1840505 (2023-07-19), Android (2024-08), Apple; Microsoft lists it as disabled", "root-ca-3"},
}

// issuerSerial identifies a certificate as revocation lists do: by the DER of
// the issuer's name and the serial number in hexadecimal.
type issuerSerial struct{ issuer, serial string }

type badIndex struct {
	byFingerprint  map[Fingerprint]int
	byIssuerSerial map[issuerSerial]int
}

var bad = sync.OnceValue(func() badIndex {
	ix := badIndex{map[Fingerprint]int{}, map[issuerSerial]int{}}
	for i, b := range badRows {
		c, _ := BySlug(b.Slug)
		ix.byFingerprint[c.SHA256] = i
		if issuer, err := issuerName(c); err == nil {
			ix.byIssuerSerial[issuerSerial{issuer, c.Serial}] = i
		}
	}
	return ix
})

// issuerName returns the DER of the name of c's issuer.
func issuerName(c Certificate) (string, error) {
	issuer, _ := BySlug(c.Issuer)
	parsed, err := issuer.X509()
	if err != nil {
		return "", err
	}
	return string(bytes.Clone(parsed.RawSubject)), nil
}

// KnownBad reports whether a certificate is known to be bad: by its
// fingerprint, or by issuer and serial number, so that another encoding of a
// revoked certificate is found too. Key and subject do not count: the current
// issuing CAs share both with their revoked predecessors.
//
// The answer is what was known on [CatalogueDate], whatever the clock says. A
// certificate that is merely expired or superseded is not bad.
func KnownBad(cert *x509.Certificate) (Bad, bool) {
	if len(cert.Raw) > 0 {
		if b, ok := KnownBadFingerprint(FingerprintOf(cert.Raw)); ok {
			return b, true
		}
	}
	if cert.SerialNumber == nil || cert.SerialNumber.Sign() < 0 {
		return Bad{}, false
	}
	serial := hex.EncodeToString(cert.SerialNumber.Bytes())
	i, ok := bad().byIssuerSerial[issuerSerial{string(cert.RawIssuer), serial}]
	return badRow(i, ok)
}

// KnownBadFingerprint is [KnownBad] for a certificate of which only the
// fingerprint is known.
func KnownBadFingerprint(f Fingerprint) (Bad, bool) {
	i, ok := bad().byFingerprint[f]
	return badRow(i, ok)
}

func badRow(i int, ok bool) (Bad, bool) {
	if !ok {
		return Bad{}, false
	}
	return badRows[i], true
}

// BadCertificates lists all certificates that are known to be bad.
func BadCertificates() []Bad { return append([]Bad(nil), badRows...) }
