package ecert

import (
	"crypto/x509"
	"slices"
)

// Use is a way to authenticate to GovHK's online services. GovHK's help page on
// digital certificates names two, and each service which it takes:
// www.gov.hk/en/about/helpdesk/faq/digitalcert.
type Use string

// The ways.
const (
	UsePersonal       Use = "personal"       // "Personal Digital Certificates"
	UseOrganisational Use = "organisational" // "Organisational Digital Certificates"
	// UseNone: the certificate identifies nobody to a service. Those for
	// encipherment only decrypt, those of servers identify the servers.
	UseNone Use = "none"
)

// serves tells what a certificate's kind is for, if its extensions let a
// program authenticate with it (RFC 5280, sections 4.2.1.3 and 4.2.1.12).
func serves(cert *x509.Certificate, kind Kind) Use {
	if !authenticates(cert) {
		return UseNone
	}
	switch kind {
	case KindPersonal:
		return UsePersonal
	case KindOrganisational, KindRole:
		return UseOrganisational
	}
	return UseNone
}

func authenticates(cert *x509.Certificate) bool {
	if cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		return false
	}
	anything := len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage) == 0
	return anything || slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageClientAuth) ||
		slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageAny)
}
