package browser_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/testdata/browser"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
)

// certutil runs certutil on a database, with the NSS of libraries or, if that
// is "", the system's.
func certutil(t *testing.T, libraries, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(oracle.Need(t, "certutil"), append(args, "-d", "sql:"+dir)...)
	if libraries != "" {
		cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+libraries)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("certutil %v: %v\n%s", args, err, out)
	}
}

func refused(code string) browser.Page { return browser.Page{Error: code} }

func expect(t *testing.T, what string, got, want browser.Page) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

func TestFirefoxFollowsItsDatabase(t *testing.T) {
	firefox := browser.Firefox(t)
	profile := browser.NewProfile(t)
	pki := javatest.NewPKI(t)
	url := browser.Serve(t, pki.Config(pki.Issuing))

	s := profile.Start(t)
	expect(t, "before", s.Navigate(url), refused("SEC_ERROR_UNKNOWN_ISSUER"))
	if s.IsTrusted(pki.Root.Raw) {
		t.Error("trusted before")
	}
	certutil(t, firefox.Dir, profile.Dir, "-A", "-n", "test", "-t", "C,,", "-i", pki.Root.File(t))
	expect(t, "added while running", s.Navigate(url), browser.Served)
	s.Quit()

	certutil(t, firefox.Dir, profile.Dir, "-D", "-n", "test")
	s = profile.Start(t)
	expect(t, "deleted", s.Navigate(url), refused("SEC_ERROR_UNKNOWN_ISSUER"))
	s.Import(pki.Root.Raw, "C,,")
	if !s.IsTrusted(pki.Root.Raw) {
		t.Error("not trusted after Import")
	}
	s.SetTrust(pki.Root.Raw, 0)
	if s.IsTrusted(pki.Root.Raw) {
		t.Error("trusted after SetTrust")
	}
	s.Delete(pki.Root.Raw)
	if err := s.SetPassword("", "Secr3t!pw"); err != nil {
		t.Error(err)
	}
	if s.Login("wrong") || !s.Login("Secr3t!pw") {
		t.Error("the password was not set")
	}
	if got := s.Navigate("https://localhost:1/"); got.Error == "" {
		t.Errorf("a port where nobody listens: %+v", got)
	}
	s.Quit()
}

func TestChromiumFollowsItsDatabase(t *testing.T) {
	chromium := browser.Chromium(t)
	pki := javatest.NewRSAPKI(t)
	url := browser.Serve(t, pki.Config(pki.Issuing))
	for _, place := range []string{".pki/nssdb", ".local/share/pki/nssdb"} {
		t.Run(filepath.Dir(place), func(t *testing.T) {
			home := t.TempDir()
			dir := filepath.Join(home, place)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			certutil(t, "", dir, "-N", "--empty-password")
			expect(t, "before", chromium.Load(t, home, url), refused("ERR_CERT_AUTHORITY_INVALID"))
			certutil(t, "", dir, "-A", "-n", "test", "-t", "C,,", "-i", pki.Root.File(t))
			expect(t, "added", chromium.Load(t, home, url), browser.Served)
			if place == ".pki/nssdb" {
				newer := *chromium
				newer.Libraries = browser.Firefox(t).Dir
				expect(t, "added, newer NSS", newer.Load(t, home, url), browser.Served)
			}
			certutil(t, "", dir, "-D", "-n", "test")
			expect(t, "deleted", chromium.Load(t, home, url), refused("ERR_CERT_AUTHORITY_INVALID"))
		})
	}
}
