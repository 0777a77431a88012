package chain

import (
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// readTime reads a UTCTime or GeneralizedTime with the liberties that programs
// other than Go take: seconds may be missing, fractions and an offset present.
func readTime(in *cryptobyte.String) (time.Time, error) {
	var content cryptobyte.String
	var tag asn1.Tag
	if !in.ReadAnyASN1(&content, &tag) {
		return time.Time{}, malformed("time")
	}
	text := string(content)
	switch tag {
	case asn1.UTCTime:
		// RFC 5280 §4.1.2.5.1: years from 50 on are of the last century.
		if len(text) < 2 || !digits(text[:2]) {
			return time.Time{}, malformed("time %q", text)
		}
		century := "20"
		if text[:2] >= "50" {
			century = "19"
		}
		text = century + text
	case asn1.GeneralizedTime:
	default:
		return time.Time{}, malformed("time of tag %d", tag)
	}
	for _, layout := range []string{"20060102150405Z0700", "200601021504Z0700"} {
		// A fraction after the seconds is accepted by Parse without being in
		// the layout; a comma counts as a point.
		if t, err := time.Parse(layout, strings.Replace(text, ",", ".", 1)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, malformed("time %q", text)
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
