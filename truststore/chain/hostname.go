package chain

import (
	"net/netip"
	"strings"
)

// host checks the server's name against the leaf.
func (j *judgement) host() []Fault {
	if j.ServerName == "" || j.Purpose != Server || j.Hosts.matches(j.leaf, j.ServerName) {
		return nil
	}
	return []Fault{{Code: HostMismatch, Role: RoleLeaf, At: j.leaf, Depth: 0}}
}

// matches reports whether the certificate is one for the host.
func (h HostRules) matches(c *Certificate, host string) bool {
	if !h.KeepDot {
		host = strings.TrimSuffix(host, ".")
	}
	names, _, err := c.SubjectAltName()
	if err != nil {
		return false
	}
	cn, _ := c.Subject.Last(CommonName)
	common, _ := cn.Text()
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err == nil {
		return matchesAddress(names, address.Unmap()) || h.AddressInCN && !hasName(names, IPName) && !hasName(names, DNSName) && common == host
	}
	for _, n := range names {
		if n.Type == DNSName && h.matchesName(host, string(n.Value)) {
			return true
		}
	}
	return h.CommonName && !hasName(names, DNSName) && h.matchesName(host, common)
}

func matchesAddress(names []GeneralName, address netip.Addr) bool {
	for _, n := range names {
		if a, ok := netip.AddrFromSlice(n.Value); ok && n.Type == IPName && a.Unmap() == address {
			return true
		}
	}
	return false
}

func (h HostRules) matchesName(host, pattern string) bool {
	host, pattern = lowerASCII(host), lowerASCII(pattern)
	if h.Dot {
		pattern = strings.TrimSuffix(pattern, ".")
	}
	first, rest, dotted := strings.Cut(pattern, ".")
	if !strings.Contains(first, "*") || !dotted {
		return pattern != "" && host == pattern
	}
	label, parent, _ := strings.Cut(host, ".")
	if parent != rest || label == "" || strings.Contains(rest, "*") {
		return false
	}
	if !h.OneLabel && !strings.Contains(rest, ".") {
		return false
	}
	if first == "*" {
		return true
	}
	before, after, _ := strings.Cut(first, "*")
	return h.Partial && !strings.HasPrefix(label, "xn--") && len(label) >= len(before)+len(after) &&
		strings.HasPrefix(label, before) && strings.HasSuffix(label, after)
}
