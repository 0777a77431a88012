package truststore

import (
	"crypto/x509"
	"fmt"
	"strings"
)

// nameOf is what people may know a certificate by: the subject's common name,
// else its organizational unit or organization, else the fingerprint.
func nameOf(cert *x509.Certificate) string {
	if name := subjectName(cert); name != "" {
		return name
	}
	return shortPrint(cert.Raw)
}

func subjectName(cert *x509.Certificate) string {
	s := cert.Subject
	for _, names := range [][]string{{s.CommonName}, s.OrganizationalUnit, s.Organization} {
		for _, name := range names {
			if name != "" {
				return name
			}
		}
	}
	return ""
}

func shortPrint(der []byte) string { return "SHA-256 " + RefOfDER(der).SHA256.String()[:16] }

// certificateName is nameOf for DER, whether Go can parse it or not.
func certificateName(der []byte) string {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return shortPrint(der)
	}
	return nameOf(cert)
}

// slugOf makes the readable part of the names we give: ASCII letters and
// digits of the name, lower-cased, other runs a hyphen.
func slugOf(cert *x509.Certificate) string {
	var b strings.Builder
	for _, r := range strings.ToLower(subjectName(cert)) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	slug := strings.Trim(b.String(), "-")
	if slug == "" {
		return "ca"
	}
	return slug
}

// EntryName returns the name that hktrust gives to a certificate in stores:
// hktrust-<slug>-<16 hex digits of its SHA-256>. It has no colon, which NSS
// takes for a token's name, and nothing that Java takes for its own.
func EntryName(cert *x509.Certificate) string {
	id := fingerprint(cert)
	return fmt.Sprintf("hktrust-%s-%x", slugOf(cert), id[:8])
}
