package safefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

func TestRemoveAsksForTheContent(t *testing.T) {
	name := filepath.Join(t.TempDir(), "store")
	if err := os.WriteFile(name, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	isEmpty := func(content []byte) bool { return len(content) == 0 }
	if err := Remove(t.Context(), name, isEmpty); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(name); string(got) != "kept" {
		t.Fatalf("a file that was to stay holds %q", got)
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds nothing, which is as wanted
		if err := Remove(t.Context(), name, isEmpty); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the empty file is still there: %v", err)
	}
}

func TestRemoveFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	oracle.Symlink(t, target, link)
	if err := Remove(t.Context(), link, func([]byte) bool { return true }); !errors.Is(err, ErrNotRegular) {
		t.Fatalf("Remove of a link: %v", err)
	}
	if _, err := os.Lstat(target); err != nil {
		t.Fatal(err)
	}
}
