package truststore

import (
	"context"
	"maps"
	"slices"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

func javaServes(string) []string { return []string{servesJava} }

func javaRemoval(m *Machine, info Info, f Finding) (RemedyCode, []string) {
	id, _ := hkpost.ParseFingerprint(f.Args["sha256"])
	return m.endingInJava(info, id, f.Args["name"])
}

// endingInJava ends an entry where the distribution has it from, or deletes it with
// Java's own tool, under the password that every JDK has.
func (m *Machine) endingInJava(info Info, id Fingerprint, alias string) (RemedyCode, []string) {
	if info.Manager == string(javaks.ManagedByDebian) {
		if command := m.ending(id); command != nil {
			return RemedyFeeder, command
		}
	}
	keytool := []string{"keytool", "-delete", "-alias", alias, "-keystore", info.Path, "-storepass", javaks.DefaultPasswords[0]}
	return RemedyManaged, host.ShellWords(lineIn(m.host(), keytool))
}

// kept tells how a person ends the trust in what the distribution or the vendor
// put into the keystore.
func (s *javaStore) kept(c Change) []Finding {
	_, command := s.machine.endingInJava(s.info, c.SHA256, c.Before.Name)
	return []Finding{finding(CodeJavaManaged, "certificate", c.Name, "path", s.info.Path, "command", host.ShellLine(command...))}
}

// examineJava looks for what leads JVMs away from a store that would be right.
func examineJava(ctx context.Context, d *diagnosis) {
	stores := d.stores(KindJava)
	for _, s := range stores {
		if beside, ok := d.shadowing(s, stores); ok {
			d.shadowed(s, beside)
		}
	}
	d.foldOverridden()
	d.checks = append(d.checks, CheckEnvironment)
	d.optionsOfEnvironment()
	if h := d.machine.host(); h.Live() && h.GOOS() == "linux" {
		d.checks = append(d.checks, CheckProcesses)
		d.optionsOfProcesses(ctx)
		d.staleJVMs(ctx, stores)
	}
}

// shadowing returns the cacerts that JVMs do not read because of a jssecacerts.
func (d *diagnosis) shadowing(s StorePlan, stores []StorePlan) (StorePlan, bool) {
	h := d.machine.host()
	for _, name := range pathsOf(s.Info) {
		if h.Base(name) != "jssecacerts" || d.machine.passesOverJssecacerts() {
			continue
		}
		i := slices.IndexFunc(stores, func(o StorePlan) bool { return slices.Contains(pathsOf(o.Info), h.Join(h.Dir(name), "cacerts")) })
		if i >= 0 {
			return stores[i], true
		}
	}
	return StorePlan{}, false
}

// shadowed tells that a jssecacerts is read in place of the cacerts beside it:
// the cause of what it lacks, and else a note.
func (d *diagnosis) shadowed(s, beside StorePlan) {
	p := d.at(s, finding(CodeStoreShadowed, "path", beside.Info.Path, "store", s.Info.Path))
	d.problems = slices.DeleteFunc(d.problems, func(o Problem) bool {
		lacks := o.Store != nil && o.Store.Path == s.Info.Path && (o.Code == CodeRootMissing || o.Code == CodeIssuerMissing)
		if lacks {
			p.Level, p.Remedy = LevelError, o.Remedy
			o.Remedy = nil
			p.fold(o)
		}
		return lacks
	})
	d.problems = append(d.problems, p)
}

// foldOverridden makes one problem of an option that leads JVMs away from several
// stores.
func (d *diagnosis) foldOverridden() {
	anywhere := func(p Problem) map[string]string {
		args := maps.Clone(p.Args)
		delete(args, "path")
		return args
	}
	away := []Code{CodeStoreOverridden, CodeOptionElsewhere, CodeOptionNone, CodeOptionUnread, CodeSecurityUnknown, CodeSecurityHeeded, CodeSecurityHarmless}
	var out []Problem
	for _, p := range d.problems {
		i := slices.IndexFunc(out, func(o Problem) bool {
			return p.Code == o.Code && slices.Contains(away, p.Code) && maps.Equal(anywhere(o), anywhere(p))
		})
		if i < 0 {
			out = append(out, p)
			continue
		}
		if p.Remedy = nil; !maps.Equal(out[i].Args, p.Args) {
			out[i].fold(p)
		}
	}
	d.problems = out
}

// staleJVMs notes which JVMs were started before their store was changed: they
// read it once.
func (d *diagnosis) staleJVMs(ctx context.Context, stores []StorePlan) {
	h := d.machine.host()
	for _, jvm := range javaks.RunningJVMs(ctx, h) {
		for _, s := range stores {
			info, err := h.Stat(s.Info.Path)
			ofHome := slices.ContainsFunc(pathsOf(s.Info), func(p string) bool { return h.Inside(p, jvm.Home) })
			if err == nil && ofHome && info.ModTime().After(jvm.Started) {
				d.problems = append(d.problems, d.at(s, finding(CodeProgramStale, "program", "Java ("+jvm.Name+")", "path", s.Info.Path)))
			}
		}
	}
}
