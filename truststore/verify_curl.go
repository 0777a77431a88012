package truststore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// curlFile is what curl takes, without being asked, from its file of settings
// (tool_findfile.c, tool_parsecfg.c) of which certificates it trusts by.
type curlFile struct {
	file     string
	places   bundlePlaces // cacert, capath
	insecure bool
}

// maxCurlFile bounds a file of curl's settings, in octets.
const maxCurlFile = 1 << 20

// curlSettings reads the first such file that is there.
func curlSettings(m *Machine) curlFile {
	h := m.host()
	for _, path := range curlFiles(h) {
		if text, err := h.ReadFile(path, maxCurlFile); err == nil {
			out := curlFile{file: path}
			for line := range strings.Lines(string(text)) {
				out.take(strings.TrimSpace(line))
			}
			return out
		}
	}
	return curlFile{}
}

// curlFiles are the places in the order in which curl looks.
func curlFiles(h *host.Host) []string {
	var out []string
	for _, variable := range []string{"CURL_HOME", "XDG_CONFIG_HOME", "HOME"} {
		if dir := h.Getenv(variable); dir != "" {
			out = append(out, h.Join(dir, ".curlrc"))
		}
	}
	if home := h.Getenv("HOME"); home != "" && h.Getenv("XDG_CONFIG_HOME") == "" {
		out = append(out, h.Join(home, ".config", "curlrc"))
	}
	if me, err := h.Me(); err == nil && me.Home != "" {
		out = append(out, h.Join(me.Home, ".curlrc"))
	}
	return out
}

// take reads one line: an option, with or without dashes, and its value after
// blanks, "=" or ":", which may be in quotes.
func (f *curlFile) take(line string) {
	option, value := line, ""
	if i := strings.IndexAny(line, " \t=:"); i >= 0 {
		option, value = line[:i], strings.TrimLeft(line[i:], " \t=:")
	}
	if quoted, ok := strings.CutPrefix(value, `"`); ok {
		value = unquoted(quoted)
	} else {
		value, _, _ = strings.Cut(value, " ")
	}
	if short, ok := strings.CutPrefix(option, "-"); ok && !strings.HasPrefix(short, "-") {
		f.insecure = f.insecure || strings.Contains(short, "k")
		return
	}
	// Any case will do, and as many letters as tell an option from the others.
	is := func(long string, enough int) bool { return len(option) >= enough && strings.HasPrefix(long, option) }
	switch option = strings.ToLower(strings.TrimLeft(option, "-")); {
	case is("cacert", 3):
		f.places.file = value
	case is("capath", 3):
		f.places.dirs = value
	case is("insecure", 3):
		f.insecure = true
	case is("no-insecure", 6):
		f.insecure = false
	}
}

// unquoted is what is before the closing quote, without the backslashes that
// protect what follows them.
func unquoted(text string) string {
	var out strings.Builder
	for i := 0; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

// relative: what a place is depends on where curl is started.
func (f curlFile) relative(h *host.Host) bool {
	return slices.ContainsFunc([]string{f.places.file, f.places.dirs}, func(path string) bool { return path != "" && !h.IsAbs(path) })
}

// why says why it is not known what curl trusts by, with its settings; "" if it is.
func (f curlFile) why(h *host.Host) string {
	switch {
	case f.insecure:
		return because(ReasonSetting, "setting", "insecure", "file", f.file)
	case f.relative(h):
		return because(ReasonSetting, "setting", f.option(), "file", f.file)
	}
	return ""
}

// option is the setting that names the file, or else the directories.
func (f curlFile) option() string {
	if f.places.file != "" {
		return "cacert"
	}
	return "capath"
}

// bundles is what the settings name, as a row of the table of variables.
func (f curlFile) bundles(h *host.Host) []bundleVariable {
	if f.places.path() == "" || f.relative(h) {
		return nil
	}
	name := fmt.Sprintf("%s (%s)", f.option(), f.file)
	return []bundleVariable{{name: name, programs: []string{"curl"}, adds: true, given: &f}}
}

// curlReadsBoth reports whether the machine's curl asks for SSL_CERT_FILE where
// SSL_CERT_DIR is set, too. It does since 8.2 (tool_operate.c; curl's issue 11325).
// Where nobody tells which curl this is, a newer one is taken.
func curlReadsBoth(h *host.Host) bool {
	var major, minor int
	if _, err := fmt.Sscanf(debianVersion(h, "curl"), "%d.%d", &major, &minor); err != nil {
		return true
	}
	return major > 8 || major == 8 && minor >= 2
}

// maxPackages bounds dpkg's list of packages, in bytes.
const maxPackages = 64 << 20

// debianVersion is the version of an installed package of Debian's, "" where dpkg
// knows none.
func debianVersion(h *host.Host, name string) string {
	status, err := h.ReadFile("/var/lib/dpkg/status", maxPackages)
	if err != nil {
		return ""
	}
	_, paragraph, _ := strings.Cut("\n"+string(status), "\nPackage: "+name+"\n")
	paragraph, _, _ = strings.Cut(paragraph, "\n\n")
	if !strings.Contains(paragraph, " installed\n") {
		return "" // removed, with its settings left
	}
	_, version, _ := strings.Cut(paragraph, "\nVersion: ")
	version, _, _ = strings.Cut(version, "\n")
	return version
}
