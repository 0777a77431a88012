package chain

import (
	"strings"

	"golang.org/x/crypto/cryptobyte/asn1"
)

// foldName brings a name to a form in which names that RFC 5280 §7.1 calls the
// same are the same, as far as OpenSSL and Chromium follow it: case and runs of
// spaces fold in the common string types.
func foldName(_ []byte, name Name) string {
	var out strings.Builder
	for _, rdn := range name {
		out.WriteString(foldRDN(rdn))
		out.WriteByte('\n')
	}
	return out.String()
}

func foldRDN(rdn []Attribute) string {
	var out strings.Builder
	for _, a := range rdn {
		out.WriteString(a.Type)
		out.WriteByte('=')
		text, ok := a.Text()
		if !ok || a.Tag != asn1.UTF8String && a.Tag != asn1.PrintableString && a.Tag != asn1.IA5String &&
			a.Tag != asn1.T61String && a.Tag != tagBMPString && a.Tag != tagUniversalString {
			out.Write(a.Raw)
			continue
		}
		out.WriteString(strings.Join(strings.Fields(lowerASCII(text)), " "))
		out.WriteByte(';')
	}
	return out.String()
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
