package host

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// A directory that cannot be looked at must not pass for an empty one.
func TestGlobTellsWhatItCouldNotRead(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"jvm/one/bin", "jvm/two"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "jvm/file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	h := &Host{Root: root, OS: "linux", Account: &User{UID: 1000, GID: 1000}}

	got, err := h.Glob("/jvm/*/bin")
	if want := []string{"/jvm/one/bin"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("Glob = %q, %v; want %q: what is missing is no error", got, err, want)
	}
	if got, err := h.Glob("/none/*/bin"); err != nil || len(got) != 0 {
		t.Errorf("Glob of a missing directory = %q, %v", got, err)
	}

	oracle.Symlink(t, "loop", filepath.Join(root, "jvm/loop"))
	got, err = h.Glob("/jvm/*/bin")
	if want := []string{"/jvm/one/bin"}; err == nil || !slices.Equal(got, want) {
		t.Errorf("Glob past a link loop = %q, %v; want %q and an error", got, err, want)
	}
}

// An error names the path as the machine writes it, not where Root lies.
func TestErrorsNameTheMachinesPath(t *testing.T) {
	h := &Host{Root: t.TempDir(), OS: "linux"}
	var pe *fs.PathError
	if _, err := h.Stat("/none"); !errors.As(err, &pe) || pe.Path != "/none" {
		t.Errorf("Stat: %v", err)
	}
	if _, err := h.ReadDir("/none"); !errors.As(err, &pe) || pe.Path != "/none" {
		t.Errorf("ReadDir: %v", err)
	}
}
