package javaks

import (
	"bytes"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// chainLink is a certificate by its names.
type chainLink struct {
	der             []byte
	issuer, subject string // DER
}

// completedChains returns the chain of each private key, in the order of the file,
// resolved as Java does it (PKCS12KeyStore.engineLoad and findMatchedCertificate):
// the leaf is the untrusted certificate with the key's localKeyId, or else its
// name; its issuers are found by name, among the trusted ones too.
func completedChains(contents []content) [][][]byte {
	var keys, leaves []bag
	issuers := make(map[string]chainLink)
	for _, c := range contents {
		for j, b := range c.bags {
			if b.kind == PrivateKey {
				// A lone key and its certificate may lack the identifier.
				if b.localKeyID == nil && len(keys) == 0 {
					b.localKeyID = loneKeyID
				}
				keys = append(keys, b)
			}
			if !b.isCertificate() {
				continue
			}
			if b.localKeyID == nil && len(keys) == 1 && j == 0 {
				b.localKeyID = loneKeyID
			}
			if !b.isTrusted() {
				leaves = append(leaves, b)
			}
			if link, ok := parseLink(b.certificate); ok {
				if _, taken := issuers[link.subject]; !taken {
					issuers[link.subject] = link
				}
			}
		}
	}
	all := make([][][]byte, len(keys))
	for i, key := range keys {
		if leaf, ok := matchLeaf(key, leaves); ok {
			all[i] = chainOf(leaf, issuers)
		}
	}
	return all
}

// loneKeyID is what Java gives to the only key of a file without an identifier.
var loneKeyID = []byte("01")

// matchLeaf finds a key's certificate: identifier and name, identifier, name.
func matchLeaf(key bag, leaves []bag) (match bag, ok bool) {
	if key.localKeyID == nil {
		return bag{}, false
	}
	best := 0
	for _, leaf := range leaves {
		score := 0
		if bytes.Equal(key.localKeyID, leaf.localKeyID) {
			score += 2
		}
		if key.named && leaf.named && strings.EqualFold(key.alias, leaf.alias) {
			score++
		}
		// Of equals Java takes the last, but the first that matches fully.
		if score > best || score == best && score > 0 && score < 3 {
			best, match = score, leaf
		}
	}
	return match, best > 0
}

func chainOf(leaf bag, issuers map[string]chainLink) [][]byte {
	chain := [][]byte{leaf.certificate}
	link, ok := parseLink(leaf.certificate)
	seen := make(map[string]bool)
	for ok && link.issuer != link.subject && !seen[link.subject] {
		seen[link.subject] = true
		if link, ok = issuers[link.issuer]; ok && !seen[link.subject] {
			chain = append(chain, link.der)
		}
	}
	return chain
}

// parseLink reads issuer and subject of a certificate; Go's parser refuses some
// old ones that Java takes.
func parseLink(der []byte) (chainLink, bool) {
	s := cryptobyte.String(der)
	var outer, tbs, issuer, subject cryptobyte.String
	ok := s.ReadASN1(&outer, asn1.SEQUENCE) && outer.ReadASN1(&tbs, asn1.SEQUENCE) &&
		tbs.SkipOptionalASN1(explicit0) &&
		tbs.SkipASN1(asn1.INTEGER) && tbs.SkipASN1(asn1.SEQUENCE) &&
		tbs.ReadASN1(&issuer, asn1.SEQUENCE) && tbs.SkipASN1(asn1.SEQUENCE) &&
		tbs.ReadASN1(&subject, asn1.SEQUENCE)
	return chainLink{der, string(issuer), string(subject)}, ok
}
