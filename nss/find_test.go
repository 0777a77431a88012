package nss

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
)

var amy = host.User{Name: "amy", UID: 1000, GID: 1000, Home: "/home/amy"}

// machine makes a file tree of the given paths and contents; a content that
// begins with "->" makes a link, a path that ends in "/" a directory.
func machine(t testing.TB, files map[string]string) *host.Host {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the fixture uses names that Windows forbids")
	}
	h := &host.Host{Root: t.TempDir(), OS: "linux", Account: &amy, Accounts: []host.User{amy}}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		plant(t, h, path, files[path])
	}
	return h
}

func plant(t testing.TB, h *host.Host, path, content string) {
	t.Helper()
	real := h.Real(path)
	must(t, os.MkdirAll(filepath.Dir(real), 0o700))
	switch target, link := strings.CutPrefix(content, "->"); {
	case link:
		oracle.Symlink(t, target, real)
	case strings.HasSuffix(path, "/"):
		must(t, os.MkdirAll(real, 0o700))
	default:
		must(t, os.WriteFile(real, []byte(content), 0o600))
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// search is the answer for one user, without what every location has.
func search(ctx context.Context, h *host.Host, u host.User) ([]Location, []*LocationError) {
	found := Find(ctx, h, Search{User: &u})
	return bare(found.Locations), found.Problems
}

func searchMachine(h *host.Host) ([]Location, []*LocationError) {
	found := Find(context.Background(), h, Search{Machine: true})
	return bare(found.Locations), found.Problems
}

func bare(locs []Location) []Location {
	for i := range locs {
		locs[i].Database, locs[i].KeyDatabase, locs[i].Owner = "", "", 0
		bare(locs[i].Also)
	}
	return locs
}

// locations finds what there is and fails the test on a LocationError.
func locations(t testing.TB, h *host.Host, u host.User) []Location {
	t.Helper()
	found, problems := search(context.Background(), h, u)
	for _, p := range problems {
		t.Errorf("problem: %v", p)
	}
	return found
}

func dirs(locs []Location) []string {
	var out []string
	for _, l := range locs {
		out = append(out, l.Dir)
	}
	return out
}

// What Firefox ESR 153 leaves behind after its first start.
const (
	freshProfiles = `[Profile1]
Name=default
IsRelative=1
Path=kcb9htla.default
Default=1

[Profile0]
Name=default-esr
IsRelative=1
Path=zfhyqs2i.default-esr

[General]
StartWithLastProfile=1
Version=2

[Install3B6073811A6ABF12]
Default=zfhyqs2i.default-esr
Locked=1
`
	freshInstalls = `[3B6073811A6ABF12]
Default=zfhyqs2i.default-esr
Locked=1
`
	freshCompatibility = `[Compatibility]
LastVersion=153.7.0_20261103151912/20261103151912
LastOSABI=Linux_x86_64-gcc3
LastPlatformDir=/usr/lib/firefox-esr
LastAppDir=/usr/lib/firefox-esr/browser
`
)

func TestLocationsOfAFreshFirefox(t *testing.T) {
	const root = "/home/amy/.config/mozilla/firefox"
	h := machine(t, map[string]string{
		root + "/profiles.ini":                           freshProfiles,
		root + "/installs.ini":                           freshInstalls,
		root + "/kcb9htla.default/times.json":            "{}",
		root + "/zfhyqs2i.default-esr/cert9.db":          "",
		root + "/zfhyqs2i.default-esr/compatibility.ini": freshCompatibility,
		root + "/zfhyqs2i.default-esr/.parentlock":       "",
		root + "/zfhyqs2i.default-esr/lock":              "->127.0.1.1:+4711",
		"/proc/4711/":                                    "", // the number serves another program now
	})
	want := []Location{
		{
			Dir: root + "/kcb9htla.default", Resolved: root + "/kcb9htla.default",
			Application: "firefox", Profile: "default",
		},
		{
			Dir: root + "/zfhyqs2i.default-esr", Resolved: root + "/zfhyqs2i.default-esr",
			Application: "firefox", Profile: "default-esr", Version: "153.7.0", OnlyNewNSS: true, Exists: true,
		},
	}
	if diff := cmp.Diff(want, locations(t, h, amy)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLocationsNothingThere(t *testing.T) {
	for _, files := range []map[string]string{
		{},
		{"/home/amy/": ""},
		{"/home/amy/.mozilla": "a file", "/home/amy/.pki": "a file", "/home/amy/snap": "a file", "/home/amy/.config": "a file"},
	} {
		h := machine(t, files)
		if found := locations(t, h, amy); len(found) > 0 {
			t.Errorf("%v: found %v", files, dirs(found))
		}
	}
}

func TestLocationsProfilePaths(t *testing.T) {
	const root = "/home/amy/.mozilla/firefox"
	tests := []struct {
		name, ini, want string
	}{
		{"relative", "[Profile0]\nName=x\nIsRelative=1\nPath=Profiles/a.b\n", root + "/Profiles/a.b"},
		{"absolute", "[Profile0]\nName=x\nIsRelative=0\nPath=/srv/profile\n", "/srv/profile"},
		{"below home", "[Profile0]\nName=x\nIsRelative=0\nPath=~/profile\n", "/home/amy/profile"},
		{"absolute by form", "[Profile0]\nName=x\nPath=/srv/profile\n", "/srv/profile"},
		{"relative by form", "[Profile0]\nName=x\nPath=a\n", root + "/a"},
		{"climbing out", "[Profile0]\nName=x\nIsRelative=1\nPath=../../elsewhere\n", "/home/amy/elsewhere"},
		{"space", "[Profile0]\nName=x\nIsRelative=1\nPath=Profiles/my own  profile \n", root + "/Profiles/my own  profile "},
		{"percent", "[Profile0]\nName=x\nIsRelative=1\nPath=100%25%\n", root + "/100%25%"},
		{"uri characters", "[Profile0]\nName=x\nIsRelative=1\nPath=a#b?c&d'e\n", root + "/a#b?c&d'e"},
		{"equals sign", "[Profile0]\nName=x\nIsRelative=1\nPath=a=b\n", root + "/a=b"},
		{"chinese", "[Profile0]\nName=x\nIsRelative=1\nPath=瀏覽器\n", root + "/瀏覽器"},
		{"not UTF-8", "[Profile0]\nName=x\nIsRelative=1\nPath=caf\xe9\n", root + "/caf\xe9"},
		{"carriage returns", "[Profile0]\r\nName=x\r\nIsRelative=1\r\nPath=a\r\n", root + "/a"},
		{"byte order mark", "\xef\xbb\xbf[Profile0]\nName=x\nIsRelative=1\nPath=a\n", root + "/a"},
		{"UTF-16", "\xff\xfe" + utf16LE("[Profile0]\nName=x\nIsRelative=1\nPath=é\n"), root + "/é"},
		{"last value wins", "[Profile0]\nName=x\nIsRelative=1\nPath=b\nPath=a\n", root + "/a"},
		{"comments and rubbish", "#[Profile9]\n;x\nPath=b\n[Profile0]\n\nName=x\nnonsense\n=\nIsRelative=1\nPath=a\n[Broken\nPath=b\n", root + "/a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := machine(t, map[string]string{root + "/profiles.ini": tt.ini, tt.want + "/cert9.db": ""})
			want := []Location{{Dir: tt.want, Resolved: tt.want, Application: "firefox", Profile: "x", Exists: true}}
			if diff := cmp.Diff(want, locations(t, h, amy)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func utf16LE(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestLocationsUnlistedProfiles(t *testing.T) {
	const root = "/home/amy/.mozilla/firefox"
	h := machine(t, map[string]string{
		root + "/installs.ini":              "[ABC]\nDefault=backup\nLocked=1\n",
		root + "/backup/":                   "",
		root + "/grouped/cert9.db":          "",
		root + "/Profiles/[odd]*/cert9.db":  "",
		root + "/Crash Reports/events/x":    "",
		root + "/Profiles/never used/x":     "",
		root + "/Profiles/a file":           "",
		root + "/unrelated/deeper/cert9.db": "",
	})
	want := []string{root + "/backup", root + "/grouped", root + "/Profiles/[odd]*"}
	if diff := cmp.Diff(want, dirs(locations(t, h, amy))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestLocationsNamesADirectoryOnce(t *testing.T) {
	h := machine(t, map[string]string{
		"/home/amy/.mozilla/firefox":                       "->../.config/mozilla/firefox",
		"/home/amy/.config/mozilla/firefox/profiles.ini":   "[Profile0]\nName=x\nIsRelative=1\nPath=link\n[Profile1]\nName=y\nIsRelative=0\nPath=/srv/disk/p\n",
		"/home/amy/.config/mozilla/firefox/link":           "->/srv/disk/p",
		"/srv/disk/p/cert9.db":                             "",
		"/home/amy/.config/mozilla/firefox/other/cert9.db": "",
	})
	found := locations(t, h, amy)
	want := []string{"/home/amy/.mozilla/firefox/link", "/home/amy/.mozilla/firefox/other"}
	if diff := cmp.Diff(want, dirs(found)); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	if got := found[0].Resolved; got != "/srv/disk/p" {
		t.Errorf("Resolved = %q", got)
	}
}

func TestLocationsEveryPlace(t *testing.T) {
	// The expected paths are written out once more so that a slip in the
	// table does not prove itself right.
	const flatpak = "/home/amy/.var/app/"
	linux := map[string][2]string{
		"/home/amy/.mozilla/firefox":                           {"firefox", ""},
		"/home/amy/.config/mozilla/firefox":                    {"firefox", ""},
		"/home/amy/.mozilla/firefox-esr":                       {"firefox", ""},
		"/home/amy/snap/firefox/common/.mozilla/firefox":       {"firefox", "snap"},
		flatpak + "org.mozilla.firefox/.mozilla/firefox":       {"firefox", "flatpak"},
		flatpak + "org.mozilla.firefox/config/mozilla/firefox": {"firefox", "flatpak"},
		"/home/amy/.thunderbird":                               {"thunderbird", ""},
		"/home/amy/.config/thunderbird":                        {"thunderbird", ""},
		"/home/amy/snap/thunderbird/common/.thunderbird":       {"thunderbird", "snap"},
		flatpak + "org.mozilla.Thunderbird/.thunderbird":       {"thunderbird", "flatpak"},
		flatpak + "org.mozilla.thunderbird/config/thunderbird": {"thunderbird", "flatpak"},
		"/home/amy/.librewolf":                                 {"librewolf", ""},
		"/home/amy/.config/librewolf/librewolf":                {"librewolf", ""},
		flatpak + "io.gitlab.librewolf-community/.librewolf":   {"librewolf", "flatpak"},
		"/home/amy/.waterfox":                                  {"waterfox", ""},
		"/home/amy/.floorp":                                    {"floorp", ""},
		"/home/amy/.config/zen":                                {"zen", ""},
		"/home/amy/.mozilla/icecat":                            {"icecat", ""},
	}
	darwin := map[string][2]string{
		"/home/amy/Library/Application Support/Firefox":   {"firefox", ""},
		"/home/amy/Library/Thunderbird":                   {"thunderbird", ""},
		"/home/amy/Library/Application Support/librewolf": {"librewolf", ""},
	}
	for system, places := range map[string]map[string][2]string{"linux": linux, "freebsd": linux, "darwin": darwin} {
		files := map[string]string{}
		for root := range places {
			files[root+"/profiles.ini"] = "[Profile0]\nName=p\nIsRelative=1\nPath=Profiles/p\n"
			files[root+"/Profiles/p/cert9.db"] = ""
		}
		h := machine(t, files)
		h.OS = system
		got := map[string][2]string{}
		for _, l := range locations(t, h, amy) {
			got[strings.TrimSuffix(l.Dir, "/Profiles/p")] = [2]string{l.Application, l.Packaging}
		}
		if diff := cmp.Diff(places, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", system, diff)
		}
	}
}

func TestLocationsEnvironment(t *testing.T) {
	files := map[string]string{
		"/elsewhere/mozilla/firefox/p/cert9.db":        "",
		"/home/amy/.config/mozilla/firefox/p/cert9.db": "",
		"/elsewhere/pki/nssdb/cert9.db":                "",
		"/home/amy/.local/share/pki/nssdb/cert9.db":    "",
		"/home/bob/.config/mozilla/firefox/p/cert9.db": "",
	}
	h := machine(t, files)
	h.Environ = map[string]string{"XDG_CONFIG_HOME": "/elsewhere", "XDG_DATA_HOME": "/elsewhere"}
	if diff := cmp.Diff([]string{"/elsewhere/mozilla/firefox/p", "/elsewhere/pki/nssdb"}, dirs(locations(t, h, amy))); diff != "" {
		t.Errorf("own: -want +got:\n%s", diff)
	}
	bob := host.User{Name: "bob", UID: 1001, Home: "/home/bob"}
	if diff := cmp.Diff([]string{"/home/bob/.config/mozilla/firefox/p"}, dirs(locations(t, h, bob))); diff != "" {
		t.Errorf("other user: -want +got:\n%s", diff)
	}
	h.Environ = map[string]string{"XDG_CONFIG_HOME": "relative", "XDG_DATA_HOME": ""}
	if diff := cmp.Diff([]string{"/home/amy/.config/mozilla/firefox/p", "/home/amy/.local/share/pki/nssdb"}, dirs(locations(t, h, amy))); diff != "" {
		t.Errorf("unusable: -want +got:\n%s", diff)
	}
}

func TestLocationsWindows(t *testing.T) {
	const roaming = `C:\Users\Amy Chan\AppData\Roaming`
	const store = `C:\Users\Amy Chan\AppData\Local\Packages\Mozilla.Firefox_n80bbvh6b1yt2\LocalCache\Roaming\Mozilla\Firefox`
	user := host.User{Name: "Amy Chan", UID: -1, GID: -1, Home: `C:\Users\Amy Chan`}
	h := machine(t, nil)
	h.OS, h.Account, h.Accounts = "windows", &user, []host.User{user}
	for path, content := range map[string]string{
		roaming + `\Mozilla\Firefox\profiles.ini`:                  "[Profile0]\r\nName=預設\r\nIsRelative=1\r\nPath=Profiles/abc.預設 100%\r\n[Profile1]\r\nName=d\r\nIsRelative=0\r\nPath=D:\\Data\\p\r\n[Install1]\r\nDefault=PROFILES/ABC.預設 100%\r\n",
		roaming + `\Mozilla\Firefox\Profiles\abc.預設 100%\cert9.db`: "",
		roaming + `\Mozilla\Firefox\PROFILES\ABC.預設 100%\cert9.db`: "", // the same for Windows
		`D:\Data\p\key3.db`:                          "",
		roaming + `\Thunderbird\Profiles\t\cert9.db`: "",
		store + `\Profiles\s\cert9.db`:               "",
		`C:\Users\Amy Chan\.pki\nssdb\cert9.db`:      "", // Chromium asks Windows
	} {
		plant(t, h, path, content)
	}
	got := locations(t, h, user)
	want := []string{
		roaming + `\Mozilla\Firefox\Profiles\abc.預設 100%`,
		`D:\Data\p`,
		store + `\Profiles\s`,
		roaming + `\Thunderbird\Profiles\t`,
	}
	if diff := cmp.Diff(want, dirs(got)); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	if l := got[0]; l.Profile != "預設" || !l.Exists {
		t.Errorf("first profile: %+v", l)
	}
	if l := got[1]; !l.Legacy || l.Exists {
		t.Errorf("old profile: %+v", l)
	}
	if l := got[2]; l.Packaging != "msix" {
		t.Errorf("profile of the store package: %+v", l)
	}
}

func TestLocationsMacAlias(t *testing.T) {
	const root = "/home/amy/Library/Application Support/Firefox"
	h := machine(t, map[string]string{
		root + "/profiles.ini":        "[Profile0]\nName=x\nIsRelative=0\nPath=AAAAAAGQAAIAAAxNYWNpbnRvc2g=\n[Profile1]\nName=y\nIsRelative=1\nPath=Profiles/y\n",
		root + "/Profiles/y/cert9.db": "",
	})
	h.OS = "darwin"
	found, problems := search(context.Background(), h, amy)
	if diff := cmp.Diff([]string{root + "/Profiles/y"}, dirs(found)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(problems) != 1 || !errors.Is(problems[0], errForeignPath) {
		t.Errorf("problems: %v", problems)
	}
}

func TestLocationsLegacy(t *testing.T) {
	const root = "/home/amy/.mozilla/firefox"
	h := machine(t, map[string]string{
		root + "/profiles.ini": "[Profile0]\nName=a\nIsRelative=1\nPath=a\n[Profile1]\nName=b\nIsRelative=1\nPath=b\n[Profile2]\nName=c\nIsRelative=1\nPath=c\n",
		root + "/a/cert8.db":   "",
		root + "/b/key3.db":    "",
		root + "/c/cert8.db":   "",
		root + "/c/cert9.db":   "",
	})
	for i, l := range locations(t, h, amy) {
		if wantLegacy := i < 2; l.Legacy != wantLegacy || l.Exists == wantLegacy {
			t.Errorf("%s: Legacy=%v Exists=%v", l.Dir, l.Legacy, l.Exists)
		}
	}
}

func TestLocationsChromium(t *testing.T) {
	const older, newer = "/home/amy/.pki/nssdb", "/home/amy/.local/share/pki/nssdb"
	const config = "/home/amy/.config/chromium/"
	tests := []struct {
		name   string
		files  map[string]string
		want   string
		exists bool
	}{
		{"fresh", map[string]string{config + "Last Version": "156.0.8078.79"}, newer, false},
		{"fresh and of unknown version", map[string]string{config: ""}, newer, false},
		{"fresh and old", map[string]string{config + "Last Version": "145.0.1.2\n"}, older, false},
		{"beside an old one", map[string]string{config + "Last Version": "156.0.8078.79", "/home/amy/.config/google-chrome/Last Version": "99.0.1.2"}, older, false},
		{"vivaldi counts otherwise", map[string]string{"/home/amy/.config/vivaldi/Last Version": "7.1.2.3"}, newer, false},
		{"old directory", map[string]string{older + "/cert9.db": "", config: ""}, older, true},
		{"empty old directory", map[string]string{older + "/": "", config: ""}, older, false},
		{"new directory", map[string]string{newer + "/cert9.db": "", config: ""}, newer, true},
		{"both", map[string]string{older + "/": "", newer + "/cert9.db": "", config: ""}, older, false},
		{"old one is a file", map[string]string{older: "", newer + "/cert9.db": ""}, newer, true},
		{"no browser left", map[string]string{newer + "/cert9.db": ""}, newer, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := locations(t, machine(t, tt.files), amy)
			if len(found) != 1 {
				t.Fatalf("found %v", found)
			}
			if l := found[0]; l.Dir != tt.want || l.Exists != tt.exists || l.Application != "chromium" || !l.Shared || l.Resolved != tt.want {
				t.Errorf("found %+v, want %s, exists %v", l, tt.want, tt.exists)
			}
		})
	}
}

func TestLocationsChromiumBrowsers(t *testing.T) {
	h := machine(t, map[string]string{
		"/home/amy/.pki/nssdb/cert9.db":                  "",
		"/home/amy/.config/chromium/Last Version":        "156.0.8078.79",
		"/home/amy/.config/google-chrome/Last Version":   "99.0.1.2",
		"/home/amy/.config/google-chrome/SingletonLock":  "->amy-pc-77",
		"/home/amy/.config/chromium/SingletonLock":       "->amy-pc-78",
		"/home/amy/.config/opera/Last Version":           "15.0",
		"/home/amy/.config/BraveSoftware/Brave-Browser/": "",
		"/proc/77/": "",
		"/home/amy/snap/brave/100/.pki/nssdb/cert9.db":                              "",
		"/home/amy/snap/brave/current":                                              "->100",
		"/home/amy/snap/brave/100/.config/BraveSoftware/Brave-Browser/Last Version": "150.1.2.3",
		"/home/amy/.var/app/com.google.Chrome/config/google-chrome/Last Version":    "156.0.0.1",
	})
	want := []Location{
		{
			Dir: "/home/amy/.pki/nssdb", Resolved: "/home/amy/.pki/nssdb", Application: "chromium",
			Version: "99.0.1.2", Shared: true, Exists: true, Running: true,
			Browsers: []Browser{
				{"chromium", "156.0.8078.79", false},
				{"chrome", "99.0.1.2", true},
				{"brave", "", false},
				{"opera", "", false},
			},
		},
		{
			Dir: "/home/amy/snap/brave/current/.pki/nssdb", Resolved: "/home/amy/snap/brave/100/.pki/nssdb",
			Application: "chromium", Packaging: "snap", Version: "150.1.2.3", Shared: true, Exists: true,
			Browsers: []Browser{{"brave", "150.1.2.3", false}},
		},
		{
			Dir:         "/home/amy/.var/app/com.google.Chrome/data/pki/nssdb",
			Resolved:    "/home/amy/.var/app/com.google.Chrome/data/pki/nssdb",
			Application: "chromium", Packaging: "flatpak", Version: "156.0.0.1", Shared: true,
			Browsers: []Browser{{"chrome", "156.0.0.1", false}},
		},
	}
	got := locations(t, h, amy)
	if len(got) > 0 {
		if since := time.Since(got[0].Since); since < 0 || since > time.Hour {
			t.Errorf("Chrome has run for %v", since)
		}
		got[0].Since = time.Time{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMachineLocations(t *testing.T) {
	h := machine(t, map[string]string{"/etc/pki/nssdb/cert9.db": ""})
	want := []Location{{Dir: "/etc/pki/nssdb", Resolved: "/etc/pki/nssdb", Application: "system", Shared: true, Exists: true}}
	found, problems := searchMachine(h)
	if diff := cmp.Diff(want, found); diff != "" || len(problems) > 0 {
		t.Errorf("problems %v; -want +got:\n%s", problems, diff)
	}
	if found, problems := searchMachine(machine(t, nil)); len(found)+len(problems) > 0 {
		t.Errorf("on a Debian machine: %v, %v", found, problems)
	}
}

func TestLocationAt(t *testing.T) {
	h := machine(t, map[string]string{
		"/srv/mail/cert9.db":                      "",
		"/srv/mail/compatibility.ini":             "[Compatibility]\nLastVersion=140.1.0_2026/2026\nLastPlatformDir=/usr/lib/thunderbird\n",
		"/srv/esr/compatibility.ini":              freshCompatibility,
		"/srv/wolf/compatibility.ini":             "[Compatibility]\nLastPlatformDir=/opt/firefox-forks/librewolf\n",
		"/srv/tool/cert9.db":                      "",
		"/home/amy/.pki/nssdb/cert9.db":           "",
		"/home/amy/.config/chromium/Last Version": "156.0.1.2",
		"/home/bob/.pki/nssdb/cert9.db":           "",
		"/etc/pki/nssdb/cert9.db":                 "",
		"/link":                                   "->/home/amy/.pki/nssdb",
		"/file":                                   "",
	})
	for _, want := range []Location{
		{Dir: "/srv/mail", Resolved: "/srv/mail", Application: "thunderbird", Version: "140.1.0", Exists: true},
		{Dir: "/srv/esr", Resolved: "/srv/esr", Application: "firefox", Version: "153.7.0", OnlyNewNSS: true},
		{Dir: "/srv/wolf", Resolved: "/srv/wolf", Application: "librewolf"},
		{Dir: "/srv/tool", Resolved: "/srv/tool", Exists: true},
		{Dir: "/link", Resolved: "/home/amy/.pki/nssdb", Application: "chromium", Version: "156.0.1.2", Shared: true, Exists: true, Browsers: []Browser{{"chromium", "156.0.1.2", false}}},
		{Dir: "/home/bob/.pki/nssdb", Resolved: "/home/bob/.pki/nssdb", Application: "chromium", Shared: true, Exists: true},
		{Dir: "/etc/pki/nssdb", Resolved: "/etc/pki/nssdb", Application: "system", Shared: true, Exists: true},
	} {
		at, err := LocationAt(h, want.Dir)
		got := bare([]Location{at})[0]
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v; -want +got:\n%s", want.Dir, err, diff)
		}
	}
	if _, err := LocationAt(h, "/srv/gone"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	for _, dir := range []string{"/file", "relative", ""} {
		if _, err := LocationAt(h, dir); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %v", dir, err)
		}
	}
}

func TestLocationsProblems(t *testing.T) {
	const root = "/home/amy/.mozilla/firefox"
	h := machine(t, map[string]string{
		root + "/profiles.ini":              strings.Repeat("[Profile0]\nPath=a\n", maxINI/10),
		root + "/good/cert9.db":             "",
		root + "/installs.ini":              "[Install0]\nDefault=loop\n",
		root + "/loop":                      "->loop",
		"/home/amy/.thunderbird":            "->.thunderbird",
		"/home/amy/.waterfox/profiles.ini/": "",
		"/home/amy/.pki":                    "->.pki",
	})
	found, problems := search(context.Background(), h, amy)
	if diff := cmp.Diff([]string{root + "/good"}, dirs(found)); diff != "" {
		t.Errorf("one bad place hid another: -want +got:\n%s", diff)
	}
	var paths []string
	for _, p := range problems {
		paths = append(paths, p.Path)
	}
	want := []string{root + "/profiles.ini", root + "/loop", "/home/amy/.thunderbird", "/home/amy/.waterfox/profiles.ini", "/home/amy/.pki/nssdb"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("-want +got:\n%s\n%v", diff, problems)
	}
	if !errors.Is(problems[0], host.ErrTooLarge) {
		t.Errorf("a huge profiles.ini: %v", problems[0])
	}
}

func TestLocationsUnreadable(t *testing.T) {
	if os.Geteuid() == 0 {
		oracle.Optional(t, "an ordinary user")
	}
	const root = "/home/amy/.mozilla/firefox"
	h := machine(t, map[string]string{root + "/profiles.ini": freshProfiles, root + "/closed/cert9.db": ""})
	must(t, os.Chmod(h.Real(root), 0o100))
	t.Cleanup(func() { os.Chmod(h.Real(root), 0o700) })
	_, problems := search(context.Background(), h, amy)
	if !slices.ContainsFunc(problems, func(p *LocationError) bool { return p.Path == root && errors.Is(p, fs.ErrPermission) }) {
		t.Errorf("problems: %v", problems)
	}
}

// Elevated, nothing of another user is looked at, however it is named.
func TestLocationsOtherUsers(t *testing.T) {
	oracle.NeedRoot(t)
	admin := host.User{Name: "root", UID: 0, Home: "/root"}
	h := machine(t, map[string]string{
		"/home/amy/profile/cert9.db":           "",
		"/root/.mozilla/firefox/profiles.ini":  "[Profile0]\nName=x\nIsRelative=1\nPath=../../../home/amy/profile\n[Profile1]\nName=y\nIsRelative=0\nPath=/srv/amy\n",
		"/root/.mozilla/firefox/planted":       "->/home/amy/profile",
		"/root/.mozilla/firefox/mine/cert9.db": "",
		"/srv/amy/cert9.db":                    "",
	})
	h.Account, h.Accounts = &admin, []host.User{admin, amy}
	for _, path := range []string{"/home/amy", "/home/amy/profile", "/srv/amy"} {
		must(t, os.Chown(h.Real(path), amy.UID, amy.GID))
	}
	found, problems := search(context.Background(), h, admin)
	if diff := cmp.Diff([]string{"/root/.mozilla/firefox/mine"}, dirs(found)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(problems) != 3 {
		t.Errorf("problems: %v", problems)
	}
	_, others := search(context.Background(), h, amy)
	if len(others) != 1 {
		t.Errorf("asked for another user's: %v", others)
	}
	for _, p := range append(problems, others...) {
		if other := (*host.OtherUserError)(nil); !errors.As(p, &other) || other.User.Name != "amy" {
			t.Errorf("%v is no OtherUserError of amy", p)
		}
	}
	if _, err := LocationAt(h, "/srv/amy"); err == nil {
		t.Error("LocationAt looked at another user's profile")
	}
}

func TestLocationsCancelled(t *testing.T) {
	h := machine(t, map[string]string{"/home/amy/.mozilla/firefox/p/cert9.db": ""})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if found, problems := search(ctx, h, amy); len(found) > 0 || len(problems) != 1 || !errors.Is(problems[0], context.Canceled) {
		t.Errorf("%v, %v", found, problems)
	}
}

func BenchmarkLocations100(b *testing.B) {
	const root = "/home/amy/.mozilla/firefox"
	h := machine(b, nil)
	var ini strings.Builder
	for i := range 100 {
		dir := fmt.Sprintf("%s/p%d.default", root, i)
		fmt.Fprintf(&ini, "[Profile%d]\nName=p%d\nIsRelative=1\nPath=p%d.default\n", i, i, i)
		plant(b, h, dir+"/cert9.db", "")
		plant(b, h, dir+"/compatibility.ini", freshCompatibility)
		plant(b, h, dir+"/.parentlock", "")
		plant(b, h, dir+"/lock", "->127.0.1.1:+4711")
	}
	plant(b, h, root+"/profiles.ini", ini.String())
	for b.Loop() {
		if n := len(locations(b, h, amy)); n != 100 {
			b.Fatalf("found %d", n)
		}
	}
}
