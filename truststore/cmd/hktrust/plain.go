package main

import (
	"io"
	"strings"
	"unicode"
)

// plain keeps names from certificates, aliases and paths from steering a
// terminal: of control characters it writes line feeds and tabs alone.
type plain struct{ io.Writer }

// Write writes text that is not cut within a character.
func (p plain) Write(text []byte) (int, error) {
	clean := strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, string(text))
	if _, err := io.WriteString(p.Writer, clean); err != nil {
		return 0, err
	}
	return len(text), nil
}
