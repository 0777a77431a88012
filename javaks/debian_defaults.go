package javaks

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// debianDefaults is where ca-certificates-java keeps its settings; its hook reads
// it with a shell, and root alone may read it.
const debianDefaults = "/etc/default/cacerts"

// maxDefaults bounds that file, in bytes.
const maxDefaults = 64 << 10

// ErrShell means that a shell alone could tell what a file sets.
var ErrShell = errors.New("only a shell can tell the value")

// DebianPassword returns the password under which Debian's hook keeps the
// keystore that all JDKs share, as /etc/default/cacerts sets it; "" if it sets
// none. The error is ErrShell where the value depends on a command or another
// variable. A nil host is this machine.
func DebianPassword(h *host.Host) (string, error) {
	data, err := orThisMachine(h).ReadFile(debianDefaults, maxDefaults)
	if err != nil {
		return "", unlessMissing(err)
	}
	password, err := shellVariable(string(data), "storepass")
	if err != nil {
		return "", fmt.Errorf("%s: %w", debianDefaults, err)
	}
	return password, nil
}

// shellVariable returns what a variable is after a POSIX shell has read a file of
// assignments (IEEE 1003.1, Shell Command Language, sections 2.2 and 2.9.1): the
// last assignment counts, with or without "export". A variable before a command
// is not set, and what a command may do is not known.
func shellVariable(text, name string) (value string, err error) {
	s := shellScanner{rest: text}
	for s.rest != "" {
		words, err := s.command()
		if err != nil {
			return "", err
		}
		if len(words) > 0 && (words[0].text == "export" || words[0].text == "readonly") {
			words = words[1:]
		}
		set := assignments(words)
		for _, w := range words {
			v, ok := strings.CutPrefix(w.text, name+"=")
			if ok && w.expands {
				return "", ErrShell
			}
			if ok && set {
				value = v
			}
		}
	}
	return value, nil
}

// assignments reports whether all words are assignments, so that no command runs.
func assignments(words []shellWord) bool {
	for _, w := range words {
		if variable, _, ok := strings.Cut(w.text, "="); !ok || !isName(variable) {
			return false
		}
	}
	return true
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// shellWord is a word with its quotes removed.
type shellWord struct {
	text    string
	expands bool // it holds an expansion, which text shows as it is written
}

// shellScanner splits a text into commands and their words.
type shellScanner struct{ rest string }

// command returns the words of the next simple command.
func (s *shellScanner) command() ([]shellWord, error) {
	var words []shellWord
	for s.rest != "" {
		switch c := s.rest[0]; {
		case c == ' ' || c == '\t':
			s.rest = s.rest[1:]
		case strings.HasPrefix(s.rest, "\\\n"):
			s.rest = s.rest[2:]
		case c == '#':
			end := strings.IndexByte(s.rest, '\n')
			if end < 0 {
				end = len(s.rest)
			}
			s.rest = s.rest[end:]
		case strings.IndexByte("\n;&|<>()", c) >= 0:
			s.rest = s.rest[1:]
			return words, nil
		default:
			w, err := s.word()
			if err != nil {
				return nil, err
			}
			words = append(words, w)
		}
	}
	return words, nil
}

// word reads one word.
func (s *shellScanner) word() (shellWord, error) {
	var out strings.Builder
	w := shellWord{}
	for s.rest != "" {
		c := s.rest[0]
		if strings.IndexByte(" \t\n;&|<>()", c) >= 0 {
			break
		}
		s.rest = s.rest[1:]
		switch c {
		case '\'':
			quoted, after, ok := strings.Cut(s.rest, "'")
			if !ok {
				return w, fmt.Errorf("%w: unterminated quote", ErrShell)
			}
			out.WriteString(quoted)
			s.rest = after
		case '"':
			if err := s.doubleQuoted(&out, &w); err != nil {
				return w, err
			}
		case '\\':
			if s.rest == "" {
				out.WriteByte('\\')
			} else if s.rest[0] != '\n' {
				out.WriteByte(s.rest[0])
			}
			s.rest = s.rest[min(1, len(s.rest)):]
		default:
			w.expands = w.expands || expands(c, s.rest)
			out.WriteByte(c)
		}
	}
	w.text = out.String()
	return w, nil
}

// doubleQuoted reads up to the closing quote; a backslash escapes only what
// would be special there.
func (s *shellScanner) doubleQuoted(out *strings.Builder, w *shellWord) error {
	for s.rest != "" {
		c := s.rest[0]
		s.rest = s.rest[1:]
		switch {
		case c == '"':
			return nil
		case c == '\\' && s.rest != "" && strings.IndexByte("$`\"\\\n", s.rest[0]) >= 0:
			if s.rest[0] != '\n' {
				out.WriteByte(s.rest[0])
			}
			s.rest = s.rest[1:]
		default:
			w.expands = w.expands || expands(c, s.rest)
			out.WriteByte(c)
		}
	}
	return fmt.Errorf("%w: unterminated quote", ErrShell)
}

// expands reports whether a character starts an expansion.
func expands(c byte, rest string) bool {
	if c == '`' {
		return true
	}
	return c == '$' && rest != "" && (isName(rest[:1]) || strings.IndexByte("{(@*#?-$!0123456789", rest[0]) >= 0)
}
