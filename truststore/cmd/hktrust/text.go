package main

import (
	"strings"

	"github.com/hktrust/hktrust/truststore"
)

// language holds everything the command says to people, by key. Codes of the
// truststore package are keys of their own, prefixed "code."; "{name}" in a
// text stands for an argument.
type language map[string]string

// say returns the text of a key with its arguments, given as name, value, …
// filled in, each on one line.
func (l language) say(key string, args ...string) string {
	text, ok := l[key]
	if !ok {
		return key + " " + strings.Join(args, " ")
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, "{"+args[i]+"}", oneLine(args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// code returns the words for a code.
func (l language) code(c truststore.Code) string { return l.say("code." + string(c)) }

// finding returns a finding as a sentence.
func (l language) finding(f truststore.Finding) string {
	var args []string
	for name, value := range f.Args {
		args = append(args, name, value)
	}
	return l.say("finding."+string(f.Code), args...)
}
