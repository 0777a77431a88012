package javaks

import (
	"errors"
	"sync"
)

// extensions follows CertificateExtensions. It says whether there is a
// subjectAltName that makes up for a missing subject.
func (j *jvm) extensions(in []byte) (alternative bool, err error) {
	j.reading(RefusedExtension, "extensions")
	list, err := j.sequence(&in)
	if err != nil {
		return false, err
	}
	read := make(map[oid]bool, len(list))
	var doubts map[oid]error
	for _, e := range list {
		j.reading(RefusedExtension, "extensions")
		x, err := j.extension(e)
		if err != nil {
			return false, err
		}
		j.readingExtension(x.oid)
		err = j.optional(x)
		if errors.Is(err, ErrUnproven) && !x.critical {
			// It matters only where another has the same type.
			if doubts[x.oid] != nil || read[x.oid] {
				return false, err
			}
			if doubts == nil {
				doubts = make(map[oid]error)
			}
			doubts[x.oid] = err
			continue
		}
		switch {
		case errors.Is(err, errUnread):
			continue
		case err != nil:
			return false, err
		case doubts[x.oid] != nil:
			return false, doubts[x.oid]
		case read[x.oid]:
			j.code = RefusedTwice
			return false, j.refuse("the extension comes twice")
		}
		read[x.oid] = true
		alternative = alternative || x.critical && x.oid == subjectAltName()
	}
	return alternative, nil
}

// errUnread is of an extension that Java keeps aside, since its class cannot
// read it and it is not critical (UnparseableExtension).
var errUnread = errors.New("unread")

// optional checks the content of an extension, by its class if it has one.
func (j *jvm) optional(x extension) error {
	loose := j.loose
	err := j.content(x)
	if x.critical {
		return err
	}
	j.loose = loose
	if errors.Is(err, ErrRefused) {
		return errUnread
	}
	return err
}

// extension is an Extension (RFC 5280, section 4.1).
type extension struct {
	oid      oid
	critical bool
	content  []byte
}

// extension follows Extension's constructor, which ignores what comes after.
func (j *jvm) extension(v value) (x extension, err error) {
	if v.tag != tagSequence && v.tag != tagSet {
		return x, j.refuse("an extension that is no SEQUENCE")
	}
	in := v.content
	if x.oid, err = j.nextOID(&in); err != nil {
		return x, err
	}
	v, err = j.next(&in)
	if err != nil {
		return x, err
	}
	if v.tag == tagBoolean {
		if x.critical, err = j.boolean(v.content); err != nil {
			return x, err
		}
		if v, err = j.next(&in); err != nil {
			return x, err
		}
	}
	x.content, err = j.octets(v, 1)
	return x, err
}

// extensionKind is one of the grammars of Java's extension classes.
type extensionKind string

// The grammars, by the first class of each.
const (
	extensionOctets       extensionKind = "SubjectKeyIdentifierExtension"
	extensionKeyUsage     extensionKind = "KeyUsageExtension"
	extensionKeyPeriod    extensionKind = "PrivateKeyUsageExtension"
	extensionNames        extensionKind = "SubjectAlternativeNameExtension"
	extensionBasic        extensionKind = "BasicConstraintsExtension"
	extensionInteger      extensionKind = "CRLNumberExtension"
	extensionReason       extensionKind = "CRLReasonCodeExtension"
	extensionConstraints  extensionKind = "NameConstraintsExtension"
	extensionMappings     extensionKind = "PolicyMappingsExtension"
	extensionAuthorityKey extensionKind = "AuthorityKeyIdentifierExtension"
	extensionPolicyLimits extensionKind = "PolicyConstraintsExtension"
	extensionBits         extensionKind = "NetscapeCertTypeExtension"
	extensionPolicies     extensionKind = "CertificatePoliciesExtension"
	extensionPurposes     extensionKind = "ExtendedKeyUsageExtension"
	extensionInhibitAny   extensionKind = "InhibitAnyPolicyExtension"
	extensionPoints       extensionKind = "CRLDistributionPointsExtension"
	extensionAccess       extensionKind = "AuthorityInfoAccessExtension"
	extensionIssuingPoint extensionKind = "IssuingDistributionPointExtension"
	extensionAnything     extensionKind = "OCSPNoCheckExtension"
)

var subjectAltName = sync.OnceValue(func() oid { return dotted("2.5.29.17") })

// javaExtensions is sun.security.x509.OIDMap. Other extensions Java keeps
// unread, critical or not.
var javaExtensions = sync.OnceValue(func() map[oid]extensionKind {
	kinds := make(map[oid]extensionKind)
	for id, kind := range map[string]extensionKind{
		"2.5.29.14":             extensionOctets,
		"2.5.29.15":             extensionKeyUsage,
		"2.5.29.16":             extensionKeyPeriod,
		"2.5.29.17":             extensionNames,
		"2.5.29.18":             extensionNames, // IssuerAlternativeNameExtension
		"2.5.29.19":             extensionBasic,
		"2.5.29.20":             extensionInteger,
		"2.5.29.21":             extensionReason,
		"2.5.29.27":             extensionInteger, // DeltaCRLIndicatorExtension
		"2.5.29.28":             extensionIssuingPoint,
		"2.5.29.29":             extensionNames, // CertificateIssuerExtension
		"2.5.29.30":             extensionConstraints,
		"2.5.29.31":             extensionPoints,
		"2.5.29.32":             extensionPolicies,
		"2.5.29.33":             extensionMappings,
		"2.5.29.35":             extensionAuthorityKey,
		"2.5.29.36":             extensionPolicyLimits,
		"2.5.29.37":             extensionPurposes,
		"2.5.29.46":             extensionPoints, // FreshestCRLExtension
		"2.5.29.54":             extensionInhibitAny,
		"1.3.6.1.5.5.7.1.1":     extensionAccess,
		"1.3.6.1.5.5.7.1.11":    extensionAccess, // SubjectInfoAccessExtension
		"1.3.6.1.5.5.7.48.1.5":  extensionAnything,
		"2.16.840.1.113730.1.1": extensionBits,
	} {
		kinds[dotted(id)] = kind
	}
	return kinds
})

// content checks the content of an extension by its grammar.
func (j *jvm) content(x extension) error {
	kind, known := javaExtensions()[x.oid]
	switch {
	case !known || kind == extensionAnything:
		return nil
	case kind == extensionInhibitAny && !x.critical:
		return j.refuse("inhibitAnyPolicy that is not critical")
	case kind == extensionKeyUsage:
		return j.keyUsage(x.content)
	case kind == extensionKeyPeriod:
		return j.keyPeriod(x.content)
	}
	v, err := j.only(x.content)
	if err != nil {
		return err
	}
	switch kind {
	case extensionOctets:
		_, err = j.octets(v, 1)
	case extensionNames:
		err = j.generalNames(v)
	case extensionBasic:
		err = j.basicConstraints(v)
	case extensionInteger:
		err = j.integer(v, tagInteger)
	case extensionReason:
		_, err = j.number(v, tagEnumerated)
	case extensionConstraints:
		err = j.nameConstraints(v)
	case extensionMappings:
		err = j.elements(v, j.policyMapping)
	case extensionAuthorityKey:
		err = j.authorityKey(v)
	case extensionPolicyLimits:
		err = j.policyConstraints(v)
	case extensionBits:
		_, _, err = j.bitString(v)
	case extensionPolicies:
		err = j.elements(v, j.policy)
	case extensionPurposes:
		err = j.elements(v, func(v value) error { _, err := j.oid(v); return err })
	case extensionInhibitAny:
		err = j.inhibitAny(v)
	case extensionPoints:
		err = j.elements(v, j.distributionPoint)
	case extensionAccess:
		err = j.elements(v, j.accessDescription)
	case extensionIssuingPoint:
		err = j.issuingPoint(v)
	}
	return err
}

// elements checks a SEQUENCE, which may be empty, of one kind of element.
func (j *jvm) elements(v value, check func(value) error) error {
	if v.tag != tagSequence {
		return j.refuse("no SEQUENCE")
	}
	for in := v.content; len(in) > 0; {
		e, err := j.next(&in)
		if err == nil {
			err = check(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keyUsage follows KeyUsageExtension, which also takes the BIT STRING within a
// second OCTET STRING.
func (j *jvm) keyUsage(content []byte) error {
	if len(content) == 0 {
		return j.refuse("a keyUsage without content")
	}
	if content[0] == tagOctets {
		v, err := j.only(content)
		if err != nil {
			return err
		}
		content = v.content
	}
	v, err := j.only(content)
	if err != nil {
		return err
	}
	_, _, err = j.bitString(v)
	return err
}

// keyPeriod follows PrivateKeyUsageExtension.
func (j *jvm) keyPeriod(content []byte) error {
	times, err := j.sequence(&content)
	if err != nil {
		return err
	}
	var seen [2]bool
	for _, t := range times {
		n := t.tag & 0x1f
		if n > 1 || !t.primitive(n) || seen[n] {
			return j.refuse("a privateKeyUsagePeriod other than of two times")
		}
		seen[n] = true
		if err := j.generalizedTime(t.content); err != nil {
			return err
		}
	}
	return nil
}

// basicConstraints follows BasicConstraintsExtension: without cA first, nothing
// else is read.
func (j *jvm) basicConstraints(v value) error {
	if v.tag != tagSequence {
		return j.refuse("no SEQUENCE")
	}
	in := v.content
	if len(in) == 0 {
		return nil
	}
	v, err := j.next(&in)
	if err != nil || v.tag != tagBoolean {
		return err
	}
	if _, err := j.boolean(v.content); err != nil || len(in) == 0 {
		return err
	}
	if v, err = j.next(&in); err != nil {
		return err
	}
	_, err = j.number(v, tagInteger)
	return err
}

// authorityKey follows AuthorityKeyIdentifierExtension.
func (j *jvm) authorityKey(v value) error {
	var seen [3]bool
	return j.elements(v, func(v value) error {
		n := v.tag & 0x1f
		if n > 2 || seen[n] {
			return j.refuse("an unknown or repeated element")
		}
		seen[n] = true
		switch {
		case v.primitive(0):
			return nil
		case v.explicit(1):
			return j.generalNames(value{tagSequence, v.content})
		case v.primitive(2):
			return j.integer(value{tagInteger, v.content}, tagInteger)
		}
		return j.refuse("an unknown element")
	})
}

// accessDescription follows AccessDescription, which may have any tag.
func (j *jvm) accessDescription(v value) error {
	in := v.content
	if _, err := j.nextOID(&in); err != nil {
		return err
	}
	location, err := j.next(&in)
	if err != nil {
		return err
	}
	return j.generalName(location, false)
}
