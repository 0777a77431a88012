//go:build unix

package truststore_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/browser"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

var (
	firefoxRefuses  = browser.Page{Error: "SEC_ERROR_UNKNOWN_ISSUER"}
	chromiumRefuses = browser.Page{Error: "ERR_CERT_AUTHORITY_INVALID"}
)

func wantPage(t *testing.T, what string, got, want browser.Page) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

func wantNoFinding(t testing.TB, r *truststore.Report, code truststore.Code) {
	t.Helper()
	if slices.Contains(codes(r), code) {
		t.Errorf("finding %s", code)
	}
}

// A user's life with Firefox: refused, trusted at once, undone, and a primary
// password set afterwards.
func TestFirefoxEnsureAndUndo(t *testing.T) {
	t.Parallel()
	profile, pki := browser.NewProfile(t), javatest.NewPKI(t)
	url, whole := browser.Serve(t, pki.Config(pki.Issuing)), browser.Serve(t, pki.Config(pki.Issuing, pki.Root))
	m, goal := homeMachine(profile.Home), ownGoal(pki.Root)
	newer, older := newerNSS(t), olderNSS(t)
	name := truststore.EntryName(pki.Root.Certificate)
	// Firefox's own schema makes us write the generation that it writes, which
	// older NSS does not know: it sees the certificate alone.
	listed := func(stage, want, wantOlder string) {
		t.Helper()
		if got := newer.flags(t, profile.Dir, name); got != want {
			t.Errorf("%s: newer certutil lists %q, want %q", stage, got, want)
		}
		if got := older.flags(t, profile.Dir, name); got != wantOlder {
			t.Errorf("%s: older certutil lists %q, want %q", stage, got, wantOlder)
		}
	}

	s := profile.Start(t)
	wantPage(t, "before", s.Navigate(url), firefoxRefuses)
	if infos := infosOf(t, m); len(infos) != 1 || !infos[0].Running || infos[0].Product != "firefox" {
		t.Fatalf("found %+v", infos)
	}
	r := ensure(t, m, goal, truststore.ExitOK)
	wantNoFinding(t, r, truststore.CodeRestart)
	wantPage(t, "added while running", s.Navigate(url), browser.Served)
	listed("added", "C,,", ",,")
	wantFinding(t, undo(t, m, truststore.ExitOK), truststore.CodeRestart)
	listed("undone", "-", "-")
	s.Quit()
	s = profile.Start(t)
	wantPage(t, "restarted after undo", s.Navigate(whole), firefoxRefuses)
	s.Quit()

	ensure(t, m, goal, truststore.ExitOK)
	pw := setPassword(t, newer, profile.Dir, "Secr3t!pw")
	s = profile.Start(t)
	wantPage(t, "password set, locked", s.Navigate(url), browser.Served)
	if !s.Login("Secr3t!pw") {
		t.Error("the password is not right")
	}
	wantPage(t, "password set, unlocked", s.Navigate(url), browser.Served)
	s.Quit()
	check(t, withPassword(homeMachine(profile.Home), "Secr3t!pw"), goal, truststore.ExitOK)
	wantNoFinding(t, undo(t, m, truststore.ExitOK), truststore.CodeRestart)
	s = profile.Start(t)
	wantPage(t, "undone", s.Navigate(whole), firefoxRefuses)
	s.Quit()
	if out := newer.run(t, profile.Dir, "-L", "-f", pw); strings.Contains(out, "hktrust") {
		t.Errorf("left behind:\n%s", out)
	}
}

func infosOf(t testing.TB, m *truststore.Machine) []truststore.Info {
	t.Helper()
	stores, err := m.Discover(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var infos []truststore.Info
	for _, s := range stores {
		infos = append(infos, s.Info())
	}
	return infos
}

// What a default profile needs of Hongkong Post's chain: nothing for servers,
// Root CA 2 for e-mail.
func TestFirefoxKnowsHongkongPost(t *testing.T) {
	t.Parallel()
	profile := browser.NewProfile(t)
	m := homeMachine(profile.Home)
	before := tree(t, profile.Home)
	r := check(t, m, profileGoal(t, hkpost.All), truststore.ExitWrong)
	root := planned(t, r, embedded(t, "root-ca-3"))
	if root.Sign() != "=" || root.Reason != truststore.CodeBuiltin && root.Reason != truststore.CodeBuiltinAssumed {
		t.Errorf("Root CA 3: %s %s", root.Sign(), root.Reason)
	}
	wantPlanned(t, r, embedded(t, "root-ca-2"), "+", truststore.CodeAbsent)
	if r := ensure(t, m, serverGoal(t), truststore.ExitOK); r.Changed {
		t.Error("changed for servers")
	}
	wantUntouched(t, before, profile.Home)

	ensure(t, m, profileGoal(t, hkpost.ECert), truststore.ExitOK)
	s := profile.Start(t)
	trusted := func(slug string, use int) (ok bool) {
		s.Chrome(&ok, `
			const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
			return db.isCertTrusted(db.constructX509FromBase64(arguments[0]), Ci.nsIX509Cert.CA_CERT, arguments[1])`,
			base64.StdEncoding.EncodeToString(embedded(t, slug).Raw), use)
		return ok
	}
	for slug, want := range map[string][2]bool{
		"root-ca-2": {false, true}, "root-ca-3": {true, false}, "ecert-ca-2-17-2026-05-07": {false, false},
	} {
		if got := [2]bool{trusted(slug, browser.TrustedSSL), trusted(slug, browser.TrustedEmail)}; got != want {
			t.Errorf("Firefox trusts %s for servers and e-mail: %v, want %v", slug, got, want)
		}
	}
	s.Quit()
}

// Under a primary password trust can be added with it alone, and then holds
// before and after the user unlocks Firefox.
func TestFirefoxPrimaryPassword(t *testing.T) {
	t.Parallel()
	profile, pki := browser.NewProfile(t), javatest.NewPKI(t)
	url := browser.Serve(t, pki.Config(pki.Issuing))
	s := profile.Start(t)
	if err := s.SetPassword("", "Secr3t!pw"); err != nil {
		t.Fatal(err)
	}
	s.Quit()
	m, goal := homeMachine(profile.Home), ownGoal(pki.Root)
	before := tree(t, profile.Dir)
	r := ensure(t, m, goal, truststore.ExitPerson)
	wantPlanned(t, r, pki.Root.Certificate, "!", truststore.CodePasswordRequired)
	wantUntouched(t, before, profile.Dir)
	ensure(t, withPassword(homeMachine(profile.Home), "Secr3t!pw"), goal, truststore.ExitOK)
	s = profile.Start(t)
	wantPage(t, "locked", s.Navigate(url), browser.Served)
	if !s.Login("Secr3t!pw") {
		t.Error("the password is not right")
	}
	wantPage(t, "unlocked", s.Navigate(url), browser.Served)
	s.Quit()
	undo(t, m, truststore.ExitOK)
	s = profile.Start(t)
	wantPage(t, "undone", s.Navigate(url), firefoxRefuses)
	s.Quit()
}

// A profile whose key4.db was deleted, as help pages advise, has nothing to sign
// trust with; Firefox signs it at its next start.
func TestFirefoxWithoutKeyDatabase(t *testing.T) {
	t.Parallel()
	profile, pki := browser.NewProfile(t), javatest.NewPKI(t)
	url := browser.Serve(t, pki.Config(pki.Issuing))
	if err := os.Remove(filepath.Join(profile.Dir, "key4.db")); err != nil {
		t.Fatal(err)
	}
	m, goal := homeMachine(profile.Home), ownGoal(pki.Root)
	ensure(t, m, goal, truststore.ExitOK)
	s := profile.Start(t)
	wantPage(t, "added", s.Navigate(url), browser.Served)
	s.Quit()
	check(t, m, goal, truststore.ExitOK)
	s = profile.Start(t)
	wantPage(t, "signed", s.Navigate(url), browser.Served)
	s.Quit()
	undo(t, m, truststore.ExitOK)
	s = profile.Start(t)
	wantPage(t, "undone", s.Navigate(url), firefoxRefuses)
	s.Quit()
}

// haunt has Firefox change the trust of a CA and then delete it, as a user
// would in the certificate manager.
func haunt(t *testing.T, profile *browser.Profile, der []byte) {
	t.Helper()
	s := profile.Start(t)
	s.SetTrust(der, 0)
	s.Quit()
	s = profile.Start(t)
	s.Delete(der)
	s.Quit()
}

// Trust that older NSS wrote survives its certificate's deletion in Firefox.
// Nobody shows it; list and check do, and remove ends it.
func TestFirefoxGhost(t *testing.T) {
	t.Parallel()
	profile, pki := browser.NewProfile(t), javatest.NewPKI(t)
	whole := browser.Serve(t, pki.Config(pki.Issuing, pki.Root))
	older, newer := olderNSS(t), newerNSS(t)
	older.add(t, profile.Dir, "theirs", "C,,", pki.Root.Raw)
	haunt(t, profile, pki.Root.Raw)
	if got := newer.flags(t, profile.Dir, "theirs"); got != "-" {
		t.Fatalf("certutil still lists %s", got)
	}
	s := profile.Start(t)
	wantPage(t, "haunted", s.Navigate(whole), browser.Served)
	s.Quit()

	m := homeMachine(profile.Home)
	wantFinding(t, list(t, m, truststore.ExitOK), truststore.CodeGhost)
	wantFinding(t, check(t, m, serverGoal(t), truststore.ExitOK), truststore.CodeGhost)
	wantPlanned(t, check(t, m, ownGoal(pki.Root), truststore.ExitWrong), pki.Root.Certificate, "+", truststore.CodeAbsent)
	r := remove(t, m, truststore.ExitOK, pki.Root.Certificate)
	wantPlanned(t, r, pki.Root.Certificate, "-", truststore.CodeGhost)
	wantNoFinding(t, r, truststore.CodeGhost)
	wantNoFinding(t, list(t, m, truststore.ExitOK), truststore.CodeGhost)
	s = profile.Start(t)
	wantPage(t, "removed", s.Navigate(whole), firefoxRefuses)
	s.Quit()
}

// The ghost of what we added ourselves, in a profile that older NSS made, is
// swept by undo; where Firefox made the profile, none comes about.
func TestFirefoxGhostOfOurs(t *testing.T) {
	for _, made := range []generation{olderNSS(t), newerNSS(t)} {
		t.Run(made.name, func(t *testing.T) {
			t.Parallel()
			profile, pki := browser.NewProfile(t), javatest.NewPKI(t)
			whole := browser.Serve(t, pki.Config(pki.Issuing, pki.Root))
			made.newDB(t, profile.Dir)
			m := homeMachine(profile.Home)
			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			haunt(t, profile, pki.Root.Raw)
			ghost := slices.Contains(codes(list(t, m, truststore.ExitOK)), truststore.CodeGhost)
			if want := made.name == "older"; ghost != want {
				t.Errorf("ghost: %v, want %v", ghost, want)
			}
			undo(t, m, truststore.ExitOK)
			wantNoFinding(t, list(t, m, truststore.ExitOK), truststore.CodeGhost)
			s := profile.Start(t)
			wantPage(t, "undone", s.Navigate(whole), firefoxRefuses)
			s.Quit()
		})
	}
}

// Chromium's database is made where it looks for it, and only when something
// must be written.
func TestChromiumEnsureAndUndo(t *testing.T) {
	chromium := browser.Chromium(t)
	newer := *chromium
	newer.Libraries = browser.Firefox(t).Dir
	pki := javatest.NewRSAPKI(t)
	url := browser.Serve(t, pki.Config(pki.Issuing))
	for place, exists := range map[string]bool{".pki/nssdb": true, ".local/share/pki/nssdb": false} {
		t.Run(filepath.Dir(place), func(t *testing.T) {
			t.Parallel()
			home := filepath.Join(t.TempDir(), "home")
			dir := filepath.Join(home, place)
			if err := os.MkdirAll(home, 0o700); err != nil {
				t.Fatal(err)
			}
			if exists {
				if err := os.MkdirAll(dir, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			wantPage(t, "before", chromium.Load(t, home, url), chromiumRefuses)
			// As if Chromium had not made its database yet.
			for _, made := range []string{".local/share/pki", ".pki/nssdb/cert9.db", ".pki/nssdb/key4.db", ".pki/nssdb/pkcs11.txt"} {
				if err := os.RemoveAll(filepath.Join(home, made)); err != nil {
					t.Fatal(err)
				}
			}
			m := homeMachine(home)
			infos := infosOf(t, m)
			if len(infos) != 2 || !infos[0].Missing || infos[0].Product != "chromium" || infos[1].Kind != truststore.KindChromium {
				t.Fatalf("found %+v", infos)
			}
			m.Select = []truststore.Selector{{Kind: truststore.KindNSS}}
			before := tree(t, home)
			r := check(t, m, serverGoal(t), truststore.ExitOK)
			if c := planned(t, r, embedded(t, "root-ca-3")); c.Reason != truststore.CodeBuiltin && c.Reason != truststore.CodeBuiltinAssumed {
				t.Errorf("Root CA 3: %s", c.Reason)
			}
			ensure(t, m, serverGoal(t), truststore.ExitOK)
			wantUntouched(t, before, home)

			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			wantFlags(t, dir, pki.Root.Certificate, "C,,")
			wantPage(t, "added", chromium.Load(t, home, url), browser.Served)
			wantPage(t, "added, newer NSS", newer.Load(t, home, url), browser.Served)
			check(t, m, ownGoal(pki.Root), truststore.ExitOK)
			undo(t, m, truststore.ExitOK)
			wantFlags(t, dir, pki.Root.Certificate, "-")
			wantPage(t, "undone", chromium.Load(t, home, url), chromiumRefuses)
			if !exists {
				if _, err := os.Lstat(filepath.Join(home, ".pki")); err == nil {
					t.Error("made ~/.pki")
				}
			}
		})
	}
}

// A server that sends its leaf alone works in browsers where the issuing CA is
// in the database, without trust.
func TestBrowsersWithLeafOnlyServer(t *testing.T) {
	pki := javatest.NewRSAPKI(t)
	url := browser.Serve(t, pki.Config())
	goal := ownGoal(pki.Root, pki.Issuing)
	t.Run("firefox", func(t *testing.T) {
		t.Parallel()
		profile := browser.NewProfile(t)
		ensure(t, homeMachine(profile.Home), goal, truststore.ExitOK)
		s := profile.Start(t)
		wantPage(t, "root and issuing CA", s.Navigate(url), browser.Served)
		s.Quit()
	})
	t.Run("chromium", func(t *testing.T) {
		t.Parallel()
		home := filepath.Join(t.TempDir(), "home")
		if err := os.MkdirAll(filepath.Join(home, ".pki", "nssdb"), 0o700); err != nil {
			t.Fatal(err)
		}
		chromium := browser.Chromium(t)
		chromium.Load(t, home, url)
		ensure(t, homeMachine(home), goal, truststore.ExitOK)
		wantPage(t, "root and issuing CA", chromium.Load(t, home, url), browser.Served)
	})
}

// Undo in the shared database tells of a running Chromium.
func TestChromiumRunning(t *testing.T) {
	t.Parallel()
	chromium, pki := browser.Chromium(t), javatest.NewRSAPKI(t)
	home := filepath.Join(t.TempDir(), "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	stop := chromium.Start(t, home)
	defer stop()
	m := homeMachine(home)
	// The tree has no /proc of its own; give it the browser's process.
	lock, err := os.Readlink(filepath.Join(home, ".config", "chromium", "SingletonLock"))
	if err != nil {
		t.Fatal(err)
	}
	pid := lock[strings.LastIndexByte(lock, '-')+1:]
	if err := os.MkdirAll(filepath.Join(filepath.Dir(home), "proc", pid), 0o755); err != nil {
		t.Fatal(err)
	}
	wantNoFinding(t, ensure(t, m, ownGoal(pki.Root), truststore.ExitOK), truststore.CodeRestart)
	wantFinding(t, undo(t, m, truststore.ExitOK), truststore.CodeRestart)
}
