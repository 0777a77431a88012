package truststore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hktrust/hktrust/javaks"
)

// Program is a program as whose verdict a store is to be judged.
type Program struct {
	Name string // "java", "firefox", …: see [Programs]
	// Dir is the installation whose version and settings count; "" is the
	// newest that is known.
	Dir string
	// Version is the program's, such as "3.11" for Python, whose rules changed;
	// "" is the newest that is known.
	Version string
}

// program is what is known of one.
type program struct {
	name       string
	hasDir     bool
	hasVersion bool
	readers    func(*Machine, Program, *Snapshot) ([]reader, error)
}

func programs() []program {
	rows := []program{{name: "java", hasDir: true, readers: asJava}}
	for _, name := range []string{"firefox", "chromium", "nss"} {
		rows = append(rows, program{name: name, readers: asNSS})
	}
	for _, name := range []string{"openssl", "curl", "python", "node", "gnutls", "wget", "go"} {
		rows = append(rows, program{name: name, hasVersion: name == "python" || name == "node", readers: asBundle})
	}
	return rows
}

// Programs lists the names that ParseProgram knows.
func Programs() []string {
	var names []string
	for _, p := range programs() {
		names = append(names, p.name)
	}
	return names
}

// ParseProgram reads PROGRAM, PROGRAM=DIR or, for python and node,
// PROGRAM=VERSION. The error is ErrOptions.
func ParseProgram(s string) (Program, error) {
	name, value, given := strings.Cut(s, "=")
	rows := programs()
	i := slices.IndexFunc(rows, func(p program) bool { return p.name == name })
	switch {
	case i < 0:
		return Program{}, fmt.Errorf("%w: unknown program %q; there are %s", ErrOptions, name, strings.Join(Programs(), ", "))
	case given && value == "":
		return Program{}, fmt.Errorf("%w: %s= needs a directory or a version", ErrOptions, name)
	case given && rows[i].hasVersion:
		if _, _, err := majorMinor(value); err != nil {
			return Program{}, fmt.Errorf("%w: %q is no version of %s", ErrOptions, value, name)
		}
		return Program{Name: name, Version: value}, nil
	case given && !rows[i].hasDir:
		return Program{}, fmt.Errorf("%w: the rules of %s do not depend on a directory", ErrOptions, name)
	}
	return Program{Name: name, Dir: value}, nil
}

// validate returns ErrOptions for an installation that is not there.
func (p *Program) validate(m *Machine) error {
	if p == nil || p.Name != "java" || p.Dir == "" {
		return nil
	}
	if home, err := javaks.HomeAt(m.host(), p.Dir); err != nil && home.Dir == "" {
		return fmt.Errorf("%w: java=%s: %w", ErrOptions, p.Dir, err)
	}
	return nil
}

// readers is the program, as if it read the store.
func (p Program) readers(m *Machine, snap *Snapshot) ([]reader, error) {
	for _, row := range programs() {
		if row.name == p.Name {
			return row.readers(m, p, snap)
		}
	}
	return nil, fmt.Errorf("%w: unknown program %q", ErrOptions, p.Name)
}

func asJava(m *Machine, p Program, snap *Snapshot) ([]reader, error) {
	if p.Dir == "" {
		return []reader{javaOf(javaks.NewestRules(), anchorsOf(snap), "no installation was named: the rules are those of the newest Java known")}, nil
	}
	r, err := javaReader(m, p.Dir, anchorsOf(snap), nil)
	return []reader{r}, err
}

func asNSS(m *Machine, p Program, snap *Snapshot) ([]reader, error) {
	if row := backendOf(snap.Info.Kind); row.beside && p.Name == "chromium" {
		return row.readers(m, snap)
	}
	return []reader{nssReader(p.Name, snap)}, nil
}

func asBundle(_ *Machine, p Program, snap *Snapshot) ([]reader, error) {
	return []reader{bundleReader(p.Name, p.Version, anchorListOf(snap).foundBy(p.Name, snap))}, nil
}

// majorMinor reads the first two numbers of a version; a missing second one is 0.
func majorMinor(version string) (major, minor int, err error) {
	first, rest, _ := strings.Cut(version, ".")
	if major, err = strconv.Atoi(first); err != nil || rest == "" {
		return major, 0, err
	}
	second, _, _ := strings.Cut(rest, ".")
	minor, err = strconv.Atoi(second)
	return major, minor, err
}
