package javaks

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/hktrust/hktrust/truststore/host"
)

// securityDirs are where an installation keeps its trust stores: since JDK 9,
// and in the JDKs before, whose JRE was a directory of its own.
var securityDirs = [...]string{"lib/security", "jre/lib/security"}

// nestings are where a directory given as an installation may hold it.
var nestings = [...]string{"", "Contents/Home", "jre"}

// homeRoot returns the resolved directory of the installation at dir, or of the
// one that dir's java program belongs to: java.home is where a linked bin/java
// leads, as in the directories that Homebrew calls a prefix.
func homeRoot(h *host.Host, dir string) (string, error) {
	for _, nested := range nestings {
		root, err := rootAt(h, h.Join(dir, nested))
		if root != "" || err != nil {
			return root, err
		}
	}
	java, err := h.Resolve(h.Join(dir, javaProgram(h)))
	if unlessMissing(err) != nil {
		return "", err
	}
	if err == nil && h.IsFile(java) && h.Base(h.Dir(java)) == "bin" {
		root, err := rootAt(h, h.Dir(h.Dir(java)))
		if root != "" || err != nil {
			return root, err
		}
	}
	return "", fmt.Errorf("%s: %w", dir, ErrNotJavaHome)
}

// rootAt returns the resolved directory of the installation at dir itself, ""
// if there is none.
func rootAt(h *host.Host, dir string) (string, error) {
	resolved, err := h.Resolve(dir)
	if err != nil {
		return "", unlessMissing(err)
	}
	found, err := isHome(h, resolved)
	if err != nil || !found {
		return "", err
	}
	return outermost(h, resolved), nil
}

func javaProgram(h *host.Host) string {
	if h.GOOS() == "windows" {
		return "bin/java.exe"
	}
	return "bin/java"
}

// isHome reports whether dir holds a JVM and Java's security files. A runtime
// that was made by jpackage, or by jlink with --strip-native-commands, has no
// java program, but its classes.
//
// The security files keep /usr, with its /usr/bin/java, from passing for an
// installation.
func isHome(h *host.Host, dir string) (bool, error) {
	jvm := false
	for _, file := range [...]string{javaProgram(h), "lib/modules", "lib/rt.jar"} {
		info, err := h.Stat(h.Join(dir, file))
		if err == nil && info.Mode().IsRegular() {
			jvm = true
			break
		}
		if unlessMissing(err) != nil {
			return false, err
		}
	}
	if !jvm {
		return false, nil
	}
	for _, security := range securityDirs {
		found, err := holdsSecurity(h, h.Join(dir, security))
		if found || err != nil {
			return found, err
		}
	}
	return false, nil
}

// holdsSecurity reports whether a directory is the security directory of an
// installation: it has a cacerts, which may be a link to nothing, or else a
// policy that JDKs bring along (default.policy since 9, java.security before).
func holdsSecurity(h *host.Host, dir string) (bool, error) {
	if h.IsFile(h.Join(dir, "cacerts")) {
		return true, nil
	}
	entries, err := h.ReadDir(dir)
	if err != nil {
		return false, unlessMissing(err)
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return slices.Contains([]string{"cacerts", "default.policy", "java.security"}, e.Name())
	}), nil
}

func unlessMissing(err error) error {
	if err == nil || host.Missing(err) {
		return nil
	}
	return err
}

// outermost returns the JDK that the jre directory of a JDK 8 or older
// belongs to, and any other directory unchanged.
func outermost(h *host.Host, dir string) string {
	if h.Base(dir) != "jre" {
		return dir
	}
	parent := h.Dir(dir)
	if found, err := isHome(h, parent); err != nil || !found {
		return dir
	}
	return parent
}

// describeHome describes the installation at a directory that isHome accepts.
func describeHome(h *host.Host, dir string) (Home, []*PlaceError) {
	home := Home{Dir: dir}
	var problems []*PlaceError
	rel, err := readRelease(h, dir)
	if err != nil {
		problems = append(problems, &PlaceError{Path: h.Join(dir, releaseFile), Err: err})
	}
	home.Version, home.Vendor = rel.version, rel.vendor

	cacerts := false
	for _, security := range securityDirs {
		for _, name := range [...]string{"cacerts", "jssecacerts"} {
			path := h.Join(dir, security, name)
			store, err := storeFile(h, path)
			if host.Missing(err) {
				continue
			}
			cacerts = cacerts || name == "cacerts"
			if err != nil {
				problems = append(problems, &PlaceError{Path: path, Err: err})
				continue
			}
			home.Stores = append(home.Stores, store)
		}
	}
	if !cacerts {
		problems = append(problems, &PlaceError{Path: dir, Err: ErrNoStore})
	}
	return home, problems
}

// storeFile describes the trust store at path.
func storeFile(h *host.Host, path string) (StoreFile, error) {
	resolved, err := h.Resolve(path)
	if err != nil {
		return StoreFile{}, err
	}
	if found, err := regularFile(h, resolved); err != nil {
		return StoreFile{}, err
	} else if !found {
		return StoreFile{}, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
	}
	return StoreFile{Path: path, Resolved: resolved, Name: h.Base(path), Managed: ManagerOf(h, path)}, nil
}

// regularFile reports whether there is a regular file at path, and returns an
// error if there is something else or that cannot be told.
func regularFile(h *host.Host, path string) (bool, error) {
	info, err := h.Stat(path)
	if err != nil {
		return false, unlessMissing(err)
	}
	if !info.Mode().IsRegular() {
		return false, &fs.PathError{Op: "open", Path: path, Err: host.ErrNotRegular}
	}
	return true, nil
}
