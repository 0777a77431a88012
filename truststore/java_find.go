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
	look := javaks.HomeSearch{User: s.user, Machine: s.shared, Dirs: s.machine.SearchDirs}
	found := javaks.FindHomes(ctx, s.host, look)
	d := s.machine.javaStores(found.Homes)
	d.places = found.Places
	for _, p := range found.Problems {
		other, theirs := asType[*host.OtherUserError](p.Err)
		switch {
		case theirs: // nobody named the place: root's PATH may lead anywhere
			d.findings = append(d.findings, finding(CodePlaceOther, "path", p.Path, "user", other.User.Name))
		case errors.Is(p.Err, javaks.ErrNotJavaHome):
			d.findings = append(d.findings, finding(CodeJavaHomeEmpty, "path", p.Path))
		case errors.Is(p.Err, fs.ErrPermission) && onPath(s.host, p.Path):
			// Who may not look there runs no Java from there.
			f := finding(CodePlaceUnreadable, "path", p.Path, "error", p.Err.Error())
			f.Level = LevelNote
			d.findings = append(d.findings, f)
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
	var d discovery
	for _, home := range homes {
		for _, f := range home.Stores {
			d.add(newJavaStore(m, m.javaInfo(home, f)))
		}
	}
	return d
}

func (m *Machine) javaInfo(home javaks.Home, f javaks.StoreFile) Info {
	return Info{
		Kind: KindJava, Path: f.Resolved, Scope: m.scopeOf(f.Resolved), Label: javaLabel(home),
		Manager: string(f.Managed), Version: home.Version, Links: linksTo(f.Resolved, f.Path),
	}
}

func javaLabel(home javaks.Home) string {
	vendor := home.Vendor
	if vendor == "" {
		vendor = "Java"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s", vendor, home.Version))
}

// javaAt is the stores of an installation, or of a keystore file.
func javaAt(m *Machine, sel Selector) (discovery, error) {
	if sel.Dir || m.host().IsDir(sel.Path) {
		return m.javaHome(sel.Path)
	}
	return m.javaFile(sel)
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
	h := m.host()
	resolved, err := h.Resolve(sel.Path)
	if err != nil {
		return discovery{}, err
	}
	if h.Base(resolved) == "jssecacerts" && !h.Exists(resolved) && h.Exists(h.Join(h.Dir(resolved), "cacerts")) {
		return discovery{}, ErrHides // TrustStoreManager reads the first that exists
	}
	info := Info{
		Kind: sel.Kind, Path: resolved, Scope: m.scopeOf(resolved), Label: "keystore", Manager: string(javaks.ManagerOf(h, sel.Path)),
		Missing: !m.host().Exists(resolved), Links: linksTo(resolved, sel.Path),
	}
	var d discovery
	d.add(newJavaStore(m, info))
	return d, nil
}
