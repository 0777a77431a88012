package nss

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/hktrust/hktrust/truststore/host"
)

// Bounds on what is read of a Mozilla program's preferences.
const (
	maxPrefs     = 16 << 20 // bytes of one file
	maxPrefFiles = 64       // of one directory
)

// The preferences that matter.
const (
	prefNoCertDB        = "security.nocertdb"
	prefEnterpriseRoots = "security.enterprise_roots.enabled"
	prefConfigFile      = "general.config.filename"
	prefConfigObscure   = "general.config.obscure_value"
)

// Ranks of the places that set a preference, in the order in which Firefox lets
// later ones win: its defaults, those of an AutoConfig file, prefs.js, user.js,
// AutoConfig again, and what is locked.
const (
	rankDefault = iota
	rankConfigDefault
	rankPrefs
	rankUser
	rankConfig
	rankLocked
)

// mozillaPrefs are the values that count, of the preferences above.
type mozillaPrefs struct {
	host  *host.Host
	found map[string]prefValue
}

type prefValue struct {
	text string
	path string
	rank int
}

// set keeps a value unless one of a higher rank is known.
func (m *mozillaPrefs) set(name string, v prefValue) {
	if old, known := m.found[name]; !known || v.rank >= old.rank {
		m.found[name] = v
	}
}

// mozillaSettings reads the settings of the program of a profile: preferences,
// AutoConfig files and policies of its installation, as far as these are where
// the profile's compatibility.ini says. What a distribution builds in, as Tor
// Browser does, is not seen.
func mozillaSettings(h *host.Host, loc Location, compatibility map[string]string) []Setting {
	m := &mozillaPrefs{host: h, found: map[string]prefValue{}}
	m.installation(loc.Application, compatibility["LastPlatformDir"], compatibility["LastAppDir"])
	m.file(h.Join(loc.Resolved, "prefs.js"), map[string]int{"user_pref": rankPrefs})
	m.file(h.Join(loc.Resolved, "user.js"), map[string]int{"user_pref": rankUser})
	var settings []Setting
	for _, name := range []string{prefNoCertDB, prefEnterpriseRoots} {
		v, ok := m.found[name]
		value := v.text == "true"
		if !ok || name == prefNoCertDB && !value {
			continue
		}
		settings = append(settings, Setting{Name: name, Value: value, Path: v.path, Application: loc.Application,
			Profile: loc.Dir, Ignores: name == prefNoCertDB})
	}
	return settings
}

// installation reads what an installation says, for all profiles.
func (m *mozillaPrefs) installation(application, platform, app string) {
	dirs := []string{"/etc/firefox/defaults/pref"}
	if !isUnix(m.host) {
		dirs = nil
	}
	if m.host.IsAbs(platform) {
		dirs = append(dirs, m.host.Join(platform, "defaults", "pref"))
	}
	if m.host.IsAbs(app) {
		dirs = append(dirs, m.host.Join(app, "defaults", "preferences"))
	}
	for _, dir := range dirs {
		paths, _ := m.host.Glob(m.host.Join(dir, "*.js"))
		for _, path := range paths[:min(len(paths), maxPrefFiles)] {
			m.file(path, map[string]int{"pref": rankDefault, "sticky_pref": rankDefault, "lockPref": rankLocked})
		}
	}
	if m.host.IsAbs(platform) {
		m.autoConfig(platform)
		m.policies(m.host.Join(platform, "distribution", "policies.json"))
	}
	if application != "" && isUnix(m.host) {
		m.policies(m.host.Join("/etc", application, "policies", "policies.json"))
	}
}

// autoConfig reads the file that an administrator has Firefox run at every
// start, whose bytes are shifted unless the installation says otherwise
// (https://support.mozilla.org/kb/customizing-firefox-using-autoconfig).
func (m *mozillaPrefs) autoConfig(platform string) {
	name := m.found[prefConfigFile].text
	if name == "" || m.host.Base(name) != name {
		return
	}
	shift := 13
	if v, ok := m.found[prefConfigObscure]; ok {
		shift, _ = strconv.Atoi(v.text)
	}
	path := m.host.Join(platform, name)
	data, err := m.host.ReadFile(path, maxPrefs)
	if err != nil {
		return
	}
	plain := make([]byte, len(data))
	for i, b := range data {
		plain[i] = b - byte(shift)
	}
	m.read(plain, path, map[string]int{"defaultPref": rankConfigDefault, "pref": rankConfig, "lockPref": rankLocked})
}

// policies reads policies.json.
func (m *mozillaPrefs) policies(path string) {
	data, err := m.host.ReadFile(path, maxPolicy)
	if err != nil {
		return
	}
	var file struct {
		Policies struct {
			Certificates struct{ ImportEnterpriseRoots *bool }
		} `json:"policies"`
	}
	if json.Unmarshal(data, &file) == nil && file.Policies.Certificates.ImportEnterpriseRoots != nil {
		value := strconv.FormatBool(*file.Policies.Certificates.ImportEnterpriseRoots)
		m.set(prefEnterpriseRoots, prefValue{text: value, path: path, rank: rankLocked})
	}
}

func (m *mozillaPrefs) file(path string, ranks map[string]int) {
	if data, err := m.host.ReadFile(path, maxPrefs); err == nil {
		m.read(data, path, ranks)
	}
}

// read takes the values of the preferences above from a file; ranks are the
// functions that count in it.
func (m *mozillaPrefs) read(data []byte, path string, ranks map[string]int) {
	if !slices.ContainsFunc([]string{prefNoCertDB, prefEnterpriseRoots, "general.config."}, func(name string) bool { return bytes.Contains(data, []byte(name)) }) {
		return
	}
	for call := range prefCalls(data) {
		rank, ok := ranks[call.function]
		if !ok {
			continue
		}
		switch call.name {
		case prefNoCertDB, prefEnterpriseRoots, prefConfigFile, prefConfigObscure:
			m.set(call.name, prefValue{text: call.value, path: path, rank: rank})
		}
	}
}
