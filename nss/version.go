package nss

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// maxVersion bounds Chromium's "Last Version", a file of a dozen bytes.
const maxVersion = 256

// recordedVersion returns the version of the Mozilla program that used a
// profile last, "" if nothing tells. Its compatibility.ini says
// LastVersion=153.7.0_20261103151912/20261103151912: version, build, build.
func recordedVersion(compatibility map[string]string) string {
	version, _, _ := strings.Cut(compatibility["LastVersion"], "_")
	return plainVersion(version)
}

// recordedApplication returns the Mozilla program that used a profile last, ""
// if nothing tells. Its directory tells: LastPlatformDir=/usr/lib/firefox-esr.
func recordedApplication(compatibility map[string]string) string {
	dir := strings.ToLower(compatibility["LastPlatformDir"])
	found := ""
	for _, p := range mozillaPlaces {
		// Firefox comes first in the table and is the weakest answer: others
		// are built from its source and may mention it.
		if strings.Contains(dir, p.application) && (found == "" || found == "firefox") {
			found = p.application
		}
	}
	return found
}

// newNSSSince is the first major version of Firefox with NSS 3.114, the first to
// read CKO_TRUST: Firefox 142 of August 2025. 140 ESR has 3.112. Where a
// distribution's Firefox uses the system's NSS, that is at least as new as the
// one that its version of Firefox came with.
const newNSSSince = 142

// countedAsFirefox are the programs whose versions count as Firefox's do.
var countedAsFirefox = []string{"firefox", "thunderbird", "betterbird", "librewolf", "icecat"}

// bringsNewNSS reports whether the program that used a profile last is known to
// have NSS 3.114 or later. Programs that count their versions themselves tell in
// the platform.ini of their directory which Firefox they are made of; the others
// may have been updated since.
func bringsNewNSS(h *host.Host, application string, compatibility map[string]string) bool {
	platform := milestone(h, compatibility["LastPlatformDir"])
	if slices.Contains(countedAsFirefox, application) {
		return major(recordedVersion(compatibility)) >= newNSSSince && (platform == "" || major(platform) >= newNSSSince)
	}
	return major(platform) >= newNSSSince
}

// milestone returns the version of Firefox that a program's directory says it
// is made of, "" if it does not tell.
func milestone(h *host.Host, dir string) string {
	if !h.IsAbs(dir) {
		return ""
	}
	data, err := h.ReadFile(h.Join(dir, "platform.ini"), maxINI)
	if err != nil {
		return ""
	}
	sections, _ := parseINI(data)
	for _, s := range sections {
		if s.name == "Build" {
			return plainVersion(s.values["Milestone"])
		}
	}
	return ""
}

// major returns the first number of a version, 0 if it has none.
func major(version string) int {
	first, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return n
}

// compatibility reads what a profile's compatibility.ini says.
func compatibility(h *host.Host, profile string) map[string]string {
	data, err := h.ReadFile(h.Join(profile, "compatibility.ini"), maxINI)
	if err != nil {
		return nil
	}
	sections, _ := parseINI(data)
	for _, s := range sections {
		if s.name == "Compatibility" {
			return s.values
		}
	}
	return nil
}

// chromiumVersion returns the version that last used a Chromium user data
// directory, "" if nothing tells.
func chromiumVersion(h *host.Host, config string) string {
	data, err := h.ReadFile(h.Join(config, "Last Version"), maxVersion)
	if err != nil {
		return ""
	}
	return plainVersion(strings.TrimSpace(string(data)))
}

// plainVersion returns s if it begins with a number and holds nothing but what
// versions hold ("115.0a1", "128.5.1esr"), "" otherwise.
func plainVersion(s string) string {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		digit := r >= '0' && r <= '9'
		if !digit && (i == 0 || !letter && r != '.' && r != '-' && r != '+') {
			return ""
		}
	}
	return s
}

// lowerVersion returns the lower of two versions, passing over unknown ones.
func lowerVersion(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, _ := strconv.ParseUint(as[i], 10, 64)
		y, _ := strconv.ParseUint(bs[i], 10, 64)
		if x < y {
			return a
		}
		if y < x {
			return b
		}
	}
	return a
}
