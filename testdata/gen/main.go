// Command gen makes the repository's test fixtures again, with the real
// programs that users have. From the repository's root:
//
//	go run ./testdata/gen [jks …]
//
// Without arguments it makes all of them. What Go makes here is the same on
// every run; what keytool makes has new dates and keys.
package main

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// formats has a generator for each directory below testdata.
var formats = map[string]func(maker) error{
	"ecert":  makeECert,
	"jks":    makeJKS,
	"pkcs12": func(m maker) error { return pkcs12Fixtures(m.dir) },
}

func main() {
	names := os.Args[1:]
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(formats))
	}
	for _, name := range names {
		if err := run(name); err != nil {
			fmt.Fprintf(os.Stderr, "gen: %s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

func run(name string) error {
	generate, ok := formats[name]
	if !ok {
		return fmt.Errorf("there is no generator of that name")
	}
	m := maker{dir: filepath.Join("testdata", name)}
	if err := os.MkdirAll(m.dir, 0o755); err != nil {
		return err
	}
	var err error
	if m.work, err = os.MkdirTemp("", "hktrust-gen-"); err != nil {
		return err
	}
	defer os.RemoveAll(m.work)
	return generate(m)
}

// maker makes the fixtures of one directory.
type maker struct {
	dir  string // where fixtures go
	work string // for what is needed on the way
}

// save writes a fixture.
func (m maker) save(name string, data []byte) error {
	return os.WriteFile(filepath.Join(m.dir, name), data, 0o644)
}

// adopt makes a fixture of a file that a program has made in the work directory.
func (m maker) adopt(name string) error {
	data, err := os.ReadFile(filepath.Join(m.work, name))
	if err != nil {
		return err
	}
	return m.save(name, data)
}

// tool runs a program in the work directory.
func (m maker) tool(program string, args ...string) error {
	cmd := exec.Command(program, args...)
	cmd.Dir = m.work
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "JAVA_TOOL_OPTIONS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %q: %w\n%s", program, args, err, out)
	}
	return nil
}

// certificateFile writes test CA number n as DER into the work directory and
// returns its name there.
func (m maker) certificateFile(n int) (string, error) {
	name := fmt.Sprintf("ca%d.der", n)
	return name, os.WriteFile(filepath.Join(m.work, name), testCA(n), 0o644)
}
