package chain

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Object identifiers of extensions.
const (
	OIDSubjectKeyID      = "2.5.29.14"
	OIDKeyUsage          = "2.5.29.15"
	OIDSubjectAltName    = "2.5.29.17"
	OIDBasicConstraints  = "2.5.29.19"
	OIDNameConstraints   = "2.5.29.30"
	OIDPolicies          = "2.5.29.32"
	OIDPolicyMappings    = "2.5.29.33"
	OIDAuthorityKeyID    = "2.5.29.35"
	OIDPolicyConstraints = "2.5.29.36"
	OIDExtKeyUsage       = "2.5.29.37"
	OIDInhibitAnyPolicy  = "2.5.29.54"
	OIDAuthorityInfo     = "1.3.6.1.5.5.7.1.1"
	OIDTLSFeature        = "1.3.6.1.5.5.7.1.24"
	OIDNetscapeCertType  = "2.16.840.1.113730.1.1"
)

// oidCAIssuers is the access method of an authorityInfoAccess that leads to
// issuers' certificates.
const oidCAIssuers = "1.3.6.1.5.5.7.48.2"

// Purposes in an extended key usage.
const (
	OIDServerAuth   = "1.3.6.1.5.5.7.3.1"
	OIDClientAuth   = "1.3.6.1.5.5.7.3.2"
	OIDAnyPurpose   = "2.5.29.37.0"
	OIDMicrosoftSGC = "1.3.6.1.4.1.311.10.3.3"
	OIDNetscapeSGC  = "2.16.840.1.113730.4.1"
)

// OIDAnyPolicy stands for every policy (RFC 5280 §4.2.1.4).
const OIDAnyPolicy = "2.5.29.32.0"

// Extension returns the first extension of a type; ok is false if there is
// none.
func (c *Certificate) Extension(oid string) (e Extension, ok bool) {
	for _, e := range c.Extensions {
		if e.OID == oid {
			return e, true
		}
	}
	return Extension{}, false
}

// BasicConstraints is the extension of that name.
type BasicConstraints struct {
	CA      bool
	PathLen int // -1 if there is no limit
}

// BasicConstraints reads the extension. present is false where there is none;
// err is ErrMalformed where it cannot be read.
func (c *Certificate) BasicConstraints() (b BasicConstraints, present bool, err error) {
	e, ok := c.Extension(OIDBasicConstraints)
	if !ok {
		return BasicConstraints{PathLen: -1}, false, nil
	}
	b.PathLen = -1
	in := cryptobyte.String(e.Value)
	var fields, flag cryptobyte.String
	var has bool
	if !in.ReadASN1(&fields, asn1.SEQUENCE) || !in.Empty() ||
		!fields.ReadOptionalASN1(&flag, &has, asn1.BOOLEAN) || has && len(flag) != 1 {
		return b, true, malformed("basicConstraints")
	}
	b.CA = has && flag[0] != 0
	if fields.Empty() {
		return b, true, nil
	}
	if !fields.ReadASN1Integer(&b.PathLen) || !fields.Empty() || b.PathLen < 0 {
		return b, true, malformed("basicConstraints")
	}
	return b, true, nil
}

// Usage is a set of key usages (RFC 5280 §4.2.1.3), bit 0 the lowest.
type Usage uint16

// The usages that rules ask for.
const (
	DigitalSignature Usage = 1 << 0
	NonRepudiation   Usage = 1 << 1
	KeyEncipherment  Usage = 1 << 2
	DataEncipherment Usage = 1 << 3
	KeyAgreement     Usage = 1 << 4
	KeyCertSign      Usage = 1 << 5
	CRLSign          Usage = 1 << 6
)

// KeyUsage reads the extension. present is false where there is none.
func (c *Certificate) KeyUsage() (u Usage, present bool, err error) {
	e, ok := c.Extension(OIDKeyUsage)
	if !ok {
		return 0, false, nil
	}
	bits, ok := readBitString(e.Value)
	if !ok {
		return 0, true, malformed("keyUsage")
	}
	for i := range min(len(bits)*8, 16) {
		if bits[i/8]&(0x80>>(i%8)) != 0 {
			u |= 1 << i
		}
	}
	return u, true, nil
}

// NetscapeCertType reads the old extension; its first octet, present or not.
func (c *Certificate) NetscapeCertType() (bits byte, present bool, err error) {
	e, ok := c.Extension(OIDNetscapeCertType)
	if !ok {
		return 0, false, nil
	}
	content, ok := readBitString(e.Value)
	if !ok {
		return 0, true, malformed("Netscape cert type")
	}
	if len(content) == 0 {
		return 0, true, nil
	}
	return content[0], true, nil
}

// NetscapeServer is the bit of NetscapeCertType for TLS servers, and
// NetscapeClient the one for clients.
const (
	NetscapeClient = 0x80
	NetscapeServer = 0x40
)

// readBitString reads a DER BIT STRING and clears the bits that it does not use.
func readBitString(der []byte) ([]byte, bool) {
	in := cryptobyte.String(der)
	var bits cryptobyte.String
	if !in.ReadASN1(&bits, asn1.BIT_STRING) || !in.Empty() || len(bits) == 0 || bits[0] > 7 || bits[0] > 0 && len(bits) == 1 {
		return nil, false
	}
	out := append([]byte(nil), bits[1:]...)
	if len(out) > 0 {
		out[len(out)-1] &^= 1<<bits[0] - 1
	}
	return out, true
}

// ExtKeyUsage lists the purposes of the extension as dotted OIDs. present is
// false where there is none.
func (c *Certificate) ExtKeyUsage() (purposes []string, present bool, err error) {
	e, ok := c.Extension(OIDExtKeyUsage)
	if !ok {
		return nil, false, nil
	}
	in := cryptobyte.String(e.Value)
	var list cryptobyte.String
	if !in.ReadASN1(&list, asn1.SEQUENCE) || !in.Empty() {
		return nil, true, malformed("extendedKeyUsage")
	}
	for !list.Empty() {
		var oid cryptobyte.String
		if !list.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) {
			return nil, true, malformed("extendedKeyUsage")
		}
		purposes = append(purposes, dotted(oid))
	}
	return purposes, true, nil
}

// AuthorityKeyID is the authorityKeyIdentifier of a certificate.
type AuthorityKeyID struct {
	KeyID  []byte // nil if absent
	Serial []byte // content octets; nil if absent
	Issuer []byte // content of the GeneralNames; nil if absent
}

// AuthorityKeyID reads the extension. present is false where there is none.
func (c *Certificate) AuthorityKeyID() (a AuthorityKeyID, present bool, err error) {
	e, ok := c.Extension(OIDAuthorityKeyID)
	if !ok {
		return a, false, nil
	}
	in := cryptobyte.String(e.Value)
	var fields, id, names, serial cryptobyte.String
	var hasID, hasNames, hasSerial bool
	if !in.ReadASN1(&fields, asn1.SEQUENCE) || !in.Empty() ||
		!fields.ReadOptionalASN1(&id, &hasID, asn1.Tag(0).ContextSpecific()) ||
		!fields.ReadOptionalASN1(&names, &hasNames, asn1.Tag(1).Constructed().ContextSpecific()) ||
		!fields.ReadOptionalASN1(&serial, &hasSerial, asn1.Tag(2).ContextSpecific()) || !fields.Empty() {
		return a, true, malformed("authorityKeyIdentifier")
	}
	if hasID {
		a.KeyID = append([]byte{}, id...)
	}
	if hasNames {
		a.Issuer = append([]byte{}, names...)
	}
	if hasSerial {
		a.Serial = append([]byte{}, serial...)
	}
	return a, true, nil
}

// SubjectKeyID reads the extension. present is false where there is none.
func (c *Certificate) SubjectKeyID() (id []byte, present bool, err error) {
	e, ok := c.Extension(OIDSubjectKeyID)
	if !ok {
		return nil, false, nil
	}
	in := cryptobyte.String(e.Value)
	var content cryptobyte.String
	if !in.ReadASN1(&content, asn1.OCTET_STRING) || !in.Empty() {
		return nil, true, malformed("subjectKeyIdentifier")
	}
	return content, true, nil
}

// maxAccess bounds an authorityInfoAccess, which names two or three places.
const maxAccess = 64

// IssuerURLs lists where the certificate says that its issuer's is: the caIssuers
// of its authorityInfoAccess that are URIs (RFC 5280 §4.2.2.1). present is false
// where there is no such extension.
func (c *Certificate) IssuerURLs() (urls []string, present bool, err error) {
	e, ok := c.Extension(OIDAuthorityInfo)
	if !ok {
		return nil, false, nil
	}
	in := cryptobyte.String(e.Value)
	var list cryptobyte.String
	if !in.ReadASN1(&list, asn1.SEQUENCE) || !in.Empty() {
		return nil, true, malformed("authorityInfoAccess")
	}
	for n := 0; !list.Empty(); n++ {
		var access, method cryptobyte.String
		if n == maxAccess || !list.ReadASN1(&access, asn1.SEQUENCE) || !access.ReadASN1(&method, asn1.OBJECT_IDENTIFIER) {
			return nil, true, malformed("authorityInfoAccess")
		}
		place, ok := readGeneralName(&access)
		if !ok || !access.Empty() {
			return nil, true, malformed("authorityInfoAccess")
		}
		if place.Type == URIName && dotted(method) == oidCAIssuers {
			urls = append(urls, string(place.Value))
		}
	}
	return urls, true, nil
}

// UnknownCritical lists the critical extensions that are not among known.
func (c *Certificate) UnknownCritical(known func(oid string) bool) []string {
	var unknown []string
	for _, e := range c.Extensions {
		if e.Critical && !known(e.OID) {
			unknown = append(unknown, e.OID)
		}
	}
	return unknown
}
