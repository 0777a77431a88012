package nss

import (
	"fmt"
	"strings"
)

// fileURI returns SQLite's URI of a file on an operating system in GOOS terms
// (https://www.sqlite.org/uri.html). mode is "ro", "rw" or "rwc".
func fileURI(goos, path, mode string) (string, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("%w: path %q", ErrUnsafeFile, path)
	}
	if goos == "windows" {
		path = windowsURIPath(path)
	}
	return "file://" + escapePath(path) + "?mode=" + mode, nil
}

// windowsURIPath writes an absolute Windows path as a URI's path: a drive as
// "/C:/…", a share as "//server/share/…". SQLite takes only forward slashes
// in a URI, which the verbatim prefix \\?\ does not work with.
func windowsURIPath(path string) string {
	if rest, ok := strings.CutPrefix(path, `\\?\`); ok {
		path = rest
		if share, ok := strings.CutPrefix(rest, `UNC\`); ok {
			path = `\\` + share
		}
	}
	path = strings.ReplaceAll(path, `\`, "/")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return path
}

// escapePath percent-encodes every byte that is special in a URI's path or in
// any of its readers, and no slash or colon.
func escapePath(path string) string {
	var b strings.Builder
	for i := range len(path) {
		c := path[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("/:._-~", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
