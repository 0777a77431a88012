package javaks

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/chain"
)

// altNames is a subjectAltName as Java holds it.
type altNames struct {
	raw     []byte // of the extension; nil if there is none that Java can read
	names   []generalName
	problem error // why Java cannot read the one that is there
}

// generalName is a name that Java can read (sun.security.x509.GeneralName).
type generalName struct {
	kind    chain.NameType
	text    string   // of e-mail, DNS and URI
	address []byte   // of IP; twice as long with a mask
	rdns    []string // of directory names, each folded
	host    string   // of URI; "" where it has none
	hostDNS bool     // and that host is a DNS name
}

// readAltNames reads the subjectAltName; one bad name spoils them all.
func readAltNames(c *chain.Certificate) altNames {
	list, present, err := c.SubjectAltName()
	if !present {
		return altNames{}
	}
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: no data in subjectAltName", chain.ErrMalformed)
	}
	if err != nil {
		return altNames{problem: err}
	}
	out := altNames{}
	for _, n := range list {
		g, err := readGeneralName(n, false)
		if err != nil {
			return altNames{problem: err}
		}
		out.names = append(out.names, g)
	}
	e, _ := c.Extension(chain.OIDSubjectAltName)
	out.raw = e.Value
	return out
}

// has reports whether there is a name of a kind.
func (a altNames) has(kind chain.NameType) bool {
	return slices.ContainsFunc(a.names, func(g generalName) bool { return g.kind == kind })
}

// readGeneralName reads a name; constraint says that it is one of a name
// constraint, where a URI is but a host.
func readGeneralName(n chain.GeneralName, constraint bool) (generalName, error) {
	g := generalName{kind: n.Type}
	bad := fmt.Errorf("%w: general name of kind %d", chain.ErrMalformed, n.Type)
	switch n.Type {
	case chain.OtherName, chain.X400Name, chain.DirectoryName, chain.EDIPartyName:
		if !n.Constructed {
			return g, bad
		}
	default:
		if n.Constructed {
			return g, bad
		}
	}
	switch n.Type {
	case chain.EmailName:
		g.text = string(n.Value)
		domain := g.text[strings.IndexByte(g.text, '@')+1:]
		if domain == "" || domain == "." {
			return g, bad
		}
	case chain.DNSName:
		g.text = string(n.Value)
	case chain.URIName:
		return readURI(string(n.Value), constraint)
	case chain.IPName:
		if !slices.Contains([]int{4, 8, 16, 32}, len(n.Value)) {
			return g, bad
		}
		g.address = n.Value
	case chain.DirectoryName:
		name, err := chain.ParseName(n.Value)
		if err != nil {
			return g, bad
		}
		g.rdns = foldRDNs(name)
	}
	return g, nil
}

func foldRDNs(name chain.Name) []string {
	out := make([]string, len(name))
	for i, rdn := range name {
		out[i] = foldRDN(rdn)
	}
	return out
}

// readURI is sun.security.x509.URIName.
func readURI(text string, constraint bool) (generalName, error) {
	g := generalName{kind: chain.URIName, text: text}
	bad := fmt.Errorf("%w: URI %q", chain.ErrMalformed, text)
	if constraint {
		g.host, g.hostDNS = text, true
		if strings.ContainsAny(text, ":/?#") || !validDNS(strings.TrimPrefix(text, "."), false) {
			return g, bad
		}
		return g, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || strings.ContainsAny(text, " \\^`{}|<>\"") ||
		u.Host == "" && u.Path == "" && u.Opaque == "" {
		return g, bad
	}
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		if net.ParseIP(host) == nil {
			return g, bad
		}
		g.host = "[" + host + "]"
		return g, nil
	}
	if !uriHost(host) {
		return g, nil // an authority of another kind: no host
	}
	g.host, g.hostDNS = host, validDNS(host, false)
	if !g.hostDNS && !isIPv4Literal(host) {
		return g, bad
	}
	return g, nil
}

// uriHost reports whether java.net.URI takes a string for a host: labels of
// letters, digits and inner hyphens, the last beginning with a letter.
func uriHost(s string) bool {
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	for _, l := range labels {
		if l == "" || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") || !isLDH(l) {
			return false
		}
	}
	last := labels[len(labels)-1][0]
	return last < '0' || last > '9' || isIPv4Literal(s)
}

func isLDH(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
	}) < 0
}

// validDNS is the check of sun.security.x509.DNSName(String).
func validDNS(name string, legacy bool) bool {
	if name == "" || legacy && len(name) > 253 {
		return false
	}
	for _, label := range strings.Split(name, ".") {
		if label == "" || !isLDH(label) || strings.HasPrefix(label, "-") {
			return false
		}
		if legacy && (len(label) > 63 || strings.HasSuffix(label, "-")) {
			return false
		}
	}
	return true
}

// isIPv4Literal is sun.net.util.IPAddressUtil.isIPv4LiteralAddress.
func isIPv4Literal(s string) bool { return parseIPv4(s) != nil }

// parseIPv4 reads an address of one to four decimal parts, of which the last
// fills what is left.
func parseIPv4(s string) []byte {
	parts := strings.Split(s, ".")
	if len(s) > 15 || len(parts) > 4 {
		return nil
	}
	out := make([]byte, 4)
	for i, part := range parts {
		if part == "" || strings.Trim(part, "0123456789") != "" {
			return nil
		}
		var n uint64
		for _, d := range part {
			n = n*10 + uint64(d-'0')
		}
		if i < len(parts)-1 {
			if n > 255 {
				return nil
			}
			out[i] = byte(n)
			continue
		}
		if n >= 1<<(8*(4-i)) {
			return nil
		}
		for j := 3; j >= i; j-- {
			out[j] = byte(n)
			n >>= 8
		}
	}
	return out
}

// parseIP reads an address literal; nil if it is none. An IPv4 address mapped
// into IPv6 comes as IPv4.
func parseIP(s string) []byte {
	if b := parseIPv4(s); b != nil {
		return b
	}
	if !strings.Contains(s, ":") {
		return nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return nil
	}
	return a.Unmap().WithZone("").AsSlice()
}

// sameIP reports whether two addresses are one, mapped or not.
func sameIP(a, b []byte) bool {
	x, ok := netip.AddrFromSlice(a)
	y, ok2 := netip.AddrFromSlice(b)
	return ok && ok2 && x.Unmap() == y.Unmap()
}
