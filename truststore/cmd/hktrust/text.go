package main

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/width"

	"github.com/hktrust/hktrust/truststore"
)

// language holds everything the command says to people, by key. Codes of the
// truststore package are keys of their own, prefixed "code."; "{name}" in a
// text stands for an argument.
type language map[string]string

// The languages, each of the tables that the commands keep beside their code.
// They are made when they are first asked for: a run speaks one as a rule.
var (
	english = sync.OnceValue(func() language {
		return merged(commonEnglish(), usageEnglish(), verifyEnglish(), ecertEnglish(), doctorEnglish())
	})
	chinese = sync.OnceValue(func() language {
		return merged(commonChinese(), usageChinese(), verifyChinese(), ecertChinese(), doctorChinese())
	})
)

func merged(tables ...language) language {
	size := 0
	for _, t := range tables {
		size += len(t)
	}
	all := make(language, size)
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// say returns the text of a key with its arguments, given as name, value, …
// filled in, each on one line; "{hktrust}" is this program as it can be called.
func (l language) say(key string, args ...string) string {
	text, ok := l[key]
	if !ok {
		return key + " " + strings.Join(args, " ")
	}
	if !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, len(args)+2)
	for i := 0; i+1 < len(args); i += 2 {
		value := oneLine(l.value(args[i], args[i+1]))
		if value == "" {
			pairs = append(pairs, " {"+args[i]+"}", "") // with the space before it
		}
		pairs = append(pairs, "{"+args[i]+"}", value)
	}
	if strings.Contains(text, "{hktrust}") {
		pairs = append(pairs, "{hktrust}", l.program())
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// value writes an argument as the language does: days and months, and words of the library
// that have texts of their own.
func (l language) value(name, value string) string {
	switch name {
	case "product":
		if value == "" {
			return l["word.unnamed"]
		}
	case "date", "from", "to", "catalogue":
		if day, err := time.Parse(time.DateOnly, value); err == nil {
			return day.Format(l["format.date"])
		}
		if month, err := time.Parse("2006-01", value); err == nil {
			return month.Format(l["format.month"])
		}
	case "error":
		return l.words(value)
	case "certificate", "programs", "releases", "known":
		return strings.ReplaceAll(value, ", ", l["format.comma"])
	case "program":
		if value == "" {
			return l["word.some-program"]
		}
		return l.label(value)
	case "detail", "reason", "outcome", "why":
		for _, family := range []string{"word.", "code.", "verify.code.", "verify.failure."} {
			if word, ok := l[family+value]; ok && !strings.Contains(word, "{") {
				return word
			}
		}
	}
	return value
}

// label is the name of a store's programs; where they are not known, it says what
// the store is.
func (l language) label(label string) string {
	if word := l["word."+label]; word != "" {
		return word
	}
	label = strings.ReplaceAll(label, ", profile ", l["format.clause"]+l.say("word.profile")+" ")
	return strings.ReplaceAll(label, ", ", l["format.comma"])
}

// has reports whether there is a text of the key.
func (l language) has(key string) bool { return l[key] != "" }

// code returns the words for a code.
func (l language) code(c truststore.Code) string { return l.say("code." + string(c)) }

// finding returns a finding as a sentence.
func (l language) finding(f truststore.Finding) string {
	inCommand := quote(f.Args["path"])
	return l.say("finding."+string(f.Code), append(pairs(f.Args), "quoted", inCommand)...)
}

// list joins words.
func (l language) list(words ...string) string { return strings.Join(words, l["format.comma"]) }

// pairs are the arguments of a finding as say takes them.
func pairs(args map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		out = append(out, name, args[name])
	}
	return out
}

// pad fills a text up to a number of columns, of which an ideograph takes two.
func pad(text string, columns int) string {
	return text + strings.Repeat(" ", max(0, columns-columnsOf(text)))
}

func columnsOf(text string) int {
	n := 0
	for _, r := range text {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
