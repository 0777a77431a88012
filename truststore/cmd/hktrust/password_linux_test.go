package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// Root passes the password on to a process of the store's owner, who must not
// get to read what only root can.
func TestPasswordFileOfAnotherUser(t *testing.T) {
	oracle.NeedRoot(t)
	dir := t.TempDir()
	secret, theirs, link := filepath.Join(dir, "secret"), filepath.Join(dir, "home", "password"), filepath.Join(dir, "home", "link")
	must(os.Mkdir(filepath.Dir(theirs), 0o755))
	must(os.WriteFile(secret, []byte("root's\n"), 0o600))
	must(os.WriteFile(theirs, []byte("theirs\n"), 0o600))
	must(os.Symlink(secret, link))
	for _, path := range []string{filepath.Dir(theirs), theirs, link} {
		must(os.Lchown(path, nobody, nogroup))
	}
	if got, err := readPassword(link, nil); !errors.Is(err, errNotTheirs) || got != "" {
		t.Errorf("link: %q, %v", got, err)
	}
	for file, want := range map[string]string{secret: "root's", theirs: "theirs"} {
		if got, err := readPassword(file, nil); err != nil || got != want {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
}
