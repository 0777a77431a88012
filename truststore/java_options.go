package truststore

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore/host"
)

// underOptions tells what JVMs that are started in this environment make of a
// store that they would read without options.
func (s *javaStore) underOptions(data []byte) []Finding {
	h := s.machine.host()
	options, problems := javaks.EnvironmentOptions(h)
	var out []Finding
	tell := func(f Finding) {
		if !slices.ContainsFunc(out, func(known Finding) bool { return reflect.DeepEqual(known, f) }) {
			out = append(out, f)
		}
	}
	for _, p := range problems {
		tell(finding(CodeOptionUnread, "path", s.info.Path, "source", strings.TrimPrefix(p.Path, "$"), "error", p.Err.Error()))
	}
	for _, o := range options {
		for _, home := range s.machine.javaHomesFor(s.info) {
			for _, f := range s.underOption(o, home, data) {
				tell(f)
			}
		}
	}
	return out
}

// javaHomesFor are the installations whose own store a keystore is; one that is
// not known where there is none.
func (m *Machine) javaHomesFor(info Info) []javaks.Home {
	var homes []javaks.Home
	for _, dir := range javaHomesOf(m.host(), info) {
		if home, err := javaks.HomeAt(m.host(), dir); info.Owner == nil && (err == nil || home.Dir != "") {
			homes = append(homes, home)
		}
	}
	if len(homes) == 0 {
		homes = []javaks.Home{{}}
	}
	return homes
}

func (s *javaStore) underOption(o javaks.TrustOptions, home javaks.Home, data []byte) []Finding {
	h := s.machine.host()
	security, out := securityOf(h, home, o)
	if f, ok := elsewhere(o, h.GOOS(), s.info.Path); ok {
		return append(out, f)
	}
	if other := s.readInstead(o); other != "" {
		return append(out, finding(CodeStoreOverridden, "path", s.info.Path, "variable", variables(o.Store), "store", other))
	}
	code, ok := refusal(o, security, data)
	if ok && (o.Store.Given() || code != CodeOptionNoPassword) { // JVMs without options need one, too
		out = append(out, optionFinding(code, o, security, s.info.Path))
	}
	return out
}

// namedByOptions tells what JVMs that are started in this environment make of a
// keystore of its own, where their options name it.
func (s *javaStore) namedByOptions(data []byte) []Finding {
	h := s.machine.host()
	options, _ := javaks.EnvironmentOptions(h)
	for _, o := range options {
		if o.File(h) == "" || o.Elsewhere(h.GOOS()) != "" || s.readInstead(o) != "" {
			continue
		}
		security, _ := securityOf(h, javaks.Home{}, o)
		if code, ok := refusal(o, security, data); ok {
			return []Finding{optionFinding(code, o, security, s.info.Path)}
		}
	}
	return nil
}

// securityOf reads the security properties of JVMs with options, and tells of the
// file that the options add.
func securityOf(h *host.Host, home javaks.Home, o javaks.TrustOptions) (javaks.Security, []Finding) {
	security, err := javaks.ReadSecurity(h, home, o)
	source, file, changed := variables(o.Security), security.File, strings.Join(security.Changed, ", ")
	switch unjudged := security.Unjudged(); {
	case security.File == "":
		return security, nil
	case err != nil:
		return security, []Finding{finding(CodeSecurityUnknown, "source", source, "file", file, "why", err.Error())}
	case len(unjudged) > 0:
		return security, []Finding{finding(CodeSecurityUnknown, "source", source, "file", file, "why", strings.Join(unjudged, ", "))}
	case changed != "":
		return security, []Finding{finding(CodeSecurityHeeded, "source", source, "file", file, "properties", changed)}
	}
	return security, []Finding{finding(CodeSecurityHarmless, "source", source, "file", file)}
}

// elsewhere tells that options lead JVMs away from keystore files.
func elsewhere(o javaks.TrustOptions, goos, path string) (Finding, bool) {
	switch other := o.Elsewhere(goos); other {
	case "":
		return Finding{}, false
	case o.Type.Value:
		return finding(CodeOptionElsewhere, "path", path, "source", variables(o.Type), "store", other), true
	case o.Provider.Value:
		return finding(CodeOptionElsewhere, "path", path, "source", variables(o.Provider), "store", other), true
	}
	return finding(CodeOptionNone, "path", path, "source", variables(o.Store)), true
}

// variables names all that set some options: once the last is gone, the one before
// counts.
func variables(options ...javaks.Option) string {
	var names []string
	for _, o := range options {
		for _, name := range o.Sources {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, ", ")
}

// readInstead is the keystore file that JVMs with the options read in place of the
// store; "" if they read the store.
func (s *javaStore) readInstead(o javaks.TrustOptions) string {
	h := s.machine.host()
	names := pathsOf(s.info)
	if !o.Store.Given() {
		return ""
	}
	path := o.File(h)
	if path == "" { // cacerts, then, whatever is beside it
		for _, name := range names {
			if h.Base(name) != "jssecacerts" {
				return ""
			}
		}
		return h.Join(h.Dir(s.info.Path), "cacerts")
	}
	resolved, err := h.Resolve(path)
	if h.IsAbs(path) && (slices.Contains(names, path) || err == nil && resolved == s.info.Path) {
		return ""
	}
	return path
}

// refusal is why JVMs with the options trust nobody by a keystore file, if that is
// due to the options.
func refusal(o javaks.TrustOptions, security javaks.Security, data []byte) (Code, bool) {
	if len(security.Unjudged()) > 0 {
		return "", false
	}
	switch err := o.Load(data, security); {
	case errors.Is(err, javaks.ErrOtherType):
		return CodeOptionType, true
	case errors.Is(err, javaks.ErrPasswordRequired):
		return CodeOptionNoPassword, true
	case errors.Is(err, javaks.ErrWrongPassword):
		return CodeOptionPassword, true
	}
	return "", false
}

// optionFinding tells of a refusal of a keystore file.
func optionFinding(code Code, o javaks.TrustOptions, security javaks.Security, path string) Finding {
	switch code {
	case CodeOptionType:
		source, as := variables(o.Type, o.Provider), o.Type.Value
		if security.File != "" {
			source = variables(o.Type, o.Provider, o.Security)
		}
		if source == "" {
			source = "java.security"
		}
		if as == "" {
			as = `"` + o.TypeIn(security) + `"`
		}
		as = strings.TrimSpace(as + " " + o.Provider.Value)
		return finding(code, "source", source, "store", path, "type", as)
	case CodeOptionNoPassword:
		return finding(code, "source", o.Store.Source(), "store", path)
	}
	return finding(code, "source", o.Password.Source(), "store", path)
}

// passesOverJssecacerts reports whether JVMs that are started in the environment
// read cacerts though there is a jssecacerts beside it.
func (m *Machine) passesOverJssecacerts() bool {
	options, _ := javaks.EnvironmentOptions(m.host())
	o := options[0]
	return o.Store.Given() && o.File(m.host()) == "" && o.Elsewhere(m.host().GOOS()) == ""
}

// givesJavaPassword is what gives every JVM a password for its trust store, that is
// started in the environment; "" for nothing.
func (m *Machine) givesJavaPassword() string {
	options, _ := javaks.EnvironmentOptions(m.host())
	if options[0].Password.Value == "" {
		return ""
	}
	return options[0].Password.Source()
}

// optionsOfEnvironment tells what JVMs that are started in the environment make of
// a store that options name, beyond what is told of those that they would read
// without.
func (d *diagnosis) optionsOfEnvironment() {
	options, _ := javaks.EnvironmentOptions(d.machine.host())
	for _, o := range options {
		if !o.Store.Given() {
			continue
		}
		for _, s := range d.stores(KindJava) {
			for _, home := range d.machine.javaHomesFor(s.Info) {
				security, _ := securityOf(d.machine.host(), home, o)
				d.named(o, security, o.Store.Source())
			}
		}
	}
}

// optionsOfProcesses tells what running JVMs were told: where stores were selected,
// those that the diagnosis is about.
func (d *diagnosis) optionsOfProcesses(ctx context.Context) {
	h := d.machine.host()
	for _, o := range javaks.RunningOptions(ctx, h) {
		if !d.means(o) {
			continue
		}
		program := "Java (" + o.Sources()[0] + ")"
		home, _ := javaks.HomeAt(h, o.Home)
		security, found := securityOf(h, home, o)
		for _, f := range found {
			f.Args["source"] = program
			d.tell(f)
		}
		if f, ok := elsewhere(o, h.GOOS(), ""); ok {
			if f.Code == CodeOptionElsewhere {
				f = finding(CodeStoreNamed, "program", program, "store", f.Args["store"])
			}
			f.Args["source"] = program
			d.tell(f)
			continue
		}
		if path := o.File(h); path != "" {
			f := finding(CodeStoreNamed, "program", program, "store", path)
			if d.examined(path) {
				f.Level = LevelNote
			}
			d.tell(f)
		}
		d.named(o, security, program)
	}
}

// named tells of a keystore file that JVMs with options read, and are kept from by
// the options; source is who gives them.
func (d *diagnosis) named(o javaks.TrustOptions, security javaks.Security, source string) {
	h := d.machine.host()
	if o.Elsewhere(h.GOOS()) != "" {
		return
	}
	path := o.File(h)
	if path == "" {
		if o.Store.Given() {
			d.tellOnce(finding(CodeOptionMissing, "source", source, "store", o.Store.Value), "")
		}
		if path = ownStore(h, o); path == "" {
			return
		}
	}
	data, err := h.ReadFile(path, javaks.MaxSize)
	if err != nil {
		return // the store itself is told of
	}
	code, ok := refusal(o, security, data)
	if !ok || code == CodeOptionNoPassword && (o.Partial || !o.Store.Given()) {
		return
	}
	f := optionFinding(code, o, security, path)
	if o.Home != "" {
		f.Args["source"] = source
	}
	d.tellOnce(f, path)
}

// tellOnce adds a finding, about a keystore file where there is a path, that is not
// told already.
func (d *diagnosis) tellOnce(f Finding, path string) {
	p := Problem{Finding: f, Remedy: d.remedyFor(f, nil)}
	if path != "" {
		p.Store = &Place{Kind: KindJava, Path: path}
	}
	if !slices.ContainsFunc(d.problems, func(known Problem) bool { return reflect.DeepEqual(known.Finding, f) }) {
		d.problems = append(d.problems, p)
	}
}

// ownStore is what a running JVM reads that was told of no file, or of none that is
// there.
func ownStore(h *host.Host, o javaks.TrustOptions) string {
	names := []string{"jssecacerts", "cacerts"}
	if o.Store.Given() {
		names = names[1:]
	}
	for _, name := range names {
		for _, home := range []string{o.Home, h.Join(o.Home, "jre")} {
			if path := h.Join(home, "lib", "security", name); o.Home != "" && h.Exists(path) {
				return path
			}
		}
	}
	return ""
}

// examined reports whether a keystore file is among those that were looked at.
func (d *diagnosis) examined(path string) bool {
	return slices.ContainsFunc(d.stores(KindJava), func(s StorePlan) bool { return slices.Contains(pathsOf(s.Info), path) })
}

// means reports whether the diagnosis is about a running JVM: where stores were
// selected, its own or the one that it was told to trust by is among them.
func (d *diagnosis) means(o javaks.TrustOptions) bool {
	h := d.machine.host()
	own := func(path string) bool { return path == o.Store.Value || o.Home != "" && h.Inside(path, o.Home) }
	return len(d.machine.Select) == 0 || slices.ContainsFunc(d.stores(KindJava), func(s StorePlan) bool { return slices.ContainsFunc(pathsOf(s.Info), own) })
}
