package javaks

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/hktrust/hktrust/truststore/chain"
)

// trimHost is what sun.security.ssl.X509TrustManagerImpl makes of a host name.
func trimHost(host string) string {
	host = strings.TrimSuffix(host, ".")
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
	}
	return host
}

// checkHost is sun.security.util.HostnameChecker for HTTPS.
func (v *verification) checkHost(path []*certificate) *refusal {
	leaf := path[0]
	if leaf.san.problem != nil && !v.legacy {
		return &refusal{code: chain.SANUnreadable, at: leaf, words: "java.security.cert.CertificateParsingException"}
	}
	if ip := parseIP(v.host); ip != nil {
		return v.checkAddress(leaf, ip)
	}
	if !validHost(v.host) {
		return &refusal{code: chain.HostIllegal, words: "Illegal given domain name: " + v.host}
	}
	var suffix func(string) bool
	if v.jdkCAs[path[len(path)-1].Fingerprint] {
		suffix = v.publicSuffix
	}
	if leaf.san.has(chain.DNSName) {
		for _, name := range leaf.san.names {
			if name.kind == chain.DNSName && matchesPattern(v.host, name.text, v.anyLabel, suffix) {
				return nil
			}
		}
		return &refusal{code: chain.HostMismatch, at: leaf, words: "No subject alternative DNS name matching " + v.host + " found."}
	}
	if cn, ok := commonName(leaf); ok && matchesPattern(v.host, cn, v.anyLabel, suffix) {
		return nil
	}
	return &refusal{code: chain.HostMismatch, at: leaf, words: "No name matching " + v.host + " found"}
}

func (v *verification) checkAddress(leaf *certificate, ip []byte) *refusal {
	if leaf.san.raw == nil {
		return &refusal{code: chain.HostMismatch, at: leaf, words: "No subject alternative names present"}
	}
	for _, name := range leaf.san.names {
		if name.kind == chain.IPName && sameIP(name.address, ip) {
			return nil
		}
	}
	return &refusal{code: chain.HostMismatch, at: leaf, words: "No subject alternative names matching IP address " + v.host + " found"}
}

// commonName is the last common name, if it is in the form that Java demands.
func commonName(c *certificate) (string, bool) {
	a, ok := c.Subject.Last(chain.CommonName)
	if !ok {
		return "", false
	}
	cn, ok := a.Text()
	return cn, ok && norm.NFKC.IsNormalString(cn)
}

// validHost reports whether javax.net.ssl.SNIHostName takes a name.
func validHost(name string) bool {
	ascii, ok := idnToASCII(name)
	if !ok || ascii == "" || strings.HasSuffix(ascii, ".") {
		return false
	}
	for _, label := range strings.Split(ascii, ".") {
		if !isLDH(label) || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	return true
}

// matchesPattern is HostnameChecker.isMatched. suffix tells public suffixes
// where the anchor is a CA of the JDK, and is nil otherwise.
func matchesPattern(name, pattern string, anyLabel bool, suffix func(string) bool) bool {
	name, ok := idnToUnicode(name)
	pattern, ok2 := idnToUnicode(pattern)
	if !ok || !ok2 || illegalWildcard(pattern, suffix) || !validHost(strings.ReplaceAll(pattern, "*", "z")) {
		return false
	}
	name, pattern = strings.ToLower(name), strings.ToLower(pattern)
	if !anyLabel {
		nameFirst, nameRest := cutLabel(name)
		first, rest := cutLabel(pattern)
		return matchLabel(nameFirst, first) && nameRest == rest
	}
	names, patterns := strings.Split(name, "."), strings.Split(pattern, ".")
	if len(names) != len(patterns) {
		return false
	}
	for i := range names {
		if !matchLabel(names[i], patterns[i]) {
			return false
		}
	}
	return true
}

func cutLabel(s string) (first, rest string) {
	if i := strings.IndexByte(s, '.'); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

func illegalWildcard(pattern string, suffix func(string) bool) bool {
	last := strings.LastIndexByte(pattern, '*')
	if last < 0 {
		return false
	}
	_, after, ok := strings.Cut(pattern[last:], ".")
	if !ok || pattern == "*." {
		return true
	}
	return suffix != nil && suffix(after)
}

// matchLabel matches a label against one in which every "*" stands for any run
// of characters.
func matchLabel(label, pattern string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return label == pattern
	}
	if !strings.HasPrefix(label, before) {
		return false
	}
	label = label[len(before):]
	for {
		before, rest, more := strings.Cut(after, "*")
		if !more {
			return strings.HasSuffix(label, after)
		}
		i := strings.Index(label, before)
		if i < 0 {
			return false
		}
		label, after = label[i+len(before):], rest
	}
}
