package nss_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/browser"
	"github.com/hktrust/hktrust/testdata/javatest"
)

// firefoxLoads starts a Firefox on a profile, loads a page and ends it.
func firefoxLoads(t *testing.T, what string, p *browser.Profile, f *browser.FirefoxBin, url string, want browser.Page) {
	t.Helper()
	s := p.StartWith(t, f)
	expectPage(t, what, s.Navigate(url), want)
	s.Quit()
}

// A profile of Firefox 140 (NSS 3.112) to which a newer certutil gave the columns
// of CKO_TRUST: what we write is honoured by it, by the newer Firefox that the
// profile is updated to, and by either afterwards.
func TestFirefoxesOfBothGenerationsOnOneProfile(t *testing.T) {
	older, newer := browser.OlderFirefox(t), browser.Firefox(t)
	site, other := newServer(t, javatest.NewPKI(t)), javatest.NewRSAPKI(t)
	p := browser.NewProfileOf(t, older)
	nssTool(t, newer.Dir, p.Dir, "-A", "-n", "other", "-t", ",,", "-i", pemFile(t, other.Root))
	firefoxLoads(t, "140, before", p, older, site.url, firefoxRefuses)

	loc := foundProfile(t, p)
	if loc.OnlyNewNSS {
		t.Errorf("Firefox 140 reads CKO_TRUST: %+v", loc)
	}
	db := database(t, loc.Resolved, nss.Options{OnlyNewNSS: loc.OnlyNewNSS})
	change(t, db, adding(t, site.Root, "C,,"))
	firefoxLoads(t, "140, added", p, older, site.url, browser.Served)
	firefoxLoads(t, "newer, added", p, newer, site.url, browser.Served)

	// Now the newer one owns the profile. What is widened stays trusted by both.
	loc = foundProfile(t, p)
	if !loc.OnlyNewNSS {
		t.Errorf("the newer Firefox does not read CKO_TRUST: %+v", loc)
	}
	db = database(t, loc.Resolved, nss.Options{OnlyNewNSS: loc.OnlyNewNSS})
	wider := adding(t, site.Root, "C,C,")
	wider.Op = nss.Widen
	change(t, db, wider)
	firefoxLoads(t, "newer, widened", p, newer, site.url, browser.Served)
	firefoxLoads(t, "140, widened", p, older, site.url, browser.Served)

	change(t, db, removing(site.Root))
	firefoxLoads(t, "140, removed", p, older, site.url, firefoxRefuses)
	firefoxLoads(t, "newer, removed", p, newer, site.fullURL, firefoxRefuses)
}

// Chromium, with the NSS of the distribution and with a newer one, on the
// database of a Firefox profile that ~/.pki/nssdb links to.
func TestChromiumOnADatabaseLinkedToAProfile(t *testing.T) {
	distribution, firefox := browser.Chromium(t), browser.Firefox(t)
	newer := *distribution
	newer.Libraries = firefox.Dir
	site := newServer(t, javatest.NewPKI(t))
	p := browser.NewProfile(t)
	link := filepath.Join(p.Home, ".pki", "nssdb")
	if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(p.Dir, link); err != nil {
		t.Fatal(err)
	}
	all := map[string]func() browser.Page{
		"Chromium":        func() browser.Page { return distribution.Load(t, p.Home, site.url) },
		"Chromium, newer": func() browser.Page { return newer.Load(t, p.Home, site.url) },
	}
	check := func(what string, chromium, fire browser.Page) {
		t.Helper()
		for name, load := range all {
			expectPage(t, name+", "+what, load(), chromium)
		}
		firefoxLoads(t, "Firefox, "+what, p, firefox, site.url, fire)
	}
	check("before", chromiumRefuses, firefoxRefuses)
	var loc nss.Location
	for _, l := range found(t, p.Home) {
		if l.Shared && l.Exists {
			loc = l
		}
	}
	if loc.Application != "firefox" || loc.OnlyNewNSS || len(loc.Also) != 1 {
		t.Fatalf("%+v", loc)
	}
	db := database(t, loc.Dir, nss.Options{OnlyNewNSS: loc.OnlyNewNSS})
	change(t, db, adding(t, site.Root, "C,,"))
	check("added", browser.Served, browser.Served)
	change(t, db, removing(site.Root))
	check("removed", chromiumRefuses, firefoxRefuses)
}

// Programs that ignore their database by a preference: the page is refused
// though the database trusts it, and the setting is found.
func TestBrowsersThatIgnoreTheirDatabase(t *testing.T) {
	site := newServer(t, javatest.NewPKI(t))
	t.Run("Firefox", func(t *testing.T) {
		p := browser.NewProfile(t)
		change(t, database(t, p.Dir, nss.Options{OnlyNewNSS: true}), adding(t, site.Root, "C,,"))
		firefox := browser.Firefox(t)
		firefoxLoads(t, "as delivered", p, firefox, site.url, browser.Served)
		appendTo(t, filepath.Join(p.Dir, "prefs.js"), "user_pref(\"security.nocertdb\", true);\n")
		firefoxLoads(t, "security.nocertdb", p, firefox, site.url, firefoxRefuses)
		expectIgnored(t, found(t, p.Home), "security.nocertdb")
	})
	t.Run("Chromium", func(t *testing.T) {
		chromium, home := browser.Chromium(t), t.TempDir()
		dir := filepath.Join(home, ".pki", "nssdb")
		if err := nss.Create(context.Background(), dir); err != nil {
			t.Fatal(err)
		}
		change(t, database(t, dir, nss.Options{}), adding(t, site.Root, "C,,"))
		expectPage(t, "as delivered", chromium.Load(t, home, site.url), browser.Served)
		prefs := filepath.Join(home, ".config", "chromium", "Default", "Preferences")
		if err := os.WriteFile(prefs, []byte(`{"certificates":{"ca_platform_integration_enabled":false}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		expectPage(t, "not integrated", chromium.Load(t, home, site.url), chromiumRefuses)
		expectIgnored(t, found(t, home), "certificates.ca_platform_integration_enabled")
	})
}

func expectIgnored(t *testing.T, locations []nss.Location, name string) {
	t.Helper()
	for _, l := range locations {
		for _, s := range l.Settings {
			if s.Name == name && s.Ignores && l.Exists {
				return
			}
		}
	}
	t.Errorf("%s is not found: %+v", name, locations)
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(data, text...), 0o600); err != nil {
		t.Fatal(err)
	}
}

func pemFile(t *testing.T, c javatest.Certificate) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, c.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
