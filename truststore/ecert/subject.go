package ecert

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
	"sync"
)

// Kind is the type of a certificate that Hongkong Post issues.
type Kind string

// The kinds.
const (
	KindPersonal       Kind = "personal"
	KindOrganisational Kind = "organisational"
	KindRole           Kind = "organisational-role"
	KindEncipherment   Kind = "encipherment"
	KindServer         Kind = "server"
	KindBank           Kind = "bank" // Bank-Cert, not issued since 2010
	KindUnknown        Kind = "unknown"
)

// kindNames are the names that certificates carry in an O or OU of their
// subjects, before "(". Sources: the CPS of each kind; digitalpolicy.gov.hk,
// "Name of certificate type in the certificate".
var kindNames = []struct {
	name string
	kind Kind
}{
	{"hongkong post e-cert (personal", KindPersonal},
	{"hongkong post e-cert (organisational role", KindRole},
	{"hongkong post e-cert (organisational", KindOrganisational},
	{"hongkong post e-cert (encipherment", KindEncipherment},
	{"hongkong post e-cert (server", KindServer},
	{"hongkong post bank-cert", KindBank},
}

func kindOf(cert *x509.Certificate) Kind {
	for _, value := range slices.Concat(cert.Subject.Organization, cert.Subject.OrganizationalUnit) {
		for _, k := range kindNames {
			if strings.HasPrefix(strings.ToLower(value), k.name) {
				return k.kind
			}
		}
	}
	return KindUnknown
}

// reference is a subscriber reference number: an OU of ten digits.
var reference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]{10}$`) })

func referenceOf(cert *x509.Certificate) string {
	for _, unit := range cert.Subject.OrganizationalUnit {
		if reference().MatchString(unit) {
			return unit
		}
	}
	return ""
}

var oidEmailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1} // PKCS #9

func emailsOf(cert *x509.Certificate) []string {
	all := slices.Clone(cert.EmailAddresses)
	for _, name := range cert.Subject.Names {
		if value, ok := name.Value.(string); ok && name.Type.Equal(oidEmailAddress) && !slices.Contains(all, value) {
			all = append(all, value)
		}
	}
	return all
}

// mutualRecognition is the arc of the certificate policy for mutual recognition
// of Hong Kong and Guangdong; year, version and release follow.
const mutualRecognition = "2.16.344.8.2.2008.810.2."

func describe(cert *x509.Certificate, now time.Time) Certificate {
	c := Certificate{
		Subject: subjectOf(cert.Subject.String()), Name: cert.Subject.CommonName, Kind: kindOf(cert),
		Reference: referenceOf(cert), Emails: emailsOf(cert),
		IssuedBy: cert.Issuer.String(), Serial: hex.EncodeToString(cert.SerialNumber.Bytes()),
		SHA256: hkpost.FingerprintOf(cert.Raw), NotBefore: cert.NotBefore, NotAfter: cert.NotAfter,
		DaysLeft:  daysBetween(now, cert.NotAfter),
		PublicKey: keyStrength(cert.PublicKey), Signature: cert.SignatureAlgorithm.String(),
	}
	for _, p := range cert.Policies {
		c.Policies = append(c.Policies, p.String())
		c.MutualRecognition = c.MutualRecognition || strings.HasPrefix(p.String()+".", mutualRecognition)
	}
	return c
}

// subjectOf writes the e-mail address, which pkix prints as its encoding, as
// the text that it is.
func subjectOf(name string) string {
	const hexed = "1.2.840.113549.1.9.1=#"
	before, rest, ok := strings.Cut(name, hexed)
	if !ok {
		return name
	}
	end := strings.IndexAny(rest, ",+")
	if end < 0 {
		end = len(rest)
	}
	der, err := hex.DecodeString(rest[:end])
	var text string
	if err != nil {
		return name
	}
	if _, err := asn1.Unmarshal(bytes.Clone(der), &text); err != nil {
		return name
	}
	return before + "emailAddress=" + text + rest[end:]
}

// daysBetween returns the full days from one time to another.
func daysBetween(from, to time.Time) int {
	return int(math.Floor(to.Sub(from).Hours() / 24))
}

// keyStrength names a public key and its size.
func keyStrength(key any) string {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA-%d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA-" + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "unknown"
}
