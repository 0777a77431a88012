package nss

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Bounds on what is read of Chromium's configuration.
const (
	maxPreferences = 32 << 20 // bytes of one Preferences file
	maxPolicy      = 4 << 20  // bytes of one policy file
	maxProfiles    = 256      // of one browser
)

// chromiumPolicies are the directories of the managed policies of each browser
// (https://chromeenterprise.google/policies/), by packaging and application.
var chromiumPolicies = map[[2]string]string{
	{"", "chromium"}: "/etc/chromium/policies/managed",
	{"", "chrome"}:   "/etc/opt/chrome/policies/managed",
	{"", "edge"}:     "/etc/opt/edge/policies/managed",
	{"", "brave"}:    "/etc/brave/policies/managed",

	{"snap", "chromium"}: "/var/snap/chromium/current/policies/managed",
	{"snap", "brave"}:    "/var/snap/brave/current/policies/managed",
}

// integration is how policy files, in which Chromium permits comments and stray
// commas, say whether it asks the operating system, on Linux NSS.
var integration = lazyRegexp(`"CAPlatformIntegrationEnabled"\s*:\s*(true|false)`)

// chromiumSettings reads the settings of one browser. A managed policy overrules
// its profiles.
func (f *finder) chromiumSettings(b browserPlace, p sharedPlace) []Setting {
	if s, ok := f.chromiumPolicy(p.packaging, b.application); ok {
		if s.Value {
			return nil
		}
		return []Setting{s}
	}
	config := f.places.expand(b.config)
	entries, err := f.host.ReadDir(config)
	if err != nil {
		f.problem(config, err)
		return nil
	}
	var settings []Setting
	for _, e := range entries[:min(len(entries), maxProfiles)] {
		dir := f.host.Join(config, e.Name())
		path := f.host.Join(dir, "Preferences")
		data, err := f.host.ReadFile(path, maxPreferences)
		if err != nil || !bytes.Contains(data, []byte("ca_platform_integration_enabled")) {
			continue
		}
		var prefs struct {
			Certificates struct {
				Integration *bool `json:"ca_platform_integration_enabled"`
			} `json:"certificates"`
		}
		if err := json.Unmarshal(data, &prefs); err == nil && prefs.Certificates.Integration != nil && !*prefs.Certificates.Integration {
			settings = append(settings, Setting{Name: "certificates.ca_platform_integration_enabled", Path: path,
				Application: b.application, Profile: dir, Ignores: true})
		}
	}
	return settings
}

// chromiumPolicy reads the managed policy. Of several files the last one counts.
func (f *finder) chromiumPolicy(packaging, application string) (s Setting, found bool) {
	dir, ok := chromiumPolicies[[2]string{packaging, application}]
	if !ok {
		return s, false
	}
	paths, _ := f.host.Glob(dir + "/*.json")
	for _, path := range slices.Sorted(slices.Values(paths)) {
		data, err := f.host.ReadFile(path, maxPolicy)
		if err != nil {
			continue
		}
		if m := integration().FindSubmatch(data); m != nil {
			value := string(m[1]) == "true"
			s, found = Setting{Name: "CAPlatformIntegrationEnabled", Value: value, Path: path, Application: application, Ignores: !value}, true
		}
	}
	return s, found
}
