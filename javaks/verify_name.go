package javaks

import (
	"encoding/hex"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/text/unicode/norm"

	"github.com/hktrust/hktrust/truststore/chain"
)

// foldName brings a name to the form in which Java compares names
// (sun.security.x509.X500Name.getRFC2253CanonicalName): attributes of the
// types of RFC 2253 that are UTF8String or PrintableString fold case and
// spaces, all others compare by their DER.
func foldName(name chain.Name) string {
	rdns := make([]string, len(name))
	for i, rdn := range name {
		rdns[i] = foldRDN(rdn)
	}
	return strings.Join(rdns, ",")
}

func foldRDN(rdn []chain.Attribute) string {
	parts := make([]string, len(rdn))
	for i, a := range rdn {
		parts[i] = foldAttribute(a)
	}
	slices.Sort(parts)
	return strings.Join(parts, "+")
}

// foldAttribute is AVA.toRFC2253CanonicalString.
func foldAttribute(a chain.Attribute) string {
	text, isText := a.Text()
	if !folds(a.Type) || !isText || a.Tag != asn1.UTF8String && a.Tag != asn1.PrintableString {
		return a.Type + "=#" + hex.EncodeToString(a.Raw)
	}
	var out strings.Builder
	previousSpace := false
	for i, r := range text {
		if strings.ContainsRune(`,+<>;"\`, r) || i == 0 && r == '#' {
			out.WriteByte('\\')
		}
		if r == ' ' && previousSpace {
			continue
		}
		previousSpace = r == ' '
		out.WriteRune(r)
	}
	trimmed := strings.TrimFunc(out.String(), func(r rune) bool { return r <= ' ' })
	return a.Type + "=" + norm.NFKD.String(foldCase(trimmed))
}

// foldCase is String.toUpperCase and then toLowerCase, whose mappings of one
// letter to two Go does not have.
func foldCase(s string) string {
	return strings.ToLower(strings.ToUpper(longLetters.Replace(s)))
}

var longLetters = strings.NewReplacer("ß", "SS", "ŉ", "ʼN", "İ", "i̇")

// folds lists the attribute types with a keyword in RFC 2253 §2.3.
func folds(oid string) bool {
	switch oid {
	case chain.CommonName, "2.5.4.6", "2.5.4.7", "2.5.4.8", "2.5.4.10", "2.5.4.11", "2.5.4.9",
		"0.9.2342.19200300.100.1.25", "0.9.2342.19200300.100.1.1":
		return true
	}
	return false
}
