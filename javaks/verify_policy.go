package javaks

import (
	"errors"
	"slices"

	"github.com/hktrust/hktrust/truststore/chain"
)

// policyState is sun.security.provider.certpath.PolicyChecker with what JSSE
// gives it: any policy will do, and nothing is required unless a certificate
// of the path requires it. It is RFC 5280 §6.1, so that only policyConstraints
// can make a path fail; and Java refuses a critical policy with qualifiers.
type policyState struct {
	length   int // certificates of the path
	index    int // of the next certificate, from 1
	explicit int
	mapping  int
	anyLeft  int
	root     *policyNode // nil: the tree is empty
	nodes    int
}

// policyNode is a node of the valid policy tree.
type policyNode struct {
	policy   string
	expected []string
	original bool // expected was not mapped yet
	depth    int
	children []*policyNode
}

// maxPolicyNodes bounds the tree, which grows exponentially in the worst case.
const maxPolicyNodes = 4096

var (
	errTooManyPolicies = errors.New("policy tree too large")
	errPolicyQualifier = errors.New("critical policy qualifiers present in certificate")
	errNoPolicy        = errors.New("non-null policy tree required and policy tree is null")
	errMapsFromAny     = errors.New("encountered an issuerDomainPolicy of ANY_POLICY")
	errMapsToAny       = errors.New("encountered a subjectDomainPolicy of ANY_POLICY")
)

func newPolicyState(length int) *policyState {
	return &policyState{
		length: length, index: 1, explicit: length + 1, mapping: length + 1, anyLeft: length + 1,
		root: &policyNode{policy: chain.OIDAnyPolicy, expected: []string{chain.OIDAnyPolicy}, original: true},
	}
}

// process takes the path's next certificate.
func (s *policyState) process(c *certificate, final bool) error {
	policies, present, err := c.Policies()
	if err != nil {
		present = false
	}
	switch {
	case !present:
		s.root = nil
	case s.root != nil:
		extension, _ := c.Extension(chain.OIDPolicies)
		if err := s.grow(c, policies, extension.Critical, final); err != nil {
			return err
		}
	}
	if s.root != nil && !final {
		if err := s.mapPolicies(c); err != nil {
			return err
		}
	}
	if final {
		s.mergeExplicit(c, true)
	}
	if s.explicit == 0 && s.root == nil {
		return errNoPolicy
	}
	if !final {
		s.mergeExplicit(c, false)
		s.mergeMapping(c)
		s.mergeAny(c)
	}
	s.index++
	return nil
}

func (s *policyState) grow(c *certificate, policies []chain.PolicyInformation, critical, final bool) error {
	hasAny := false
	for _, p := range policies {
		if p.OID == chain.OIDAnyPolicy {
			hasAny = true
			continue
		}
		if p.Qualifiers && critical {
			return errPolicyQualifier
		}
		matched := false
		for _, parent := range s.atDepth(s.index - 1) {
			if slices.Contains(parent.expected, p.OID) {
				matched = true
				s.add(parent, p.OID, p.OID)
			}
		}
		if matched {
			continue
		}
		for _, parent := range s.atDepth(s.index - 1) {
			if slices.Contains(parent.expected, chain.OIDAnyPolicy) {
				s.add(parent, p.OID, p.OID)
			}
		}
	}
	if hasAny && (s.anyLeft > 0 || !final && c.selfIssued) {
		s.growAny()
	}
	if s.nodes > maxPolicyNodes {
		return errTooManyPolicies
	}
	s.prune()
	return nil
}

// growAny gives every expected policy that nobody took a node of its own.
func (s *policyState) growAny() {
	for _, parent := range s.atDepth(s.index - 1) {
		for _, expected := range parent.expected {
			if !slices.ContainsFunc(parent.children, func(n *policyNode) bool { return n.policy == expected }) {
				s.add(parent, expected, expected)
			}
		}
	}
}

func (s *policyState) add(parent *policyNode, policy, expected string) {
	if s.nodes++; s.nodes > maxPolicyNodes {
		return
	}
	parent.children = append(parent.children, &policyNode{
		policy: policy, expected: []string{expected}, original: true, depth: parent.depth + 1,
	})
}

func (s *policyState) atDepth(depth int) []*policyNode {
	level := []*policyNode{s.root}
	for range depth {
		var next []*policyNode
		for _, n := range level {
			next = append(next, n.children...)
		}
		level = next
	}
	return level
}

// prune drops what does not reach down to the current certificate.
func (s *policyState) prune() {
	s.root.prune(s.index)
	if len(s.root.children) == 0 {
		s.root = nil
	}
}

func (n *policyNode) prune(depth int) {
	for _, child := range n.children {
		child.prune(depth)
	}
	n.children = slices.DeleteFunc(n.children, func(child *policyNode) bool {
		return len(child.children) == 0 && depth > n.depth+1
	})
}

// mapPolicies is PolicyChecker.processPolicyMappings.
func (s *policyState) mapPolicies(c *certificate) error {
	mappings, present, err := c.PolicyMappings()
	if !present || err != nil {
		return nil
	}
	deleted := false
	for _, m := range mappings {
		switch chain.OIDAnyPolicy {
		case m.Issuer:
			return errMapsFromAny
		case m.Subject:
			return errMapsToAny
		}
		if s.mapOne(m) {
			deleted = true
		}
	}
	if s.nodes > maxPolicyNodes {
		return errTooManyPolicies
	}
	if deleted {
		s.prune()
	}
	return nil
}

// mapOne applies one mapping and reports whether it deleted nodes.
func (s *policyState) mapOne(m chain.PolicyMapping) (deleted bool) {
	parents := s.atDepth(s.index - 1)
	named := func(policy string) func(*policyNode) bool {
		return func(n *policyNode) bool { return n.policy == policy }
	}
	found := false
	for _, parent := range parents {
		for _, n := range parent.children {
			if n.policy != m.Issuer {
				continue
			}
			found = true
			if s.mapping > 0 {
				n.expect(m.Subject)
			}
		}
	}
	switch {
	case found && s.mapping == 0:
		for _, parent := range parents {
			parent.children = slices.DeleteFunc(parent.children, named(m.Issuer))
		}
		return true
	case !found && s.mapping > 0:
		for _, parent := range parents {
			if slices.ContainsFunc(parent.children, named(chain.OIDAnyPolicy)) {
				s.add(parent, m.Issuer, m.Subject)
			}
		}
	}
	return false
}

// expect adds an expected policy; the first mapping replaces the node's own.
func (n *policyNode) expect(policy string) {
	if n.original {
		n.expected, n.original = nil, false
	}
	if !slices.Contains(n.expected, policy) {
		n.expected = append(n.expected, policy)
	}
}

func (s *policyState) mergeExplicit(c *certificate, final bool) {
	if s.explicit > 0 && !c.selfIssued {
		s.explicit--
	}
	p, present, err := c.PolicyConstraints()
	switch {
	case !present || err != nil:
	case final && p.RequireExplicit == 0:
		s.explicit = 0
	case !final && p.RequireExplicit >= 0:
		s.explicit = min(s.explicit, p.RequireExplicit)
	}
}

func (s *policyState) mergeMapping(c *certificate) {
	if s.mapping > 0 && !c.selfIssued {
		s.mapping--
	}
	if p, present, err := c.PolicyConstraints(); present && err == nil && p.InhibitMapping >= 0 {
		s.mapping = min(s.mapping, p.InhibitMapping)
	}
}

func (s *policyState) mergeAny(c *certificate) {
	if s.anyLeft > 0 && !c.selfIssued {
		s.anyLeft--
	}
	if skip, present, err := c.InhibitAnyPolicy(); present && err == nil && skip >= 0 {
		s.anyLeft = min(s.anyLeft, skip)
	}
}
