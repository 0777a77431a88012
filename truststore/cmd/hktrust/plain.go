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
