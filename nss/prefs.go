package nss

import "iter"

// prefCall is one call in a file of preferences: user_pref("name", value).
type prefCall struct {
	function, name string
	value          string // a string's text, or the number or word as written
}

// prefCalls yields the calls of a function with a string and a value in a file
// of preferences, which is JavaScript or looks like it (modules/libpref/parser).
// Everything else is passed over: a condition around a call is not seen.
func prefCalls(data []byte) iter.Seq[prefCall] {
	return func(yield func(prefCall) bool) {
		s := prefScanner{data: data}
		var last [5]prefToken // function ( name , value
		for s.next() {
			copy(last[:], last[1:])
			last[4] = s.token
			if last[0].kind == word && last[1].text == "(" && last[2].kind == quoted && last[3].text == "," && last[4].kind != punctuation {
				if !yield(prefCall{function: last[0].text, name: last[2].text, value: last[4].text}) {
					return
				}
			}
		}
	}
}

type prefTokenKind int

const (
	none prefTokenKind = iota
	word               // an identifier or a number
	quoted
	punctuation
)

type prefToken struct {
	kind prefTokenKind
	text string
}

// prefScanner splits a file of preferences into tokens, without its comments.
type prefScanner struct {
	data  []byte
	token prefToken
}

// next scans one token and reports whether there was one.
func (s *prefScanner) next() bool {
	for len(s.data) > 0 {
		switch c := s.data[0]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			s.data = s.data[1:]
		case c == '#' || c == '/' && len(s.data) > 1 && s.data[1] == '/':
			s.skipTo("\n")
		case c == '/' && len(s.data) > 1 && s.data[1] == '*':
			s.data = s.data[2:]
			s.skipTo("*/")
		case c == '"' || c == '\'':
			s.quoted(c)
			return true
		case isWord(c):
			n := 1
			for n < len(s.data) && isWord(s.data[n]) {
				n++
			}
			s.token, s.data = prefToken{word, string(s.data[:n])}, s.data[n:]
			return true
		default:
			s.token, s.data = prefToken{punctuation, string(s.data[:1])}, s.data[1:]
			return true
		}
	}
	return false
}

func isWord(c byte) bool {
	return c == '_' || c == '-' || c == '$' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// skipTo passes over everything up to and including end.
func (s *prefScanner) skipTo(end string) {
	for n := range len(s.data) - len(end) + 1 {
		if string(s.data[n:n+len(end)]) == end {
			s.data = s.data[n+len(end):]
			return
		}
	}
	s.data = nil
}

// quoted scans a string, whose escapes stay as they are: the names and values
// looked for have none.
func (s *prefScanner) quoted(quote byte) {
	for n := 1; n < len(s.data); n++ {
		switch s.data[n] {
		case '\\':
			n++
		case quote:
			s.token, s.data = prefToken{quoted, string(s.data[1:n])}, s.data[n+1:]
			return
		}
	}
	s.token, s.data = prefToken{quoted, ""}, nil
}
