package wine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// replacement is one line of a source file that is compiled differently for
// Wine. Each makes up for something that Wine 8 lacks and Windows has.
type replacement struct {
	std      bool   // the file is one of Go's own
	file     string // below GOROOT/src, or below the module
	from, to string
}

var replacements = []replacement{
	// Wine knows no FileDispositionInfoEx (class 64) and says so with a status
	// that package os does not expect; Go's own tests have a switch for the
	// older way.
	{true, "internal/syscall/windows/at_windows.go", "var TestDeleteatFallback bool", "var TestDeleteatFallback = true"},
	// Wine keeps no owners: each file belongs to the user of the prefix.
	{false, "truststore/host/acl.go", "const fileKeeperOfWine = \"\"", "const fileKeeperOfWine = \"S-1-5-21-0-0-0-1000\""},
}

// GoCommand is "go verb -overlay FILE args…" for Windows, with what Wine lacks
// mended. It keeps its files in a directory of the caller's.
func GoCommand(ctx context.Context, dir, verb string, args ...string) (*exec.Cmd, error) {
	root, err := goroot(dir)
	if err != nil {
		return nil, err
	}
	file, err := overlay(dir, root)
	if err != nil {
		return nil, err
	}
	args = append([]string{verb, "-overlay", file}, args...)
	cmd := exec.CommandContext(ctx, filepath.Join(root, "bin", "go"), args...)
	cmd.Env = append(os.Environ(), "GOROOT="+root, "GOTOOLCHAIN=local", "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	return cmd, nil
}

// goroot is Go's own directory under a name of the caller's: the go command
// replaces no file of a toolchain below the module cache, where go.mod's lies.
func goroot(dir string) (string, error) {
	root, err := goEnv("GOROOT")
	if err != nil {
		return "", err
	}
	link := filepath.Join(dir, "goroot")
	return link, os.Symlink(root, link)
}

// overlay writes a file for the -overlay flag of the go command. It fails where
// a line to be replaced does not stand exactly once in its file: then Go, or
// this module, has moved on, and the replacement must be thought through again.
func overlay(dir, goroot string) (string, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for i, r := range replacements {
		source, err := r.source(goroot)
		if err != nil {
			return "", err
		}
		content, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(content), r.from); n != 1 {
			return "", fmt.Errorf("overlay for Wine: %q stands %d times in %s, want once", r.from, n, source)
		}
		changed := filepath.Join(dir, fmt.Sprintf("overlay%d.go", i))
		if err := os.WriteFile(changed, []byte(strings.Replace(string(content), r.from, r.to, 1)), 0o644); err != nil {
			return "", err
		}
		overlay.Replace[source] = changed
	}
	data, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return name, os.WriteFile(name, data, 0o644)
}

func (r replacement) source(goroot string) (string, error) {
	if r.std {
		return filepath.Join(goroot, "src", filepath.FromSlash(r.file)), nil
	}
	mod, err := goEnv("GOMOD")
	return filepath.Join(filepath.Dir(mod), filepath.FromSlash(r.file)), err
}

func goEnv(key string) (string, error) {
	out, err := exec.Command("go", "env", key).Output()
	return strings.TrimSpace(string(out)), err
}
