package nss

import (
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// place is a directory in which a Mozilla program keeps its profiles, the one
// with profiles.ini in it.
type place struct {
	application string
	packaging   string
	system      string // "unix" (all but the following), "windows", "darwin"
	root        string // see [places.expand]; "*" stands for any run of characters
	pkg         string // of a sandbox of a program that is not in the table
}

// mozillaPlaces are all such directories known, in order of precedence where
// one program has several.
//
// Firefox uses ~/.mozilla/firefox if that exists or MOZ_LEGACY_HOME=1 is set,
// and since version 147 the XDG directory otherwise; both are looked at because
// each may hold profiles in use. Developer Edition, Nightly and Debian's ESR
// share Firefox's directory. Snaps see ~/snap/NAME/common as their home,
// Flatpaks ~/.var/app/ID/config as their XDG_CONFIG_HOME; a Windows Store
// package has its own copy of APPDATA. Betterbird shares Thunderbird's directory
// outside its Flatpak.
var mozillaPlaces = []place{
	{"firefox", "", "unix", "~/.mozilla/firefox", ""},
	{"firefox", "", "unix", "$XDG_CONFIG_HOME/mozilla/firefox", ""},
	{"firefox", "", "unix", "~/.mozilla/firefox-esr", ""},
	{"firefox", "", "unix", "~/.mozilla/firefox-trunk", ""},
	{"firefox", "snap", "unix", "~/snap/firefox/common/.mozilla/firefox", ""},
	{"firefox", "snap", "unix", "~/snap/firefox/common/.config/mozilla/firefox", ""},
	{"firefox", "flatpak", "unix", "~/.var/app/org.mozilla.firefox/.mozilla/firefox", ""},
	{"firefox", "flatpak", "unix", "~/.var/app/org.mozilla.firefox/config/mozilla/firefox", ""},
	{"thunderbird", "", "unix", "~/.thunderbird", ""},
	{"thunderbird", "", "unix", "$XDG_CONFIG_HOME/thunderbird", ""},
	{"thunderbird", "snap", "unix", "~/snap/thunderbird/common/.thunderbird", ""},
	{"thunderbird", "snap", "unix", "~/snap/thunderbird/common/.config/thunderbird", ""},
	{"thunderbird", "flatpak", "unix", "~/.var/app/org.mozilla.*hunderbird/.thunderbird", ""},
	{"thunderbird", "flatpak", "unix", "~/.var/app/org.mozilla.*hunderbird/config/thunderbird", ""},
	{"betterbird", "", "unix", "~/.betterbird", ""},
	{"betterbird", "flatpak", "unix", "~/.var/app/eu.betterbird.Betterbird/.thunderbird", ""},
	{"betterbird", "flatpak", "unix", "~/.var/app/eu.betterbird.Betterbird/config/thunderbird", ""},
	{"librewolf", "", "unix", "~/.librewolf", ""},
	{"librewolf", "", "unix", "$XDG_CONFIG_HOME/librewolf/librewolf", ""},
	{"librewolf", "flatpak", "unix", "~/.var/app/io.gitlab.librewolf-community/.librewolf", ""},
	{"librewolf", "flatpak", "unix", "~/.var/app/io.gitlab.librewolf-community/config/librewolf/librewolf", ""},
	{"waterfox", "", "unix", "~/.waterfox", ""},
	{"waterfox", "", "unix", "$XDG_CONFIG_HOME/waterfox", ""},
	{"waterfox", "flatpak", "unix", "~/.var/app/net.waterfox.waterfox/.waterfox", ""},
	{"waterfox", "flatpak", "unix", "~/.var/app/net.waterfox.waterfox/config/waterfox", ""},
	{"floorp", "", "unix", "~/.floorp", ""},
	{"floorp", "", "unix", "$XDG_CONFIG_HOME/floorp", ""},
	{"floorp", "flatpak", "unix", "~/.var/app/one.ablaze.floorp/.floorp", ""},
	{"floorp", "flatpak", "unix", "~/.var/app/one.ablaze.floorp/config/floorp", ""},
	{"zen", "", "unix", "~/.zen", ""},
	{"zen", "", "unix", "$XDG_CONFIG_HOME/zen", ""},
	{"zen", "flatpak", "unix", "~/.var/app/app.zen_browser.zen/.zen", ""},
	{"zen", "flatpak", "unix", "~/.var/app/app.zen_browser.zen/config/zen", ""},
	{"icecat", "", "unix", "~/.mozilla/icecat", ""},
	{"seamonkey", "", "unix", "~/.mozilla/seamonkey", ""},

	{"firefox", "", "darwin", "~/Library/Application Support/Firefox", ""},
	{"thunderbird", "", "darwin", "~/Library/Thunderbird", ""},
	{"librewolf", "", "darwin", "~/Library/Application Support/librewolf", ""},
	{"waterfox", "", "darwin", "~/Library/Application Support/Waterfox", ""},
	{"floorp", "", "darwin", "~/Library/Application Support/Floorp", ""},
	{"zen", "", "darwin", "~/Library/Application Support/zen", ""},
	{"seamonkey", "", "darwin", "~/Library/Application Support/SeaMonkey", ""},

	{"firefox", "", "windows", "%APPDATA%/Mozilla/Firefox", ""},
	{"firefox", "msix", "windows", "%LOCALAPPDATA%/Packages/Mozilla.Firefox*_n80bbvh6b1yt2/LocalCache/Roaming/Mozilla/Firefox", ""},
	{"thunderbird", "", "windows", "%APPDATA%/Thunderbird", ""},
	{"librewolf", "", "windows", "%APPDATA%/librewolf", ""},
	{"waterfox", "", "windows", "%APPDATA%/Waterfox", ""},
	{"floorp", "", "windows", "%APPDATA%/Floorp", ""},
	{"zen", "", "windows", "%APPDATA%/zen", ""},
	{"seamonkey", "", "windows", "%APPDATA%/Mozilla/SeaMonkey", ""},
}

// sharedPlace is the database that the Chromium browsers with one home
// directory share, and those browsers. It exists on Linux and the BSDs only;
// elsewhere Chromium asks the operating system.
type sharedPlace struct {
	packaging string

	// older is used if it is a directory, newer otherwise. Chromium before
	// version 146 knows older only, and creates it.
	older, newer string

	browsers []browserPlace
}

// browserPlace is where a Chromium browser keeps its configuration.
type browserPlace struct {
	application string
	config      string // the user data directory, see [places.expand]
	ownVersions bool   // its "Last Version" does not count as Chromium does
}

var sharedPlaces = []sharedPlace{
	{"", "~/.pki/nssdb", "$XDG_DATA_HOME/pki/nssdb", []browserPlace{
		{"chromium", "$XDG_CONFIG_HOME/chromium", false},
		{"chrome", "$XDG_CONFIG_HOME/google-chrome", false},
		{"chrome", "$XDG_CONFIG_HOME/google-chrome-beta", false},
		{"chrome", "$XDG_CONFIG_HOME/google-chrome-unstable", false},
		{"edge", "$XDG_CONFIG_HOME/microsoft-edge", false},
		{"edge", "$XDG_CONFIG_HOME/microsoft-edge-beta", false},
		{"edge", "$XDG_CONFIG_HOME/microsoft-edge-dev", false},
		{"brave", "$XDG_CONFIG_HOME/BraveSoftware/Brave-Browser", false},
		{"vivaldi", "$XDG_CONFIG_HOME/vivaldi", true},
		{"opera", "$XDG_CONFIG_HOME/opera", true},
	}},
	snapBrowser("chromium", browserPlace{"chromium", "~/snap/chromium/common/chromium", false}),
	snapBrowser("brave", browserPlace{"brave", "~/snap/brave/current/.config/BraveSoftware/Brave-Browser", false}),
	snapBrowser("opera", browserPlace{"opera", "~/snap/opera/current/.config/opera", true}),
	snapBrowser("opera-beta", browserPlace{"opera", "~/snap/opera-beta/current/.config/opera-beta", true}),
	flatpakBrowser("org.chromium.Chromium", "chromium", "chromium", false),
	flatpakBrowser("io.github.ungoogled_software.ungoogled_chromium", "chromium", "chromium", false),
	flatpakBrowser("com.google.Chrome", "chrome", "google-chrome", false),
	flatpakBrowser("com.microsoft.Edge", "edge", "microsoft-edge", false),
	flatpakBrowser("com.brave.Browser", "brave", "BraveSoftware/Brave-Browser", false),
	flatpakBrowser("com.vivaldi.Vivaldi", "vivaldi", "vivaldi", true),
	flatpakBrowser("com.opera.Opera", "opera", "opera", true),
}

// snapBrowser is a browser that sees ~/snap/NAME/current as its home.
func snapBrowser(name string, browser browserPlace) sharedPlace {
	home := "~/snap/" + name + "/current/"
	return sharedPlace{"snap", home + ".pki/nssdb", home + ".local/share/pki/nssdb", []browserPlace{browser}}
}

// flatpakBrowser is a browser whose XDG directories lie in ~/.var/app/ID, as
// does the .pki that its manifest makes persistent.
func flatpakBrowser(id, application, config string, ownVersions bool) sharedPlace {
	dir := "~/.var/app/" + id + "/"
	return sharedPlace{"flatpak", dir + ".pki/nssdb", dir + "data/pki/nssdb",
		[]browserPlace{{application, dir + "config/" + config, ownVersions}}}
}

func (p place) on(h *host.Host) bool {
	if p.system == "unix" {
		return isUnix(h)
	}
	return p.system == h.GOOS()
}

// isUnix reports whether h keeps its files as Linux and the BSDs do.
func isUnix(h *host.Host) bool {
	switch h.GOOS() {
	case "windows", "darwin":
		return false
	}
	return true
}

// places expands the beginnings of the paths above for one user.
type places struct {
	host *host.Host
	home string
	mine bool // the user of the environment
}

func placesOf(h *host.Host, u host.User) places {
	me, err := h.Me()
	mine := err == nil && me.UID == u.UID && h.Join(me.Home) == h.Join(u.Home)
	return places{host: h, home: u.Home, mine: mine}
}

// variables are the first elements that stand for a directory: the variable
// that names it, and where it lies below the home directory otherwise.
var variables = map[string]struct{ env, fallback string }{
	"~":                {"", ""},
	"$XDG_CONFIG_HOME": {"XDG_CONFIG_HOME", ".config"},
	"$XDG_DATA_HOME":   {"XDG_DATA_HOME", ".local/share"},
	"%APPDATA%":        {"APPDATA", "AppData/Roaming"},
	"%LOCALAPPDATA%":   {"LOCALAPPDATA", "AppData/Local"},
}

// expand returns a path of the tables above for the user. A relative path in
// the environment is ignored, as the XDG specification asks.
func (p places) expand(path string) string {
	first, rest, _ := strings.Cut(path, "/")
	v := variables[first]
	if p.mine && v.env != "" {
		if dir := p.host.Getenv(v.env); p.host.IsAbs(dir) {
			return p.host.Join(dir, rest)
		}
	}
	return p.host.Join(p.home, v.fallback, rest)
}
