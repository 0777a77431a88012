package javaks

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrBadAlias means that an Addition's alias cannot be an entry's name.
var ErrBadAlias = errors.New("alias cannot be used")

// jdkMark in an alias makes Java take the entry for a root shipped with the JDK
// (sun.security.util.AnchorCertificates).
const jdkMark = " [jdk"

// placeAlias returns the alias that an addition gets: the wanted one in lower
// case or, where that is taken, with the first of the suffixes -2, -3, … that
// is free. taken holds the keystore's aliases, each as lowerAlias returns it;
// the caller adds the result.
func placeAlias(wanted string, taken map[string]bool) (string, error) {
	if wanted == "" {
		return "", fmt.Errorf("%w: it is empty", ErrBadAlias)
	}
	if !utf8.ValidString(wanted) {
		return "", fmt.Errorf("%w: %q is not UTF-8", ErrBadAlias, wanted)
	}
	alias := lowerAlias(wanted)
	if strings.Contains(alias, jdkMark) {
		return "", fmt.Errorf("%w: %q contains %q, the mark of Java's own roots", ErrBadAlias, wanted, jdkMark)
	}
	free := alias
	for n := 2; taken[free]; n++ {
		free = fmt.Sprintf("%s-%d", alias, n)
	}
	return free, nil
}

// lowerAlias lower-cases an alias as Java's keystores do, by
// String.toLowerCase(Locale.ENGLISH). That differs from strings.ToLower in two
// letters of Unicode's SpecialCasing.txt: capital I with a dot above, which
// becomes two characters, and capital sigma at the end of a word.
func lowerAlias(s string) string {
	const (
		dottedI    = 'İ'
		sigma      = 'Σ'
		finalSigma = "ς"
	)
	if !strings.ContainsRune(s, dottedI) && !strings.ContainsRune(s, sigma) {
		return strings.ToLower(s)
	}
	var out strings.Builder
	for i, r := range s {
		switch {
		case r == dottedI:
			out.WriteString("i\u0307")
		case r == sigma && endsCased(s[:i]) && !startsCased(s[i+utf8.RuneLen(r):]):
			out.WriteString(finalSigma)
		default:
			out.WriteRune(unicode.ToLower(r))
		}
	}
	return out.String()
}

func startsCased(s string) bool {
	for _, r := range s {
		if !caseIgnorable(r) {
			return cased(r)
		}
	}
	return false
}

func endsCased(s string) bool {
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		if !caseIgnorable(r) {
			return cased(r)
		}
		s = s[:len(s)-size]
	}
	return false
}

func cased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt, unicode.Other_Lowercase, unicode.Other_Uppercase)
}

// caseIgnorable: what may stand between the letters of a word.
func caseIgnorable(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) ||
		strings.ContainsRune("'’.:·\u00AD", r)
}
