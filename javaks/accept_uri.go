package javaks

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// uri follows URIName and java.net.URI: a scheme, legal characters, and a host
// that is a name or address, if java.net.URI finds one.
func (j *jvm) uri(content []byte) error {
	scheme, rest, found := splitScheme(content)
	if !found {
		return j.refuse("a URI without a scheme")
	}
	if !isScheme(scheme) {
		return j.refuse("a URI with an illegal scheme")
	}
	rest, fragment, fragmented := bytes.Cut(rest, []byte("#"))
	if !allURI(fragment, uriChars) {
		return j.refuse("a URI with illegal characters in its fragment")
	}
	if len(rest) == 0 {
		return j.refuse("a URI with a scheme alone")
	}
	if rest[0] != '/' {
		if !allURI(rest, uriChars) {
			return j.refuse("a URI with illegal characters")
		}
		return nil
	}
	if string(rest) == "//" && !fragmented {
		return j.refuse("a URI that ends after //")
	}
	return j.hierarchical(rest)
}

// splitScheme cuts b at its first colon, unless something else ends a scheme
// before.
func splitScheme(b []byte) (scheme, rest []byte, found bool) {
	at := bytes.IndexAny(b, ":/?#")
	if at < 0 || b[at] != ':' {
		return nil, b, false
	}
	return b[:at], b[at+1:], true
}

func isScheme(b []byte) bool {
	if len(b) == 0 || !isAlpha(b[0]) {
		return false
	}
	for _, c := range b {
		if !isAlpha(c) && !isDigit(c) && !strings.ContainsRune("+-.", rune(c)) {
			return false
		}
	}
	return true
}

// hierarchical checks what follows the scheme of a URI with a path: authority,
// path and query.
func (j *jvm) hierarchical(rest []byte) error {
	if authority, ok := bytes.CutPrefix(rest, []byte("//")); ok {
		end := bytes.IndexAny(authority, "/?")
		if end < 0 {
			end = len(authority)
		}
		rest, authority = authority[end:], authority[:end]
		if len(authority) > 0 {
			if err := j.authority(string(authority)); err != nil {
				return err
			}
		}
	}
	path, query, _ := bytes.Cut(rest, []byte("?"))
	if !allURI(path, pathChars) || !allURI(query, uriChars) {
		return j.refuse("a URI with illegal characters")
	}
	return nil
}

// authority checks a URI's authority. One that is no [user@]host[:port] goes as
// a name of its own, without a host, if its characters allow that.
func (j *jvm) authority(a string) error {
	asName := allURI([]byte(a), nameChars)
	host, ok := serverHost(a)
	switch {
	case !ok && asName:
		return nil
	case !ok && strings.ContainsRune(a, '['):
		return j.doubt(DoubtHost, "a URI with an address of IPv6 in question")
	case !ok:
		return j.refuse("a URI with an illegal authority")
	case strings.HasPrefix(host, "["):
		return nil
	case !j.dnsName(host):
		return j.refuse("a URI whose host is no DNS name")
	}
	return nil
}

// serverHost returns the host of an authority that names a server, with its
// brackets if it is an address of IPv6.
func serverHost(a string) (string, bool) {
	if at := strings.IndexByte(a, '@'); at >= 0 {
		if !allURI([]byte(a[:at]), userChars) {
			return "", false
		}
		a = a[at+1:]
	}
	host, port := a, ""
	if strings.HasPrefix(a, "[") {
		end := strings.IndexByte(a, ']')
		if end < 0 {
			return "", false
		}
		host, port = a[:end+1], a[end+1:]
		address, err := netip.ParseAddr(a[1:end])
		if err != nil || !address.Is6() || address.Zone() != "" {
			return "", false
		}
	} else if at := strings.IndexByte(a, ':'); at >= 0 {
		host, port = a[:at], a[at:]
	}
	if !isPort(port) {
		return "", false
	}
	return host, strings.HasPrefix(host, "[") || isHost(host)
}

// isPort says whether s is nothing, or a colon and nothing or a number of 31
// bits.
func isPort(s string) bool {
	if s == "" || s == ":" {
		return true
	}
	for i := 1; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	_, err := strconv.ParseUint(s[1:], 10, 31)
	return s[0] == ':' && err == nil
}

// isHost says whether java.net.URI takes s for a host: an IPv4 address, or labels
// of which the last of several begins with a letter, and perhaps a dot.
func isHost(s string) bool {
	if isIPv4(s) {
		return true
	}
	labels := strings.Split(strings.TrimSuffix(s, "."), ".")
	for _, label := range labels {
		if label == "" || !isAlphanumeric(label[0]) || !isAlphanumeric(label[len(label)-1]) {
			return false
		}
		for i := range len(label) {
			if !isAlphanumeric(label[i]) && label[i] != '-' {
				return false
			}
		}
	}
	return len(labels) == 1 || isAlpha(labels[len(labels)-1][0])
}

// isIPv4 says whether s is four numbers below 256, with zeros before them or not.
func isIPv4(s string) bool {
	parts := strings.Split(s, ".")
	for _, part := range parts {
		for i := range len(part) {
			if !isDigit(part[i]) {
				return false
			}
		}
		if n := strings.TrimLeft(part, "0"); part == "" || len(n) > 3 || len(n) == 3 && n > "255" {
			return false
		}
	}
	return len(parts) == 4
}

// dnsName follows DNSName's constructor from a string. Since 2026, JDK 17 and 21 bound
// the lengths and want no hyphens at the ends of labels; before, and in JDK 25,
// only that a label begins with a letter or digit.
func (j *jvm) dnsName(s string) bool {
	old := !j.since(25)
	if old && len(s) > 253 {
		return false
	}
	for _, label := range strings.Split(s, ".") {
		if label == "" || !isAlphanumeric(label[0]) || old && (len(label) > 63 || strings.HasSuffix(label, "-")) {
			return false
		}
		for i := range len(label) {
			if !isAlphanumeric(label[i]) && label[i] != '-' {
				return false
			}
		}
	}
	return true
}

// uriConstraint follows URIName.nameConstraint: a host, perhaps with a dot
// before it, perhaps with escapes, which are undone, and a fragment, which is
// dropped; no scheme.
func (j *jvm) uriConstraint(content []byte) error {
	if _, _, found := splitScheme(content); found {
		return j.refuse("a URI constraint with a scheme or port")
	}
	host, fragment, _ := bytes.Cut(content, []byte("#"))
	if !allURI(fragment, uriChars) || !allURI(host, pathChars) {
		return j.refuse("a URI constraint with illegal characters")
	}
	if !j.dnsName(strings.TrimPrefix(unescape(host), ".")) {
		return j.refuse("a URI constraint that is no DNS name")
	}
	return nil
}

// unescape undoes %XX.
func unescape(b []byte) string {
	var s []byte
	for i := 0; i < len(b); i++ {
		if isEscape(b[i:]) {
			n, _ := strconv.ParseUint(string(b[i+1:i+3]), 16, 8)
			s = append(s, byte(n))
			i += 2
			continue
		}
		s = append(s, b[i])
	}
	return string(s)
}

// Characters that java.net.URI allows beside letters and digits.
const (
	markChars = "-_.!~*'()"
	userChars = markChars + ";:&=+$,"
	nameChars = userChars + "@"
	pathChars = markChars + ":@&=+$,;/"
	uriChars  = markChars + ";/?:@&=+$,[]"
)

// allURI says whether b has no other characters than letters, digits, those of
// allowed, %XX, and what is no ASCII: Java reads that as U+FFFD, and takes it.
func allURI(b []byte, allowed string) bool {
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c >= 0x80 || isAlphanumeric(c) || strings.IndexByte(allowed, c) >= 0:
		case isEscape(b[i:]):
			i += 2
		default:
			return false
		}
	}
	return true
}

func isEscape(b []byte) bool {
	return len(b) >= 3 && b[0] == '%' && isHex(b[1]) && isHex(b[2])
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isAlphanumeric(c byte) bool { return isAlpha(c) || isDigit(c) }
