package javaks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// NamedStore is a trust store that an option of the JVM names. JSSE then reads it
// instead of jssecacerts and cacerts, if there is such a file; if there is none,
// silently cacerts (sun.security.ssl.TrustStoreManager).
type NamedStore struct {
	// Source is the environment variable that holds the option, or
	// "PID N" for the command line of a running JVM.
	Source string
	// Path is the value of javax.net.ssl.trustStore, made absolute by the
	// working directory of a running JVM. A relative one of a variable
	// stays so. "NONE" stands for no file, as with the type Windows-ROOT; also
	// where no path is given, but a type that is none of a keystore file's, or a
	// provider.
	Path string
	// Home is the installation of a running JVM, "" where that is not told.
	Home string
	Type string // javax.net.ssl.trustStoreType, "" if it is not given
	// Password is javax.net.ssl.trustStorePassword; nil if it is not given.
	// Do not show it.
	Password *string `json:"-"`
}

// The properties of JSSE (Java Secure Socket Extension Reference Guide).
const (
	trustStoreProperty         = "javax.net.ssl.trustStore"
	trustStoreTypeProperty     = "javax.net.ssl.trustStoreType"
	trustStorePasswordProperty = "javax.net.ssl.trustStorePassword"
	trustStoreProviderProperty = "javax.net.ssl.trustStoreProvider"
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
	{"JAVA_OPTS", false}, // by convention of start scripts
	{"_JAVA_OPTIONS", false},
}

// OptionVariables are the names of these variables.
func OptionVariables() []string {
	var names []string
	for _, v := range optionVariables {
		names = append(names, v.name)
	}
	return names
}

// NamedStores lists the trust stores that the environment of this process names
// for every JVM that is started in it, in the order in which a JVM reads the
// variables: the last one counts, but for JAVA_OPTS, which start scripts put on
// the command line. What a JVM would refuse to start with is an error. A nil host
// is this machine.
func NamedStores(h *host.Host) ([]NamedStore, []*PlaceError) {
	h = orThisMachine(h)
	var stores []NamedStore
	var problems []*PlaceError
	for _, v := range optionVariables {
		words, err := splitOptions(h.Getenv(v.name))
		if err != nil {
			problems = append(problems, &PlaceError{Path: "$" + v.name, Err: err})
			continue
		}
		if v.files {
			words = expandArgFiles(h, "", words)
		} else {
			words = expandOptionFiles(h, words)
		}
		if store, ok := namedStore(words); ok {
			store.Source = v.name
			stores = append(stores, store)
		}
	}
	return stores, problems
}

// RunningNamedStores lists the trust stores that the command lines of running
// JVMs name, as far as this process may read them. It knows the live Linux; a nil
// host is this machine.
func RunningNamedStores(ctx context.Context, h *host.Host) []NamedStore {
	h = orThisMachine(h)
	if !h.Live() || h.GOOS() != "linux" {
		return nil
	}
	own, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return nil
	}
	var stores []NamedStore
	for _, pid := range processes() {
		dir := "/proc/" + strconv.Itoa(pid)
		if namespace, err := os.Readlink(dir + "/ns/mnt"); err != nil || namespace != own || ctx.Err() != nil {
			continue
		}
		line, err := readStart(dir+"/cmdline", maxOptions)
		if err != nil || len(line) == 0 {
			continue
		}
		args := strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
		if h.Base(args[0]) != "java" {
			continue
		}
		cwd, _ := os.Readlink(dir + "/cwd")
		store, ok := namedStore(jvmOptions(expandArgFiles(h, cwd, args[1:])))
		if !ok {
			continue
		}
		store.Source = fmt.Sprintf("PID %d", pid)
		if program, err := os.Readlink(dir + "/exe"); err == nil {
			store.Home = h.Dir(h.Dir(program))
		}
		if store.Path != noStore && !h.IsAbs(store.Path) && cwd != "" {
			store.Path = h.Join(cwd, store.Path)
		}
		stores = append(stores, store)
	}
	return stores
}

// noStore as the value of the property stands for no file.
const noStore = "NONE"

// namedStore returns what options say of the trust store; the last of each counts.
func namedStore(options []string) (NamedStore, bool) {
	var s NamedStore
	provider := ""
	for _, option := range options {
		property, ok := strings.CutPrefix(option, "-D")
		if !ok {
			continue
		}
		name, value, _ := strings.Cut(property, "=")
		switch name {
		case trustStoreProperty:
			s.Path = value
		case trustStoreTypeProperty:
			s.Type = value
		case trustStorePasswordProperty:
			s.Password = &value
		case trustStoreProviderProperty:
			provider = value
		}
	}
	if s.Path == "" && (provider != "" || !fileType(s.Type)) {
		s.Path = noStore
	}
	return s, s.Path != ""
}

// fileType reports whether a type is that of the usual files: JVMs read the one
// as the other ("keystore.type.compat" in java.security).
func fileType(name string) bool {
	return name == "" || strings.EqualFold(name, "JKS") || strings.EqualFold(name, "PKCS12")
}

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
