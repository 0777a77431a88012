package browser

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Profile is a Firefox profile in a home directory of its own.
type Profile struct {
	Home string
	Dir  string // the default profile, below Home
}

// NewProfile returns the default profile that Firefox makes when a new user
// starts it for the first time: with an empty cert9.db and a key4.db for the
// empty password, and with profiles.ini and installs.ini in Home. Firefox does
// that once in a test process; each test gets a copy.
func NewProfile(t testing.TB) *Profile {
	t.Helper()
	return NewProfileOf(t, Firefox(t))
}

// NewProfileOf is NewProfile with one Firefox of several.
func NewProfileOf(t testing.TB, firefox *FirefoxBin) *Profile {
	t.Helper()
	home, err := freshHome(t, firefox)
	if err != nil {
		t.Fatal(err)
	}
	p := &Profile{Home: t.TempDir()}
	for _, f := range home {
		if err := f.write(p.Home); err != nil {
			t.Fatal(err)
		}
		if filepath.Base(f.path) == "key4.db" {
			p.Dir = filepath.Join(p.Home, filepath.Dir(f.path))
		}
	}
	if p.Dir == "" {
		t.Fatal("Firefox's first start made no key4.db")
	}
	return p
}

// homeFile is a file of a home directory, kept in memory so that nothing is
// left behind on disk.
type homeFile struct {
	path    string
	mode    fs.FileMode
	content []byte
	link    string
}

func (f homeFile) write(home string) error {
	path := filepath.Join(home, f.path)
	switch f.mode.Type() {
	case fs.ModeDir:
		return os.MkdirAll(path, 0o700)
	case fs.ModeSymlink:
		return os.Symlink(f.link, path)
	}
	return os.WriteFile(path, f.content, f.mode.Perm())
}

var fresh struct {
	sync.Mutex
	homes map[string][]homeFile // by the program that made them
}

// freshHome starts Firefox for the first time, unless that was done before.
func freshHome(t testing.TB, firefox *FirefoxBin) ([]homeFile, error) {
	fresh.Lock()
	defer fresh.Unlock()
	if home := fresh.homes[firefox.Path]; home != nil {
		return home, nil
	}
	home := t.TempDir()
	// Making a picture is what lets Firefox start on its default profile and
	// end by itself.
	p := start(t, environment(home), firefox.Path,
		"--headless", "--no-remote", "--screenshot", filepath.Join(t.TempDir(), "picture.png"), "about:blank")
	if err := p.wait(startDeadline); err != nil {
		return nil, fmt.Errorf("first start of Firefox: %v\n%s", err, p.said())
	}
	p.kill() // stragglers
	files, err := readHome(home)
	if err == nil {
		if fresh.homes == nil {
			fresh.homes = map[string][]homeFile{}
		}
		fresh.homes[firefox.Path] = files
	}
	return files, err
}

// readHome reads what Firefox keeps in a home directory, without its caches.
func readHome(home string) ([]homeFile, error) {
	var files []homeFile
	err := fs.WalkDir(os.DirFS(home), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		if strings.HasPrefix(path, ".cache") {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		f := homeFile{path: path, mode: info.Mode()}
		switch name := filepath.Join(home, path); info.Mode().Type() {
		case fs.ModeDir:
		case fs.ModeSymlink:
			f.link, err = os.Readlink(name)
		case 0:
			f.content, err = os.ReadFile(name)
		default:
			return nil // sockets
		}
		files = append(files, f)
		return err
	})
	return files, err
}
