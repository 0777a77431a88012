package host

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// A tree is a fixture: names ending in "/" are directories, values that begin
// with "-> " are link targets, other values are file contents.
type tree map[string]string

func (files tree) in(t *testing.T, root string) {
	t.Helper()
	for name, content := range files {
		if runtime.GOOS == "windows" && strings.Contains(name, ":") {
			t.Skip("a drive cannot lie inside a directory here")
		}
		real := filepath.Join(root, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(real), 0o755))
		switch target, link := cutLink(content); {
		case link:
			oracle.Symlink(t, target, real)
		case name[len(name)-1] == '/':
			must(t, os.MkdirAll(real, 0o755))
		default:
			must(t, os.WriteFile(real, []byte(content), 0o644))
		}
	}
}

func cutLink(content string) (target string, link bool) {
	const arrow = "-> "
	if len(content) > len(arrow) && content[:len(arrow)] == arrow {
		return content[len(arrow):], true
	}
	return "", false
}

// ordinary is a Host over a fixture that asks for nobody's leave.
func ordinary(t *testing.T, files tree) *Host {
	t.Helper()
	root := t.TempDir()
	files.in(t, root)
	return &Host{Root: root, OS: "linux", Account: &User{UID: 1000, GID: 1000}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
