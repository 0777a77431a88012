package javaks

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// TrustOptions are what the options of a JVM, from wherever it takes them, say of
// its trust together (Java Secure Socket Extension Reference Guide).
type TrustOptions struct {
	Store    Option // javax.net.ssl.trustStore; absolute where a running JVM's directory is known
	Type     Option // javax.net.ssl.trustStoreType
	Provider Option // javax.net.ssl.trustStoreProvider
	Password Option // javax.net.ssl.trustStorePassword. Do not show its value.
	Security Option // java.security.properties: see [ReadSecurity]
	// Home is the installation of a running JVM, "" where that is not told.
	Home string
	// Partial: what else the JVM was told cannot be read.
	Partial bool
}

// Option is a property as options set it.
type Option struct {
	Value string // the last, which counts
	// Sources are the environment variables that set it, in the order in which
	// the JVM reads them, or "PID N" for a running JVM; none where nothing does.
	Sources []string
}

// Given reports whether anything sets the property.
func (o Option) Given() bool { return len(o.Sources) > 0 }

// Source is where the value is from that counts.
func (o Option) Source() string {
	if !o.Given() {
		return ""
	}
	return o.Sources[len(o.Sources)-1]
}

func (o *Option) set(value, source string) {
	o.Value = value
	if o.Source() != source {
		o.Sources = append(slices.Clip(o.Sources), source)
	}
}

// Sources are where the values are from that count, each once.
func (o TrustOptions) Sources() []string {
	var names []string
	for _, option := range []Option{o.Store, o.Type, o.Provider, o.Password, o.Security} {
		if option.Given() && !slices.Contains(names, option.Source()) {
			names = append(names, option.Source())
		}
	}
	return names
}

// sourced are options, and where they are from.
type sourced struct {
	name  string
	words []string
}

// trustOptions merges options in the order in which a JVM reads them.
func trustOptions(options []sourced) TrustOptions {
	var o TrustOptions
	properties := map[string]*Option{
		"javax.net.ssl.trustStore": &o.Store, "javax.net.ssl.trustStoreType": &o.Type,
		"javax.net.ssl.trustStoreProvider": &o.Provider, "javax.net.ssl.trustStorePassword": &o.Password,
		"java.security.properties": &o.Security,
	}
	for _, from := range options {
		for _, option := range from.words {
			definition, ok := strings.CutPrefix(option, "-D")
			name, value, _ := strings.Cut(definition, "=")
			if property := properties[name]; ok && property != nil {
				property.set(value, from.name)
			}
		}
	}
	return o
}

// EnvironmentOptions are what the environment of this process tells every JVM
// that is started in it and, where this is something else, those that start
// scripts start (JAVA_OPTS): the first is always there, with no Sources where
// nothing is told. The variables are JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS and
// _JAVA_OPTIONS. With what is an error, a JVM does not start, and the options are
// those of the others. A nil host is this machine.
func EnvironmentOptions(h *host.Host) ([]TrustOptions, []*PlaceError) {
	h = orThisMachine(h)
	options, problems := optionsIn(h, "", h.Getenv)
	plain := slices.DeleteFunc(slices.Clone(options), func(o sourced) bool { return o.name == ofScripts })
	out := []TrustOptions{trustOptions(plain)}
	if scripts := trustOptions(options); slices.Contains(scripts.Sources(), ofScripts) {
		out = append(out, scripts)
	}
	return out, problems
}

// optionsIn are the options that the variables of an environment have, in the
// order of the variables; dir is where the JVM is started, "" where that is not
// known.
func optionsIn(h *host.Host, dir string, getenv func(string) string) ([]sourced, []*PlaceError) {
	var out []sourced
	var problems []*PlaceError
	for _, v := range optionVariables {
		words, err := splitOptions(getenv(v.name))
		switch {
		case err != nil && v.name == ofScripts: // the shell's rules are others
			words = strings.Fields(getenv(v.name))
		case err != nil:
			problems = append(problems, &PlaceError{Path: "$" + v.name, Err: err})
		case v.files:
			words = expandArgFiles(h, dir, words)
		default:
			words = expandOptionFiles(h, words)
		}
		out = append(out, sourced{v.name, words})
	}
	return out, problems
}

// RunningOptions are those of running JVMs, as far as they were told anything of
// trust and this process may read that. It knows the live Linux; a nil host is
// this machine.
func RunningOptions(ctx context.Context, h *host.Host) []TrustOptions {
	h = orThisMachine(h)
	if !h.Live() || h.GOOS() != "linux" {
		return nil
	}
	own, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return nil
	}
	var out []TrustOptions
	for _, pid := range processes() {
		dir := "/proc/" + strconv.Itoa(pid)
		if namespace, err := os.Readlink(dir + "/ns/mnt"); err != nil || namespace != own || ctx.Err() != nil {
			continue
		}
		if o, ok := optionsOfProcess(h, dir, fmt.Sprintf("PID %d", pid)); ok && len(o.Sources()) > 0 {
			out = append(out, o)
		}
	}
	return out
}

// optionsOfProcess reads what a process by its directory in /proc was started
// with; false if it is no JVM.
func optionsOfProcess(h *host.Host, dir, name string) (TrustOptions, bool) {
	line, err := readStart(dir+"/cmdline", maxOptions)
	args := strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
	if err != nil || h.Base(args[0]) != "java" {
		return TrustOptions{}, false
	}
	cwd, _ := os.Readlink(dir + "/cwd")
	environ, unread := readStart(dir+"/environ", maxOptions)
	variables := map[string]string{}
	for v := range strings.SplitSeq(string(environ), "\x00") {
		name, value, _ := strings.Cut(v, "=")
		variables[name] = value
	}
	options, _ := optionsIn(h, cwd, func(name string) string { return variables[name] })
	for i := range options {
		if options[i].name == ofScripts { // it is in the command line by now
			options[i].words = jvmOptions(expandArgFiles(h, cwd, args[1:]))
		}
		options[i].name = name
	}
	o := trustOptions(options)
	o.Partial = unread != nil
	if o.Store.Value != "" && o.Store.Value != noStore && !h.IsAbs(o.Store.Value) && cwd != "" {
		o.Store.Value = h.Join(cwd, o.Store.Value)
	}
	if value, replaces := strings.CutPrefix(o.Security.Value, "="); value != "" && !strings.Contains(value, ":") && !h.IsAbs(value) && cwd != "" {
		o.Security.Value = h.Join(cwd, value)
		if replaces {
			o.Security.Value = "=" + o.Security.Value
		}
	}
	if program, err := os.Readlink(dir + "/exe"); err == nil {
		o.Home = h.Dir(h.Dir(program))
	}
	return o, true
}
