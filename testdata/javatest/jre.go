package javatest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// JRE returns a private runtime with TLS, made by the oldest JDK's jlink, for
// this test alone: its lib/security may be changed. Its cacerts holds OpenJDK's
// own roots in a JKS with the password "changeit", as OpenJDK shipped them before
// version 18, whatever the JDK ships. All other files are shared with other
// tests; they may be replaced, never written to.
func JRE(t testing.TB) JDK {
	t.Helper()
	maker := JDKs(t)[0]
	master := cached(t, "jre-"+maker.Version, func(dir string) error {
		// jlink insists on making its output directory itself.
		if err := os.Remove(dir); err != nil {
			return err
		}
		// Stripping native symbols as well would need a program of binutils.
		err := maker.build("jlink", "--add-modules", "java.base,jdk.crypto.ec",
			"--strip-java-debug-attributes", "--no-header-files", "--no-man-pages", "--output", dir)
		if err != nil {
			return err
		}
		return maker.convert(JDK{Home: dir}.Cacerts())
	})
	home := filepath.Join(t.TempDir(), "jre")
	if err := clone(master, home); err != nil {
		t.Fatal(err)
	}
	return JDK{Home: home, Version: maker.Version, Major: maker.Major}
}

// convert makes a keystore a JKS file if it is none.
func (j JDK) convert(file string) error {
	data, err := os.ReadFile(file)
	if err != nil || bytes.HasPrefix(data, []byte{0xfe, 0xed, 0xfe, 0xed}) {
		return err
	}
	made := file + ".jks"
	if err := j.build("keytool", "-importkeystore", "-noprompt", "-srckeystore", file, "-srcstorepass", "changeit",
		"-destkeystore", made, "-deststoretype", "JKS", "-deststorepass", "changeit"); err != nil {
		return err
	}
	return os.Rename(made, file)
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
