package main

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// plain keeps names from certificates, aliases and paths from steering a
// terminal: see [steers].
type plain struct{ io.Writer }

// Write writes text that is not cut within a character.
func (p plain) Write(text []byte) (int, error) {
	clean := strings.Map(func(r rune) rune {
		if steers(r) {
			return unicode.ReplacementChar
		}
		return r
	}, string(text))
	if _, err := io.WriteString(p.Writer, clean); err != nil {
		return 0, err
	}
	return len(text), nil
}

// steers reports whether a character does something to a terminal: control
// characters other than line feed and tab, those that end a line in other ways,
// and those that turn the direction of what follows (UAX #9, section 2).
func steers(r rune) bool {
	return r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// escaped writes such characters of a JSON document, which has them in strings
// alone, as JSON's escapes: nothing of a name is lost.
func escaped(document string) string {
	if strings.IndexFunc(document, steers) < 0 {
		return document
	}
	var b strings.Builder
	for _, r := range document {
		if steers(r) {
			fmt.Fprintf(&b, "\\u%04x", r) // all are of the basic plane
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// printf is fmt.Fprintf for words from elsewhere: none of them makes a line of
// its own.
func printf(w io.Writer, format string, args ...any) {
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			args[i] = oneLine(arg)
		case error:
			args[i] = oneLine(arg.Error())
		}
	}
	fmt.Fprintf(w, format, args...)
}

// oneLine marks the line feeds of a text.
func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "↵") }

// kept remembers that something could not be written.
type kept struct {
	io.Writer
	err error
}

func (k *kept) Write(data []byte) (int, error) {
	n, err := k.Writer.Write(data)
	if err != nil && k.err == nil {
		k.err = err
	}
	return n, err
}
