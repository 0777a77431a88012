package javaks

import (
	"errors"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// optionVariables are the variables that JVMs and scripts which start them take
// options from, and how these are split. A JVM takes JAVA_TOOL_OPTIONS first, then
// JDK_JAVA_OPTIONS and its command line, and _JAVA_OPTIONS last; of equal
// properties the last counts.
var optionVariables = [...]struct {
	name  string
	files bool // the java launcher reads files of arguments, "@file", from it
}{
	{"JAVA_TOOL_OPTIONS", false},
	{"JDK_JAVA_OPTIONS", true},
	{ofScripts, false}, // by convention of start scripts
	{"_JAVA_OPTIONS", false},
}

// ofScripts is the variable that start scripts put on the command line.
const ofScripts = "JAVA_OPTS"

// Bounds of options and of the files that they name.
const (
	maxOptions  = 1 << 20 // bytes
	maxArgFiles = 16
)

// errUnmatchedQuote means that a JVM would not start with these options.
var errUnmatchedQuote = errors.New("unmatched quote in the options")

// splitOptions splits options as HotSpot does for JAVA_TOOL_OPTIONS and
// _JAVA_OPTIONS (Arguments::parse_options_buffer), and as the launcher for
// JDK_JAVA_OPTIONS (JLI_AddArgsFromEnvVar): at white space, outside quotes of either
// kind, which may stand anywhere in a word. There are no escapes.
func splitOptions(s string) ([]string, error) {
	if len(s) > maxOptions {
		return nil, ErrTooLarge
	}
	var words []string
	var word strings.Builder
	inside := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case strings.IndexByte(" \t\n\v\f\r", c) >= 0:
			if inside {
				words = append(words, word.String())
				word.Reset()
			}
			inside = false
		case c == '"' || c == '\'':
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 {
				return nil, errUnmatchedQuote
			}
			word.WriteString(s[i+1 : i+1+end])
			i += 1 + end
			inside = true
		default:
			word.WriteByte(c)
			inside = true
		}
	}
	if inside {
		words = append(words, word.String())
	}
	return words, nil
}

// expandOptionFiles replaces each -XX:VMOptionsFile=F by the options in F, which
// HotSpot splits as it does those of a variable. Such a file names no other.
func expandOptionFiles(h *host.Host, words []string) []string {
	var out []string
	files := 0
	for _, w := range words {
		path, ok := strings.CutPrefix(w, "-XX:VMOptionsFile=")
		if ok && files < maxArgFiles && h.IsAbs(path) {
			files++
			if data, err := h.ReadFile(path, maxOptions); err == nil {
				more, _ := splitOptions(string(data))
				out = append(out, more...)
				continue
			}
		}
		out = append(out, w)
	}
	return out
}

// expandArgFiles replaces each @F before the main class by the arguments in F, a
// path in directory dir. "@@F" stands for "@F". Such a file names no other
// (JLI_PreprocessArg).
func expandArgFiles(h *host.Host, dir string, args []string) []string {
	var out []string
	files := 0
	for i, arg := range args {
		if arg == "--disable-@files" {
			return append(out, args[i:]...)
		}
		path, ok := strings.CutPrefix(arg, "@")
		if !ok || strings.HasPrefix(path, "@") || files == maxArgFiles {
			out = append(out, arg)
			continue
		}
		files++
		if dir != "" && !h.IsAbs(path) {
			path = h.Join(dir, path)
		}
		if data, err := h.ReadFile(path, maxOptions); err == nil {
			out = append(out, splitArgFile(string(data))...)
		}
	}
	return out
}

// splitArgFile splits a file of arguments as the java launcher does (nextToken in
// args.c): at white space, outside quotes, in which a backslash escapes and
// continues lines; "#" starts a comment.
func splitArgFile(s string) []string {
	var words []string
	var word strings.Builder
	inside := false
	quote := byte(0)
	end := func() {
		if inside {
			words = append(words, word.String())
		}
		word.Reset()
		inside, quote = false, 0
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\n' || c == '\r' || quote == 0 && strings.IndexByte(" \t\f", c) >= 0:
			end()
		case c == '#' && quote == 0:
			for i+1 < len(s) && s[i+1] != '\n' && s[i+1] != '\r' {
				i++
			}
		case quote == 0 && (c == '"' || c == '\''):
			quote, inside = c, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0 && c == '\\' && i+1 < len(s):
			i++
			if s[i] == '\n' || s[i] == '\r' {
				for i+1 < len(s) && strings.IndexByte(" \t\n\r\f", s[i+1]) >= 0 {
					i++
				}
				continue
			}
			word.WriteByte(escaped(s[i]))
		default:
			word.WriteByte(c)
			inside = true
		}
	}
	end()
	return words
}

func escaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'f':
		return '\f'
	}
	return c
}

// jvmOptions returns the arguments of a java program that are the JVM's: those
// before the main class, -jar or -m.
func jvmOptions(args []string) []string {
	// Options whose value is an argument of its own (java(1)).
	pairs := []string{
		"-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules",
		"--enable-native-access", "-d", "--describe-module", "--add-exports", "--add-opens", "--add-reads",
		"--limit-modules", "--patch-module", "--source",
	}
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case slices.Contains(pairs, arg):
			i++
		case arg == "-jar" || arg == "-m" || arg == "--module" || !strings.HasPrefix(arg, "-"):
			return args[:i]
		}
	}
	return args
}
