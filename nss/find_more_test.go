package nss

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func compatibilityOf(version, platform string) string {
	return "[Compatibility]\nLastVersion=" + version + "_1/1\nLastPlatformDir=" + platform + "\n"
}

// TestOnlyNewNSS: who reads the database decides, not what is in it.
func TestOnlyNewNSS(t *testing.T) {
	for name, tt := range map[string]struct {
		application, version, platform, milestone string
		want                                      bool
	}{
		"first with NSS 3.114":         {"firefox", "142.0", "/usr/lib/firefox", "", true},
		"last before":                  {"firefox", "141.0.3", "/usr/lib/firefox", "", false},
		"140 ESR":                      {"firefox", "140.12.0", "/usr/lib/firefox-esr", "140.12.0", false},
		"140 ESR, updated since":       {"firefox", "140.12.0", "/usr/lib/firefox-esr", "153.7.0", false},
		"newer, but an older is there": {"firefox", "153.7.0", "/usr/lib/firefox-esr", "140.12.0", false},
		"Thunderbird":                  {"thunderbird", "153.0", "/usr/lib/thunderbird", "", true},
		"counts itself":                {"zen", "1.12b", "/opt/zen", "", false},
		"counts itself, and tells":     {"zen", "1.18b", "/opt/zen", "146.0", true},
		"high number of its own":       {"waterfox", "600.1", "/opt/waterfox", "", false},
		"unknown":                      {"firefox", "", "", "", false},
	} {
		root := map[string]string{"firefox": ".mozilla/firefox", "thunderbird": ".thunderbird", "zen": ".zen", "waterfox": ".waterfox"}[tt.application]
		dir := "/home/amy/" + root
		files := map[string]string{
			dir + "/profiles.ini":        "[Profile0]\nName=p\nIsRelative=1\nPath=p\n",
			dir + "/p/cert9.db":          "",
			dir + "/p/compatibility.ini": compatibilityOf(tt.version, tt.platform),
		}
		if tt.milestone != "" {
			files[tt.platform+"/platform.ini"] = "[Build]\nBuildID=1\nMilestone=" + tt.milestone + "\n"
		}
		found := locations(t, machine(t, files), amy)
		if len(found) != 1 || found[0].OnlyNewNSS != tt.want {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

const oneProfile = "[Profile0]\nName=default\nIsRelative=1\nPath=p\n"

// TestSharedByLinks: a database that a profile and the Chromium browsers share
// through a link is one, of both.
func TestSharedByLinks(t *testing.T) {
	const profile, shared = "/home/amy/.mozilla/firefox/p", "/home/amy/.pki/nssdb"
	common := map[string]string{
		"/home/amy/.mozilla/firefox/profiles.ini": oneProfile,
		profile + "/compatibility.ini":            compatibilityOf("153.7.0", "/usr/lib/firefox"),
		"/home/amy/.config/chromium/Last Version": "156.0.1.2",
	}
	for name, files := range map[string]map[string]string{
		"directory to profile": {profile + "/cert9.db": "x", profile + "/key4.db": "x", shared: "->" + profile},
		"files to profile":     {profile + "/cert9.db": "x", profile + "/key4.db": "x", shared + "/cert9.db": "->" + profile + "/cert9.db", shared + "/key4.db": "->" + profile + "/key4.db"},
		"files to shared":      {shared + "/cert9.db": "x", shared + "/key4.db": "x", profile + "/cert9.db": "->../../../.pki/nssdb/cert9.db", profile + "/key4.db": "->../../../.pki/nssdb/key4.db"},
	} {
		all := map[string]string{}
		for _, m := range []map[string]string{common, files} {
			for path, content := range m {
				all[path] = content
			}
		}
		h := machine(t, all)
		found := locations(t, h, amy)
		if len(found) != 1 || found[0].Application != "firefox" || !found[0].Shared || found[0].OnlyNewNSS ||
			len(found[0].Browsers) != 1 || len(found[0].Also) != 1 || found[0].Also[0].Dir != shared {
			t.Errorf("%s: %+v", name, found)
		}
		for _, dir := range []string{profile, shared} {
			if at, err := LocationAt(h, dir); err != nil || at.OnlyNewNSS || !at.Shared || len(at.Browsers) != 1 {
				t.Errorf("%s: LocationAt(%s) = %+v, %v", name, dir, at, err)
			}
		}
	}
	// A file of its own makes a database of its own.
	h := machine(t, map[string]string{
		"/home/amy/.mozilla/firefox/profiles.ini": oneProfile,
		profile + "/cert9.db":                     "->" + shared + "/cert9.db",
		profile + "/key4.db":                      "x",
		shared + "/cert9.db":                      "x",
		shared + "/key4.db":                       "x",
	})
	if found := locations(t, h, amy); len(found) != 2 {
		t.Errorf("different keys: %+v", found)
	}
}

func TestSandboxesOfUnknownPrograms(t *testing.T) {
	const apps, snaps = "/home/amy/.var/app/", "/home/amy/snap/"
	h := machine(t, map[string]string{
		apps + "com.github.x.teams_for_linux/.pki/nssdb/cert9.db":   "",
		apps + "net.example.Fork/data/pki/nssdb/cert9.db":           "",
		apps + "org.chromium.Chromium/.pki/nssdb/cert9.db":          "",
		apps + "org.chromium.Chromium/config/chromium/Last Version": "156.0.1.2",
		apps + "eu.betterbird.Betterbird/.thunderbird/profiles.ini": oneProfile,
		apps + "eu.betterbird.Betterbird/.thunderbird/p/cert9.db":   "",
		apps + "net.example.Wolf/.wolf/profiles.ini":                oneProfile,
		apps + "net.example.Wolf/.wolf/p/cert9.db":                  "",
		snaps + "postman/1/.pki/nssdb/cert9.db":                     "",
		snaps + "postman/current":                                   "->1",
		snaps + "slack/common/.pki/nssdb/cert9.db":                  "",
		snaps + "none/current/.pki/nssdb/":                          "",
	})
	found := Find(context.Background(), h, Search{User: &amy})
	if len(found.Problems) > 0 {
		t.Errorf("problems: %v", found.Problems)
	}
	got := map[string]string{}
	for _, l := range found.Locations {
		got[l.Dir] = l.Application + "/" + l.Packaging + "/" + l.Package
	}
	want := map[string]string{
		apps + "com.github.x.teams_for_linux/.pki/nssdb": "/flatpak/com.github.x.teams_for_linux",
		apps + "net.example.Fork/data/pki/nssdb":         "/flatpak/net.example.Fork",
		apps + "org.chromium.Chromium/.pki/nssdb":        "chromium/flatpak/",
		apps + "eu.betterbird.Betterbird/.thunderbird/p": "betterbird/flatpak/",
		apps + "net.example.Wolf/.wolf/p":                "/flatpak/net.example.Wolf",
		snaps + "postman/current/.pki/nssdb":             "/snap/postman",
		snaps + "slack/common/.pki/nssdb":                "/snap/slack",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, place := range []string{"/home/amy/.mozilla/firefox", "/home/amy/.pki/nssdb", apps + "*/.pki/nssdb/cert9.db"} {
		if !slices.Contains(found.Places, place) {
			t.Errorf("Places lack %s", place)
		}
	}
}

// problemsOf are the kinds of problems by path.
func problemsOf(f Found) map[string]ProblemKind {
	kinds := map[string]ProblemKind{}
	for _, p := range f.Problems {
		kinds[p.Path] = p.Kind
	}
	return kinds
}

func TestProfilesThatAreNotThere(t *testing.T) {
	const root = "/home/amy/.mozilla/firefox"
	h := machine(t, map[string]string{
		root + "/profiles.ini": "[Profile0]\nIsRelative=1\nPath=deleted\n[Profile1]\nIsRelative=0\nPath=/srv/profiles/p\n" +
			"[Profile2]\nIsRelative=0\nPath=/data/profiles/p\n[Profile3]\nIsRelative=0\nPath=/media/stick/p\n" +
			"[Profile4]\nIsRelative=0\nPath=/crypt/p\n[Profile5]\nIsRelative=0\nPath=/mounted/p\n[Profile6]\nIsRelative=1\nPath=Profiles/x\n",
		"/srv/profiles/":     "",
		"/media/stick/":      "",
		"/crypt/":            "",
		"/mounted/":          "",
		"/etc/fstab":         "# x /data ext4\n/dev/sda1 / ext4 defaults 0 1\n/dev/mapper/c /crypt ext4 noauto 0 0\n/dev/sdb1 /mounted ext4 defaults 0 0\n",
		"/proc/self/mounts":  "/dev/sda1 / ext4 rw 0 0\n/dev/sdb1 /mounted ext4 rw 0 0\n",
		"/home/amy/.profile": "",
	})
	found := Find(context.Background(), h, Search{User: &amy})
	want := map[string]ProblemKind{
		root + "/deleted":    Gone,
		root + "/Profiles/x": Gone,
		"/srv/profiles/p":    Gone,
		"/mounted/p":         Gone,
		"/data/profiles/p":   Unreachable,
		"/media/stick/p":     Unreachable,
		"/crypt/p":           Unreachable,
	}
	if diff := cmp.Diff(want, problemsOf(found)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, p := range found.Problems {
		if !errors.Is(p, fs.ErrNotExist) {
			t.Errorf("%v", p)
		}
	}
}

func TestLostAndLegacyDatabases(t *testing.T) {
	const root, shared = "/home/amy/.mozilla/firefox", "/home/amy/.pki/nssdb"
	files := map[string]string{
		root + "/profiles.ini":                    "[Profile0]\nIsRelative=1\nPath=lost\n[Profile1]\nIsRelative=1\nPath=half\n[Profile2]\nIsRelative=1\nPath=new\n[Profile3]\nIsRelative=1\nPath=without\n",
		root + "/lost/compatibility.ini":          freshCompatibility,
		root + "/half/compatibility.ini":          freshCompatibility,
		root + "/half/key4.db":                    "x",
		root + "/new/":                            "",
		root + "/without/compatibility.ini":       freshCompatibility,
		root + "/without/prefs.js":                `user_pref("security.nocertdb", true);`,
		shared + "/cert8.db":                      "x",
		"/home/amy/.config/chromium/Last Version": "156.0.1.2",
	}
	found := Find(context.Background(), machine(t, files), Search{User: &amy})
	want := map[string]ProblemKind{root + "/lost": Lost, shared: LegacyInUse}
	if diff := cmp.Diff(want, problemsOf(found)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, l := range found.Locations {
		if l.Exists != (l.Dir == root+"/half") {
			t.Errorf("%+v", l)
		}
	}
	delete(files, "/home/amy/.config/chromium/Last Version") // nobody uses it
	if found := Find(context.Background(), machine(t, files), Search{User: &amy}); problemsOf(found)[shared] != "" {
		t.Errorf("%v", found.Problems)
	}
}

// A nil Host is this machine.
func TestNilHost(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	Find(context.Background(), nil, Search{Machine: true})
	Find(context.Background(), nil, Search{})
	dir := created(t, false)
	if loc, err := LocationAt(nil, dir); err != nil || !loc.Exists {
		t.Errorf("%+v, %v", loc, err)
	}
}

// Names that are not UTF-8 are names.
func TestNamesThatAreNotUTF8(t *testing.T) {
	const name = "Jos\xe9 \u202e\n"
	root := "/home/amy/.mozilla/firefox"
	h := machine(t, map[string]string{
		root + "/profiles.ini":          "[Profile0]\nName=x\nIsRelative=1\nPath=Jos\xe9\n",
		root + "/Jos\xe9/cert9.db":      "",
		root + "/" + name + "/cert9.db": "",
	})
	if got := dirs(locations(t, h, amy)); !slices.Equal(got, []string{root + "/Jos\xe9", root + "/" + name}) {
		t.Errorf("%q", got)
	}
}
