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

// Tidy takes away the backup that is one, and nothing else that has its name.
func TestTidy(t *testing.T) {
	isBackup := func(head []byte) bool { return string(head) == "old" }
	name := filepath.Join(t.TempDir(), "store")
	backup := name + BackupSuffix
	if err := Tidy(t.Context(), filepath.Join(filepath.Dir(name), "missing", "store"), isBackup); err != nil {
		t.Errorf("where nothing is: %v", err)
	}
	write(t, name, "old")
	if _, err := edit1(name, Options{Backup: true}, to("new")); err != nil {
		t.Fatal(err)
	}
	write(t, backup+".txt", "theirs")
	for range 2 {
		if err := Tidy(t.Context(), name, isBackup); err != nil {
			t.Fatal(err)
		}
	}
	wantFiles(t, name, "store", "store"+BackupSuffix+".txt")
	wantContent(t, name, "new")

	write(t, backup, "a letter of somebody's")
	if err := Tidy(t.Context(), name, isBackup); err != nil {
		t.Fatal(err)
	}
	wantContent(t, backup, "a letter of somebody's")
	if err := os.Remove(backup); err != nil {
		t.Fatal(err)
	}
	victim := filepath.Join(t.TempDir(), "victim")
	write(t, victim, "old")
	oracle.Symlink(t, victim, backup)
	wantError(t, Tidy(t.Context(), name, isBackup), ErrBackupTaken, backup)
	wantContent(t, victim, "old")
}
