package javaks

import "strings"

var hosts = []string{
	"example.com", ".example.com", "", ".", "..", "a", "a.", "1.2.3.4", "1.2.3.256", "01.002.3.4", "1.2.3", "1.2.3.4.", "a_b.c", "*.example.com", "-a.b", "a-.b",
	"a.b-", "a..b", "a.1", "1a.b", "a.1b", "a b", "[::1]", "[1::2]", "[::ffff:1.2.3.4]", "[1:2:3:4:5:6:7::]", "[::1%25eth0]", "[::1%eth0]", "[1]", "[]", "[", "a]", "[::1",
	"[1:2:3:4:5:6:7:8:9]", "[::1.2.3]", "[g::]", "xn--a.b", "\xe9.com", "a%41.com", "%61", "%2e%61", "%2ea", "a%", "a%zz", "123", "a.b.c.d.e", "EXAMPLE.COM", "a~b", "a!b",
	strings.Repeat("a", 63) + ".b", strings.Repeat("a", 64) + ".b", strings.Repeat("a.", 126) + "a", strings.Repeat("a.", 127) + "a", "a;b", "a,b", "a$b",
	"00000000001.2.3.4", "1.2.3.4a", "1.2.3.0004", "1.2.3.00000000000004", "[::00000000001.2.3.4]", "[::1.2.3.04]", "a.b.", "a.1.", "1.", "a-b", "a--b.c", "a.-b", "999.1.1.1",
}

const uriAlphabet = "abz019AZ-_.!~*'();/?:@&=+$,[]%#<>\"\\^`{|} \x00\x7f\x80\xff"

// hostName is what may stand in a constraint.
func (g generator) hostName() string {
	h := pick(g, hosts)
	switch g.IntN(16) {
	case 0:
		h += pick(g, []string{":80", "#", "#f", "#\x01", "?", "?q", "/", "/p", ":", "#[", "#%41", "#%4"})
	case 1:
		h = pick(g, []string{"http://", "//", "/", "a:", "?", "#", "."}) + h
	case 2:
		h = g.spoil(h)
	}
	return h
}

// spoil changes one sign.
func (g generator) spoil(s string) string {
	b := []byte(s)
	c := uriAlphabet[g.IntN(len(uriAlphabet))]
	switch at := g.IntN(len(b) + 1); {
	case at == len(b):
		b = append(b, c)
	case g.odds(2):
		b[at] = c
	default:
		b = append(b[:at], append([]byte{c}, b[at:]...)...)
	}
	return string(b)
}

func (g generator) uri() string {
	var s strings.Builder
	s.WriteString(pick(g, []string{"http", "http", "http", "ldap", "a", "", "1", "h-t+p.", "h_t", "\xe9", "urn", "h p"}))
	s.WriteString(pick(g, []string{":", ":", ":", ":", "", "::"}))
	s.WriteString(pick(g, []string{"//", "//", "//", "//", "/", "", "///"}))
	if g.wild(8) {
		s.WriteString(pick(g, []string{"u@", "@", "u:p@", "u%40@", "u[@", "u@v@", "u%@", "\xff@", "u/@"}))
	}
	s.WriteString(pick(g, hosts))
	if g.wild(6) {
		s.WriteString(pick(g, []string{":", ":80", ":x", ":2147483647", ":2147483648", ":00000000000080", ":99999999999999999999", ":8 0", ":80:80", ":-1", ":+1"}))
	}
	s.WriteString(pick(g, []string{"", "", "/", "/p", "/p p", "?q", "/?q", "#f", "#", "/[", "?[", "#[", "/%", "/%41", "/é", "/a;b", "?a?b", "#a#b", "/\\", "?^", "/|"}))
	u := s.String()
	for g.odds(5) {
		u = g.spoil(u)
	}
	return u
}

// goodURIs are such as Java takes.
func goodURIs(constraint bool) []string {
	if constraint {
		return []string{"example.com", ".example.com", "a", "1.2.3.4", "a%2eb", "a#f", "a-b.c"}
	}
	return []string{"http://a.b/", "ldap://h/o=x,c=HK?a?b", "urn:x", "http://a:80", "http://[::1]/", "http://1.2.3.4", "a:/p", "http://a_b/", "http://\xe9/", "http://u@a/%41"}
}
