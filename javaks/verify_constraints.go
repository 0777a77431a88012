package javaks

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/chain"
)

// nameConstraints are the name constraints that hold at some point of a path
// (sun.security.x509.NameConstraintsExtension, which Java merges downwards).
type nameConstraints struct {
	permitted, excluded []subtree
}

type subtree struct {
	generalName
	limited bool // it has a minimum or a maximum, which Java refuses
}

// errThrown marks an exception that no checker catches: Java then gives up
// instead of trying the next path.
var errThrown = errors.New("java.lang.RuntimeException")

var (
	errConstrained = errors.New("name constraints check failed")
	errBaseLimits  = errors.New("Non-zero minimum or maximum BaseDistance in name constraints not supported")
)

// readConstraints reads the extension; nil if there is none that Java can read.
func readConstraints(c *chain.Certificate) *nameConstraints {
	n, present, err := c.NameConstraints()
	if !present || err != nil {
		return nil
	}
	out := &nameConstraints{}
	for _, list := range []struct {
		from []chain.Subtree
		to   *[]subtree
	}{{n.Permitted, &out.permitted}, {n.Excluded, &out.excluded}} {
		for _, s := range list.from {
			g, err := readGeneralName(s.GeneralName, true)
			if err != nil {
				return nil
			}
			*list.to = append(*list.to, subtree{g, s.Minimum != 0 || s.Maximum != -1})
		}
	}
	return out
}

func (n *nameConstraints) clone() *nameConstraints {
	return &nameConstraints{slices.Clone(n.permitted), slices.Clone(n.excluded)}
}

// verify checks every name of a certificate. legacy: JDK 17's rules. As in
// Java, a common name that is checked as a DNS name or address joins the
// certificate's subjectAltName, where the host name check then finds it.
func (n *nameConstraints) verify(c *certificate, legacy bool) error {
	if slices.ContainsFunc(slices.Concat(n.permitted, n.excluded), func(s subtree) bool { return s.limited }) {
		return errBaseLimits
	}
	if len(c.Subject) > 0 {
		if err := n.verifyName(generalName{kind: chain.DirectoryName, rdns: foldRDNs(c.Subject)}, legacy); err != nil {
			return err
		}
	}
	for _, g := range c.constrainedNames(legacy) {
		if err := n.verifyName(g, legacy); err != nil {
			return err
		}
	}
	return nil
}

// constrainedNames lists the names beside the subject.
func (c *certificate) constrainedNames(legacy bool) []generalName {
	names := c.san.names
	if c.san.raw == nil {
		names = subjectEmails(c.Subject)
	}
	extra, ok := commonNameAsName(c.Subject, altNames{names: names}, legacy)
	if !ok {
		return names
	}
	names = append(slices.Clip(names), extra)
	if c.san.raw != nil {
		c.san.names = names
	}
	return names
}

func subjectEmails(subject chain.Name) []generalName {
	var out []generalName
	for _, rdn := range subject {
		for _, a := range rdn {
			if text, ok := a.Text(); ok && a.Type == chain.EmailAddress {
				g, err := readGeneralName(chain.GeneralName{Type: chain.EmailName, Value: []byte(text)}, false)
				if err == nil {
					out = append(out, g)
				}
			}
		}
	}
	return out
}

// commonNameAsName is the last common name as an address or a DNS name, where
// no name of that kind is there.
func commonNameAsName(subject chain.Name, names altNames, legacy bool) (generalName, bool) {
	a, ok := subject.Last(chain.CommonName)
	if !ok {
		return generalName{}, false
	}
	cn, ok := a.Text()
	if !ok {
		return generalName{}, false
	}
	if ip := parseIP(cn); ip != nil {
		return generalName{kind: chain.IPName, address: ip}, !names.has(chain.IPName)
	}
	checked := cn
	if legacy {
		checked = strings.ReplaceAll(cn, "*", "z")
	}
	return generalName{kind: chain.DNSName, text: cn}, !names.has(chain.DNSName) && validDNS(checked, legacy)
}

func (n *nameConstraints) verifyName(name generalName, legacy bool) error {
	for _, s := range n.excluded {
		r, err := s.constrains(name)
		if err != nil {
			return err
		}
		if r == relMatch || r == relNarrows || legacy && s.wildcardMatch(name) {
			return errConstrained
		}
	}
	sameType := false
	for _, s := range n.permitted {
		r, err := s.constrains(name)
		switch {
		case err != nil:
			return err
		case r == relMatch || r == relNarrows:
			return nil
		case r != relDiffers:
			sameType = true
		}
	}
	if sameType {
		return errConstrained
	}
	return nil
}

// wildcardMatch: JDK 17 excludes "*.x" if it could match an excluded name.
func (g generalName) wildcardMatch(name generalName) bool {
	return g.kind == chain.DNSName && name.kind == chain.DNSName && strings.Contains(name.text, "*") &&
		matchesPattern(strings.ToLower(g.text), strings.ToLower(name.text), true, nil)
}

// merge takes over the constraints of the next certificate down the path.
func (n *nameConstraints) merge(next *nameConstraints) error {
	var err error
	if len(n.excluded) == 0 {
		n.excluded = slices.Clone(next.excluded)
	} else if n.excluded, err = union(n.excluded, next.excluded); err != nil {
		return err
	}
	if n.permitted == nil {
		n.permitted = slices.Clone(next.permitted)
	} else if next.permitted != nil {
		if err := n.intersect(next.permitted); err != nil {
			return err
		}
	}
	return n.reduce()
}

// intersect narrows what is permitted, GeneralSubtrees.intersect.
func (n *nameConstraints) intersect(next []subtree) error {
	if len(n.permitted) == 0 {
		var err error
		n.permitted, err = union(nil, next)
		return err
	}
	mine, err := minimize(n.permitted)
	if err != nil {
		return err
	}
	if next, err = minimize(next); err != nil {
		return err
	}
	kept, narrowed, err := keepCommon(mine, next, n)
	if err != nil {
		return err
	}
	if len(narrowed) > 0 {
		if kept, err = union(kept, narrowed); err != nil {
			return err
		}
	}
	n.permitted, err = addOtherKinds(kept, next)
	return err
}

// keepCommon splits what both permit into subtrees of ours that stay and
// subtrees of next that replace a wider one. A kind of name without anything
// in common is excluded altogether.
func keepCommon(mine, next []subtree, n *nameConstraints) (kept, narrowed []subtree, err error) {
	left := slices.Clone(mine)
	for i := 0; i < len(left); i++ {
		this := left[i]
		fate, replacement, err := compareAll(this, next)
		if err != nil {
			return nil, nil, err
		}
		switch fate {
		case relNarrows:
			narrowed = append(narrowed, replacement)
		case relSame:
			common, err := anyCommon(this, left, next)
			if err != nil {
				return nil, nil, err
			}
			if !common {
				if this.kind != chain.DirectoryName {
					// Java cannot write "everything" for other kinds.
					return nil, nil, fmt.Errorf("%w: Unexpected error", errThrown)
				}
				n.excluded = append(n.excluded, subtree{generalName: generalName{kind: chain.DirectoryName}})
			}
		default:
			kept = append(kept, this)
			continue
		}
		left = slices.Delete(left, i, i+1)
		i--
	}
	return kept, narrowed, nil
}

// compareAll compares a subtree with all of next: relNarrows with the one that
// replaces it, relSame if only its kind is shared, relDiffers if it stays.
func compareAll(this subtree, next []subtree) (relation, subtree, error) {
	fate := relDiffers
	for _, other := range next {
		r, err := this.constrains(other.generalName)
		if err != nil {
			return 0, subtree{}, err
		}
		switch r {
		case relNarrows:
			return relNarrows, other, nil
		case relSame:
			fate = relSame
		case relMatch, relWidens:
			return relDiffers, subtree{}, nil
		}
	}
	return fate, subtree{}, nil
}

func anyCommon(this subtree, mine, next []subtree) (bool, error) {
	for _, alternative := range mine {
		if alternative.kind != this.kind {
			continue
		}
		for _, other := range next {
			r, err := alternative.constrains(other.generalName)
			if err != nil {
				return false, err
			}
			if r == relMatch || r == relWidens || r == relNarrows {
				return true, nil
			}
		}
	}
	return false, nil
}

// addOtherKinds adds the subtrees of next whose kind we do not have.
func addOtherKinds(mine, next []subtree) ([]subtree, error) {
	for _, other := range next {
		differs := false
		for _, this := range mine {
			r, err := this.constrains(other.generalName)
			if err != nil {
				return nil, err
			}
			if differs = r == relDiffers; !differs {
				break
			}
		}
		if differs {
			mine = append(mine, other)
		}
	}
	return mine, nil
}

// reduce drops what is permitted and excluded as well.
func (n *nameConstraints) reduce() error {
	for _, excluded := range n.excluded {
		for j := 0; j < len(n.permitted); j++ {
			r, err := excluded.constrains(n.permitted[j].generalName)
			if err != nil {
				return err
			}
			if r == relMatch || r == relNarrows {
				n.permitted = slices.Delete(n.permitted, j, j+1)
				j--
			}
		}
	}
	return nil
}

func union(a, b []subtree) ([]subtree, error) {
	return minimize(append(slices.Clip(a), b...))
}

// minimize drops subtrees that lie within others.
func minimize(list []subtree) ([]subtree, error) {
	list = slices.Clone(list)
	for i := 0; i < len(list)-1; i++ {
		remove := false
		for j := i + 1; j < len(list) && !remove; j++ {
			r, err := list[i].constrains(list[j].generalName)
			if err != nil {
				return nil, err
			}
			switch r {
			case relMatch, relWidens:
				remove = true
			case relNarrows:
				list = slices.Delete(list, j, j+1)
				j--
			}
		}
		if remove {
			list = slices.Delete(list, i, i+1)
			i--
		}
	}
	return list, nil
}
