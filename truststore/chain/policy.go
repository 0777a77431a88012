package chain

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// PolicyInformation is one policy of certificatePolicies.
type PolicyInformation struct {
	OID        string
	Qualifiers bool // it has qualifiers
}

// maxPolicies bounds every list of policies.
const maxPolicies = 256

// Policies lists the certificate's policies. present is false where the
// extension is absent.
func (c *Certificate) Policies() (list []PolicyInformation, present bool, err error) {
	e, ok := c.Extension(OIDPolicies)
	if !ok {
		return nil, false, nil
	}
	in := cryptobyte.String(e.Value)
	var all cryptobyte.String
	if !in.ReadASN1(&all, asn1.SEQUENCE) || !in.Empty() {
		return nil, true, malformed("certificatePolicies")
	}
	for !all.Empty() {
		var one, oid, qualifiers cryptobyte.String
		var has bool
		if !all.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
			!one.ReadOptionalASN1(&qualifiers, &has, asn1.SEQUENCE) || !one.Empty() || len(list) == maxPolicies {
			return nil, true, malformed("certificatePolicies")
		}
		list = append(list, PolicyInformation{OID: dotted(oid), Qualifiers: has && !qualifiers.Empty()})
	}
	return list, true, nil
}

// PolicyMapping says that a policy of the issuer equals one of the subject.
type PolicyMapping struct{ Issuer, Subject string }

// PolicyMappings lists the mappings. present is false where the extension is
// absent.
func (c *Certificate) PolicyMappings() (list []PolicyMapping, present bool, err error) {
	e, ok := c.Extension(OIDPolicyMappings)
	if !ok {
		return nil, false, nil
	}
	in := cryptobyte.String(e.Value)
	var all cryptobyte.String
	if !in.ReadASN1(&all, asn1.SEQUENCE) || !in.Empty() {
		return nil, true, malformed("policyMappings")
	}
	for !all.Empty() {
		var one, issuer, subject cryptobyte.String
		if !all.ReadASN1(&one, asn1.SEQUENCE) || !one.ReadASN1(&issuer, asn1.OBJECT_IDENTIFIER) ||
			!one.ReadASN1(&subject, asn1.OBJECT_IDENTIFIER) || !one.Empty() || len(list) == maxPolicies {
			return nil, true, malformed("policyMappings")
		}
		list = append(list, PolicyMapping{dotted(issuer), dotted(subject)})
	}
	return list, true, nil
}

// PolicyConstraints is the extension of that name; -1 stands for absent.
type PolicyConstraints struct{ RequireExplicit, InhibitMapping int }

// PolicyConstraints reads the extension. present is false where there is none.
func (c *Certificate) PolicyConstraints() (p PolicyConstraints, present bool, err error) {
	p = PolicyConstraints{-1, -1}
	e, ok := c.Extension(OIDPolicyConstraints)
	if !ok {
		return p, false, nil
	}
	in := cryptobyte.String(e.Value)
	var fields, require, inhibit cryptobyte.String
	var hasRequire, hasInhibit bool
	if !in.ReadASN1(&fields, asn1.SEQUENCE) || !in.Empty() ||
		!fields.ReadOptionalASN1(&require, &hasRequire, asn1.Tag(0).ContextSpecific()) ||
		!fields.ReadOptionalASN1(&inhibit, &hasInhibit, asn1.Tag(1).ContextSpecific()) || !fields.Empty() {
		return p, true, malformed("policyConstraints")
	}
	ok = true
	if hasRequire {
		p.RequireExplicit, ok = smallInt(require)
	}
	if ok && hasInhibit {
		p.InhibitMapping, ok = smallInt(inhibit)
	}
	if !ok {
		return p, true, malformed("policyConstraints")
	}
	return p, true, nil
}

// InhibitAnyPolicy reads the extension: after how many certificates anyPolicy
// counts no longer. present is false where there is none.
func (c *Certificate) InhibitAnyPolicy() (skip int, present bool, err error) {
	e, ok := c.Extension(OIDInhibitAnyPolicy)
	if !ok {
		return -1, false, nil
	}
	in := cryptobyte.String(e.Value)
	if !in.ReadASN1Integer(&skip) || !in.Empty() {
		return -1, true, malformed("inhibitAnyPolicy")
	}
	return skip, true, nil
}
