package javaks

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
)

// maxSuffixRules bounds the rules of one top-level domain, in bytes.
const maxSuffixRules = 1 << 20

// publicSuffix reports whether a domain is a public suffix of ICANN's part of
// the list that the JDK came with (sun.security.util.DomainName): a zip file
// with an entry for each top-level domain, whose lines are an octet, 0 for
// ICANN, and a rule.
func (r *Rules) publicSuffix(domain string) bool {
	top := domain[strings.LastIndexByte(domain, '.')+1:]
	archive, err := zip.NewReader(bytes.NewReader(r.suffixes), int64(len(r.suffixes)))
	if err != nil {
		return false
	}
	f, err := archive.Open(top)
	if err != nil {
		return false
	}
	defer f.Close()
	rules, err := io.ReadAll(io.LimitReader(f, maxSuffixRules))
	if err != nil {
		return false
	}
	_, parent, _ := strings.Cut(domain, ".")
	suffix := false
	for line := range strings.Lines(string(rules)) {
		if line == "" || line[0] != 0 {
			continue
		}
		switch strings.TrimSuffix(line[1:], "\n") {
		case "!" + domain:
			return false
		case domain, "*." + parent:
			suffix = true
		}
	}
	return suffix
}
