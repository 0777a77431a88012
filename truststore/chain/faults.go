package chain

import (
	"slices"
)

// faults lists what is wrong with a complete path, from the anchor down.
func (j *judgement) faults(path []*Certificate) []Fault {
	var out []Fault
	top := len(path) - 1
	for i := top; i >= 0; i-- {
		c, role := path[i], j.role(path, i)
		if i > 0 && j.store.Trust(c) == DistrustedCert {
			out = append(out, Fault{Code: CADistrusted, Role: role, At: c, Depth: i})
		}
		if i < top && j.signature(c, path[i+1]) != nil {
			out = append(out, Fault{Code: Signature, Role: role, At: c, Depth: i})
		}
		if code := j.weak(c, role); code != "" {
			out = append(out, Fault{Code: code, Role: role, At: c, Depth: i})
		}
		if role != RoleLeaf {
			out = append(out, j.caFaults(path, i)...)
		} else {
			out = append(out, j.leafFaults(c)...)
		}
		out = append(out, j.form(path, i)...)
		out = append(out, j.dates(c, role, i)...)
	}
	out = append(out, j.nameFaults(path)...)
	if j.Policies && policyFault(path) {
		out = append(out, Fault{Code: Policy, Role: RoleLeaf, At: path[0], Depth: 0})
	}
	return append(out, j.host()...)
}

func (j *judgement) weak(c *Certificate, role Role) Code {
	if j.Refuses == nil {
		return ""
	}
	return j.Refuses(c, role == RoleAnchor)
}

func (j *judgement) dates(c *Certificate, role Role, depth int) []Fault {
	switch {
	case j.Time.Before(c.NotBefore):
		return []Fault{{Code: NotYetValid, Role: role, At: c, Depth: depth}}
	case j.Time.After(c.NotAfter), j.EndExclusive && j.Time.Equal(c.NotAfter):
		return []Fault{{Code: Expired, Role: role, At: c, Depth: depth}}
	}
	return nil
}

// caFaults are those of a CA, be it the anchor.
func (j *judgement) caFaults(path []*Certificate, i int) []Fault {
	c, role := path[i], j.role(path, i)
	var out []Fault
	add := func(code Code) { out = append(out, Fault{Code: code, Role: role, At: c, Depth: i}) }
	b, present, err := c.BasicConstraints()
	switch {
	case err != nil:
		add(NotCA)
	case present && !b.CA:
		add(NotCA)
	case !present && c.Version < 3 && role != RoleAnchor && !j.CAUnlessV3:
		add(NotCA)
	case !present && c.Version >= 3 && !(role == RoleAnchor && j.anchorIsCA(c)):
		add(NotCA)
	case present && b.PathLen >= 0 && subsBelow(path, i) > b.PathLen:
		add(PathLength)
	}
	if u, has, err := c.KeyUsage(); (err != nil || has && u&KeyCertSign == 0) && !(role == RoleAnchor && j.Anchor.FreeKeyUsage) {
		add(CAKeyUsage)
	}
	if !j.FreeEKU && !(role == RoleAnchor && j.Anchor.FreeEKU) && !j.allows(c, j.CAPurposes) {
		add(ExtKeyUsage)
	}
	return out
}

// anchorIsCA says what an anchor of version 3 without basicConstraints is.
func (j *judgement) anchorIsCA(c *Certificate) bool {
	if j.Anchor.NoBasicConstraints {
		return true
	}
	u, has, err := c.KeyUsage()
	return j.Anchor.UsageMakesCA && err == nil && has && u&KeyCertSign != 0
}

// subsBelow counts the CAs below path[i] that a path length counts.
func subsBelow(path []*Certificate, i int) int {
	n := 0
	for _, c := range path[1:i] {
		if !c.SelfIssued() {
			n++
		}
	}
	return n
}

// allows reports whether the extended key usage permits the purpose.
func (j *judgement) allows(c *Certificate, more []string) bool {
	list, present, err := c.ExtKeyUsage()
	if err != nil || !present {
		return err == nil
	}
	wanted := OIDServerAuth
	if j.Purpose == Client {
		wanted = OIDClientAuth
	}
	return slices.Contains(list, wanted) || slices.ContainsFunc(more, func(oid string) bool { return slices.Contains(list, oid) })
}

func (j *judgement) leafFaults(c *Certificate) []Fault {
	var out []Fault
	add := func(code Code) { out = append(out, Fault{Code: code, Role: RoleLeaf, At: c, Depth: 0}) }
	if !j.FreeEKU && !j.allows(c, j.LeafPurposes) {
		add(ExtKeyUsage)
	}
	if u, has, err := c.KeyUsage(); err != nil || has && j.LeafUsage != nil && u&j.LeafUsage(c) == 0 {
		add(KeyUsage)
	}
	if b, _, err := c.BasicConstraints(); err == nil && b.CA && (j.LeafCA == nil || !j.LeafCA(c)) {
		add(CAAsLeaf)
	}
	if e, ok := c.Extension(OIDTLSFeature); ok && j.MustStaple && len(e.Value) > 0 {
		add(Revoked)
	}
	return out
}

// form is about critical and repeated extensions and other matters of form.
func (j *judgement) form(path []*Certificate, i int) []Fault {
	c, role := path[i], j.role(path, i)
	var out []Fault
	if !(role == RoleAnchor && j.Anchor.FreeCritical) && len(c.UnknownCritical(j.knows)) > 0 {
		out = append(out, Fault{Code: Critical, Role: role, At: c, Depth: i})
	}
	if role == RoleAnchor && len(c.Subject) == 0 && !j.Anchor.EmptySubject {
		out = append(out, Fault{Code: NotCA, Role: role, At: c, Depth: i})
	}
	if j.repeatsExtension(c) {
		out = append(out, Fault{Code: ChainUnreadable, Role: role, At: c, Depth: i})
	}
	if j.Form != nil {
		if code, said := j.Form(path, i, role == RoleAnchor); code != "" {
			out = append(out, Fault{Code: code, Role: role, At: c, Depth: i, Said: said})
		}
	}
	return out
}

func (j *judgement) knows(oid string) bool {
	if slices.Contains(j.UnknownCritical, oid) {
		return false
	}
	switch oid {
	case OIDBasicConstraints, OIDKeyUsage, OIDExtKeyUsage, OIDSubjectAltName, OIDNameConstraints,
		OIDPolicies, OIDPolicyConstraints, OIDInhibitAnyPolicy, OIDPolicyMappings:
		return true
	}
	return slices.Contains(j.KnownCritical, oid)
}

func (j *judgement) repeatsExtension(c *Certificate) bool {
	seen := map[string]bool{}
	for _, e := range c.Extensions {
		if seen[e.OID] && (j.Duplicates == nil || !j.Duplicates(e.OID)) {
			return true
		}
		seen[e.OID] = true
	}
	return false
}

// policyFault applies what of RFC 5280 §6.1 can fail without policies asked
// for: an explicit policy is required, and the path has none in common. The
// policies that mappings lead to are counted as common.
func policyFault(path []*Certificate) bool {
	required := len(path) + 1
	var common map[string]bool // nil: any policy
	for i := len(path) - 2; i >= 0; i-- {
		c := path[i]
		common = narrow(common, c)
		if i > 0 && c.SelfIssued() {
			continue
		}
		if p, _, err := c.PolicyConstraints(); err == nil && p.RequireExplicit >= 0 {
			required = min(required, p.RequireExplicit)
		} else if required > 0 {
			required--
		}
		if required == 0 && common != nil && len(common) == 0 {
			return true
		}
	}
	return false
}

func narrow(common map[string]bool, c *Certificate) map[string]bool {
	list, _, err := c.Policies()
	if err != nil {
		return map[string]bool{}
	}
	next := map[string]bool{}
	for _, p := range list {
		if p.OID == OIDAnyPolicy {
			return common
		}
		if common == nil || common[p.OID] {
			next[p.OID] = true
		}
	}
	mappings, _, _ := c.PolicyMappings()
	for _, m := range mappings {
		if next[m.Issuer] {
			next[m.Subject] = true
		}
	}
	return next
}
