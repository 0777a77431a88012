package chain

import (
	"bytes"
	"slices"
	"strings"
)

// nameFaults applies the name constraints of all CAs of a path, the anchor
// included, to what is below them (RFC 5280 §6.1.3 b, c).
func (j *judgement) nameFaults(path []*Certificate) []Fault {
	for i := len(path) - 1; i > 0; i-- {
		n, present, err := path[i].NameConstraints()
		if !present {
			continue
		}
		if err != nil {
			return []Fault{{Code: NameConstraint, Role: j.role(path, i), At: path[i], Depth: i}}
		}
		for k := i - 1; k >= 0; k-- {
			if k > 0 && path[k].SelfIssued() {
				continue
			}
			if k == 0 && !j.readsNames(n, path[k]) {
				return []Fault{{Code: SANUnreadable, Role: j.role(path, k), At: path[k], Depth: k}}
			}
			if permitted, excluded := j.permits(n, path[k], k == 0); !permitted {
				return []Fault{{Code: NameConstraint, Role: j.role(path, k), At: path[k], Depth: k, Excluded: excluded}}
			}
		}
	}
	return nil
}

// readsNames reports whether the program reads the DNS names on which there are
// constraints.
func (j *judgement) readsNames(n NameConstraints, c *Certificate) bool {
	constrained := func(s Subtree) bool { return s.Type == DNSName }
	if j.DNSNames == nil || !slices.ContainsFunc(n.Permitted, constrained) && !slices.ContainsFunc(n.Excluded, constrained) {
		return true
	}
	names, _, _ := c.SubjectAltName()
	return !slices.ContainsFunc(names, func(g GeneralName) bool { return g.Type == DNSName && !j.DNSNames(string(g.Value)) })
}

// permits reports whether name constraints permit all names of a certificate
// and, if not, whether it is because one is excluded.
func (j *judgement) permits(n NameConstraints, c *Certificate, leaf bool) (permitted, excluded bool) {
	names, _, err := c.SubjectAltName()
	if err != nil {
		return false, false
	}
	names = slices.Clip(names)
	if len(c.Subject) > 0 && !j.FreeDirectory {
		names = append(names, GeneralName{Type: DirectoryName, Constructed: true, Value: c.RawSubject})
	}
	for _, rdn := range c.Subject {
		for _, a := range rdn {
			if a.Type == EmailAddress {
				names = append(names, GeneralName{Type: EmailName, Value: a.Value})
			}
		}
	}
	if cn, ok := c.Subject.Last(CommonName); ok && leaf && !j.FreeCommonName && !hasName(names, DNSName) {
		if text, ok := cn.Text(); ok && (j.BareNames || looksLikeHost(text)) {
			names = append(names, GeneralName{Type: DNSName, Value: []byte(text)})
		}
	}
	for _, name := range names {
		if j.FreeDirectory && name.Type == DirectoryName {
			continue
		}
		if slices.ContainsFunc(n.Excluded, func(s Subtree) bool { return s.holds(name, j.FoldName) }) {
			return false, true
		}
		sameKind := func(s Subtree) bool { return s.Type == name.Type }
		if slices.ContainsFunc(n.Permitted, sameKind) &&
			!slices.ContainsFunc(n.Permitted, func(s Subtree) bool { return s.holds(name, j.FoldName) }) {
			return false, false
		}
	}
	return true, false
}

func hasName(names []GeneralName, kind NameType) bool {
	return slices.ContainsFunc(names, func(n GeneralName) bool { return n.Type == kind })
}

func looksLikeHost(s string) bool {
	return strings.Contains(s, ".") && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._*", r))
	}) < 0
}

// holds reports whether a name lies within the subtree.
func (s Subtree) holds(name GeneralName, fold bool) bool {
	if s.Type != name.Type {
		return false
	}
	switch s.Type {
	case DNSName:
		return withinDomain(string(name.Value), string(s.Value))
	case EmailName:
		return withinMailbox(string(name.Value), string(s.Value))
	case URIName:
		return withinDomain(uriHost(string(name.Value)), string(s.Value)) && (s.Value[0] == '.' || strings.EqualFold(uriHost(string(name.Value)), string(s.Value)))
	case IPName:
		return withinSubnet(name.Value, s.Value)
	case DirectoryName:
		return withinDirectory(name.Value, s.Value, fold)
	}
	return false
}

func withinDomain(name, base string) bool {
	name, base = lowerASCII(strings.TrimSuffix(name, ".")), lowerASCII(base)
	if base == "" || name == base {
		return true
	}
	if !strings.HasPrefix(base, ".") {
		base = "." + base
	}
	return strings.HasSuffix(name, base)
}

func withinMailbox(name, base string) bool {
	if strings.Contains(base, "@") {
		return strings.EqualFold(name, base)
	}
	domain := name[strings.LastIndexByte(name, '@')+1:]
	if strings.HasPrefix(base, ".") {
		return strings.HasSuffix(lowerASCII(domain), lowerASCII(base))
	}
	return strings.EqualFold(domain, base)
}

func uriHost(uri string) string {
	_, rest, _ := strings.Cut(uri, "://")
	host, _, _ := strings.Cut(rest, "/")
	host = host[strings.LastIndexByte(host, '@')+1:]
	host, _, _ = strings.Cut(host, ":")
	return host
}

func withinSubnet(address, subnet []byte) bool {
	n := len(address)
	if len(subnet) != 2*n {
		return false
	}
	for i := range n {
		if address[i]&subnet[n+i] != subnet[i]&subnet[n+i] {
			return false
		}
	}
	return true
}

func withinDirectory(name, base []byte, fold bool) bool {
	n, err := ParseName(name)
	b, err2 := ParseName(base)
	if err != nil || err2 != nil || len(n) < len(b) {
		return false
	}
	for i := range b {
		if fold && foldRDN(n[i]) != foldRDN(b[i]) || !fold && !sameRDN(n[i], b[i]) {
			return false
		}
	}
	return true
}

func sameRDN(a, b []Attribute) bool {
	return slices.EqualFunc(a, b, func(x, y Attribute) bool { return x.Type == y.Type && bytes.Equal(x.Raw, y.Raw) })
}
