package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

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

// A pipe that nobody writes to is not waited for for ever, and one that
// somebody does write to is read.
func TestPasswordPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	must(syscall.Mkfifo(pipe, 0o600))
	a := &app{patience: 10 * time.Millisecond}
	if got, err := a.readPassword(pipe); !errors.Is(err, errNoPassword) {
		t.Errorf("%q, %v", got, err)
	}
	pipe = filepath.Join(t.TempDir(), "pipe")
	must(syscall.Mkfifo(pipe, 0o600))
	go os.WriteFile(pipe, []byte("theirs\n"), 0o600)
	a.patience = 0
	if got, err := a.readPassword(pipe); got != "theirs" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
