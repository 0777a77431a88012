package javaks

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hktrust/hktrust/truststore/host"
)

const (
	releaseFile = "release"
	// maxRelease bounds a release file, in bytes; JDK 25's has 1.6 KiB.
	maxRelease = 64 << 10
	// maxReleaseValue bounds the values taken from it, in bytes.
	maxReleaseValue = 128
)

// release is what an installation's release file says about it.
type release struct {
	version string // JAVA_VERSION
	vendor  string // IMPLEMENTOR, which images made by jlink lack
}

// readRelease reads the release file of the installation at dir. That there
// is none, as in some JREs of version 8, is no error.
func readRelease(h *host.Host, dir string) (release, error) {
	data, err := h.ReadFile(h.Join(dir, releaseFile), maxRelease)
	if err != nil {
		return release{}, unlessMissing(err)
	}
	return parseRelease(data), nil
}

// parseRelease reads lines of the form KEY="VALUE", the first of each key,
// and passes over all others.
func parseRelease(data []byte) release {
	var r release
	for line := range strings.Lines(string(data)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		switch strings.TrimSpace(key) {
		case "JAVA_VERSION":
			setOnce(&r.version, value)
		case "IMPLEMENTOR":
			setOnce(&r.vendor, value)
		}
	}
	return r
}

func setOnce(to *string, value string) {
	value = strings.TrimSpace(value)
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	if *to == "" && isLabel(value) {
		*to = value
	}
}

// isLabel reports whether a foreign text is short and shows as it is: people
// will see it in a terminal.
func isLabel(s string) bool {
	return len(s) <= maxReleaseValue && utf8.ValidString(s) && !strings.ContainsFunc(s, notPrintable)
}

func notPrintable(r rune) bool { return !unicode.IsPrint(r) }
