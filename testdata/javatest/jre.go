package javatest

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// JRE returns a private runtime with TLS, made by the oldest JDK's jlink, for
// this test alone: its lib/security, with OpenJDK's own cacerts, may be changed.
// All other files are shared with other tests; they may be replaced, never
// written to.
func JRE(t testing.TB) JDK {
	t.Helper()
	maker := JDKs(t)[0]
	master := cached(t, "jre-"+maker.Version, func(dir string) error {
		// jlink insists on making its output directory itself.
		if err := os.Remove(dir); err != nil {
			return err
		}
		return maker.build("jlink", "--add-modules", "java.base,jdk.crypto.ec",
			"--strip-debug", "--no-header-files", "--no-man-pages", "--output", dir)
	})
	home := filepath.Join(t.TempDir(), "jre")
	if err := clone(master, home); err != nil {
		t.Fatal(err)
	}
	return JDK{Home: home, Version: maker.Version, Major: maker.Major}
}

// clone copies a tree by hard links, except for lib/security.
func clone(from, to string) error {
	own := filepath.Join("lib", "security") + string(filepath.Separator)
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case entry.Type()&fs.ModeSymlink != 0:
			link, err := os.Readlink(path)
			if err != nil {
				return err
			}
			return os.Symlink(link, target)
		case !strings.HasPrefix(name, own) && os.Link(path, target) == nil:
			return nil
		}
		return copyFile(path, target)
	})
}

func copyFile(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, info.Mode().Perm())
}
