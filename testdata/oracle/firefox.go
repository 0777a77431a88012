package oracle

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// NewNSS returns the directory of the NSS libraries that an installed Firefox
// brings along, of NSS 3.114 or later: that of Firefox 142.
func NewNSS(t testing.TB) string {
	t.Helper()
	for _, dir := range []string{"/usr/lib/firefox-esr", "/usr/lib/firefox", "/usr/lib64/firefox"} {
		if _, err := os.Stat(filepath.Join(dir, "libsoftokn3.so")); err == nil && FirefoxVersion(dir) >= 142 {
			return dir
		}
	}
	Missing(t, "the NSS libraries of a Firefox, 142 or later")
	return ""
}

// FirefoxVersion is the major version of the Firefox that lies in dir, 0 where
// nothing tells.
func FirefoxVersion(dir string) int {
	ini, _ := os.ReadFile(filepath.Join(dir, "application.ini"))
	_, version, _ := strings.Cut(string(ini), "\nVersion=")
	major, _, _ := strings.Cut(version, ".")
	n, _ := strconv.Atoi(major)
	return n
}
