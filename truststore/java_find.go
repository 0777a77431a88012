package truststore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore/host"
)

// findJava finds the keystores of all Java installations.
func findJava(ctx context.Context, s search) discovery {
	homes, problems := javaks.FindHomes(ctx, s.host, javaks.HomeSearch{User: s.user, Machine: s.shared})
	d := s.machine.javaStores(homes)
	for _, p := range problems {
		other, theirs := asType[*host.OtherUserError](p.Err)
		switch {
		case theirs: // nobody named the place: root's PATH may lead anywhere
			d.findings = append(d.findings, finding(CodePlaceOther, "path", p.Path, "user", other.User.Name))
		case errors.Is(p.Err, fs.ErrPermission) && onPath(s.host, p.Path):
			// Who may not look there runs no Java from there.
			d.findings = append(d.findings, finding(CodePlaceUnreadable, "path", p.Path, "error", p.Err.Error()))
		default:
			d.problem(KindJava, p.Path, p.Err)
		}
	}
	return d
}

// onPath reports whether a program is one that the PATH leads to.
func onPath(h *host.Host, program string) bool {
	return slices.Contains(filepath.SplitList(h.Getenv("PATH")), h.Dir(program))
}

// javaStores makes one store of each keystore file of the homes.
func (m *Machine) javaStores(homes []javaks.Home) discovery {
	var infos []Info
	for _, home := range homes {
		for _, f := range home.Stores {
			infos = addJava(infos, m.javaInfo(home, f))
		}
	}
	var d discovery
	for _, info := range infos {
		d.add(newJavaStore(m, info))
	}
	return d
}

// addJava adds a store to the list, or its name to the one that is the same file.
func addJava(infos []Info, info Info) []Info {
	i := slices.IndexFunc(infos, info.same)
	if i < 0 {
		return append(infos, info)
	}
	if !strings.Contains(infos[i].Label, info.Label) {
		infos[i].Label += ", " + info.Label
	}
	for _, link := range info.Links {
		if !slices.Contains(infos[i].Links, link) {
			infos[i].Links = append(infos[i].Links, link)
		}
	}
	return infos
}

func (m *Machine) javaInfo(home javaks.Home, f javaks.StoreFile) Info {
	info := Info{
		Kind: KindJava, Path: f.Resolved, Scope: m.scopeOf(f.Resolved), Label: javaLabel(home),
		Manager: string(f.Managed), Version: home.Version,
	}
	if f.Path != f.Resolved {
		info.Links = []string{f.Path}
	}
	return info
}

func javaLabel(home javaks.Home) string {
	vendor := home.Vendor
	if vendor == "" {
		vendor = "Java"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s", vendor, home.Version))
}

// javaHome is the stores of one given installation, as far as it can be read.
func (m *Machine) javaHome(dir string) (discovery, error) {
	home, err := javaks.HomeAt(m.host(), dir)
	d := m.javaStores([]javaks.Home{home})
	if err != nil && len(d.stores) == 0 {
		return discovery{}, err
	}
	if err != nil {
		d.problem(KindJava, dir, err)
	}
	return d, nil
}

// javaFile is the store of one given keystore file.
func (m *Machine) javaFile(sel Selector) (discovery, error) {
	resolved, err := m.host().Resolve(sel.Path)
	if err != nil {
		return discovery{}, err
	}
	info := Info{
		Kind: KindJava, Path: resolved, Scope: m.scopeOf(resolved), Label: "keystore",
		Missing: !m.host().Exists(resolved),
	}
	if sel.Kind != "" {
		info.Kind = sel.Kind
	}
	var d discovery
	d.add(newJavaStore(m, info))
	return d, nil
}
