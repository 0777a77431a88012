package truststore

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore/host"
)

// javaReaders are the Java installations that read a keystore or, where none is
// known to, the newest Java.
func javaReaders(m *Machine, snap *Snapshot) ([]reader, error) {
	anchors := anchorsOf(snap)
	own := anchors
	if slices.ContainsFunc(snap.Findings, func(f Finding) bool { return f.Code == CodePasswordedCA }) {
		own = nil // JVMs give no password for their own store, and see nothing in it
	}
	var out []reader
	for _, dir := range javaHomesOf(m.host(), snap.Info) {
		r, err := javaReader(m, dir, own, snap.Info.Owner)
		if err != nil {
			return nil, err
		}
		if !m.passesOverJssecacerts() {
			r.instead = jssecacertsOf(m.host(), snap.Info, dir)
		}
		if r.instead != "" {
			r.passedOver = because(ReasonInstead, "store", r.instead)
		}
		out = append(out, r)
	}
	if len(out) > 0 {
		return out, nil
	}
	return []reader{javaOf(javaks.NewestRules(), anchors, because(ReasonNoJava))}, nil
}

// javaUserReaders are Web Start's programs, which trust by the cacerts of their
// Java as well.
func javaUserReaders(_ *Machine, snap *Snapshot) ([]reader, error) {
	r := javaOf(javaks.NewestRules(), anchorsOf(snap), because(ReasonWebStartRules))
	r.elsewhere = because(ReasonWebStart)
	return []reader{r}, nil
}

// javaHomesOf are the installations whose own store a keystore is, by the names
// under which it was found.
func javaHomesOf(h *host.Host, info Info) []string {
	var dirs []string
	for _, name := range pathsOf(info) {
		slashed := strings.ReplaceAll(name, `\`, "/")
		for _, store := range []string{"/cacerts", "/jssecacerts"} {
			dir, ok := strings.CutSuffix(slashed, "/lib/security"+store)
			if !ok {
				continue
			}
			dir = strings.TrimSuffix(name[:len(dir)], "/jre")
			if !slices.Contains(dirs, dir) && (info.Owner != nil || h.IsDir(dir)) {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// jssecacertsOf is what an installation reads in place of a store that is its
// cacerts; "" if it reads the store.
func jssecacertsOf(h *host.Host, info Info, dir string) string {
	if info.Owner != nil {
		return ""
	}
	for _, home := range []string{dir, h.Join(dir, "jre")} {
		security := h.Join(home, "lib", "security")
		other := h.Join(security, "jssecacerts")
		if slices.Contains(pathsOf(info), h.Join(security, "cacerts")) && !slices.Contains(pathsOf(info), other) && h.Exists(other) {
			return other
		}
	}
	return ""
}

// javaReader is the Java of one installation. Another user's is not looked at.
func javaReader(m *Machine, dir string, anchors [][]byte, owner *host.User) (reader, error) {
	if owner != nil {
		return javaOf(javaks.NewestRules(), anchors, because(ReasonOthersJava, "dir", dir)), nil
	}
	home, err := javaks.HomeAt(m.host(), dir)
	if err != nil && home.Dir == "" {
		return reader{}, err
	}
	options, _ := javaks.EnvironmentOptions(m.host())
	rules, err := javaks.ReadRules(m.host(), home, options[0])
	if err != nil {
		return reader{}, err
	}
	return javaOf(rules, anchors, ""), nil
}

func javaOf(rules *javaks.Rules, anchors [][]byte, assumed string) reader {
	if rules.Assumed != "" {
		assumed = rules.Assumed
	}
	release := javaRelease(rules.Version)
	rules.Readable = func(der []byte) error {
		if err := javaks.AcceptableTo(release, der); errors.Is(err, javaks.ErrRefused) {
			return err
		}
		return nil
	}
	return reader{program: "java", version: rules.Version, assumed: assumed, judge: rules.Anchors(anchors).Verify}
}

// javaRelease is the feature release, of those whose parsers are known, that a
// version is nearest to from below.
func javaRelease(version string) int {
	first, rest, _ := strings.Cut(version, ".")
	if first == "1" {
		first, _, _ = strings.Cut(rest, ".")
	}
	known := javaks.Releases[len(javaks.Releases)-1]
	major, err := strconv.Atoi(first)
	if err != nil {
		return known
	}
	for _, release := range slices.Backward(javaks.Releases[:]) {
		if known = release; release <= major {
			break
		}
	}
	return known
}
