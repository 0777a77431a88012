package nss_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/browser"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
)

// What the browsers say of a CA that they do not trust.
var (
	firefoxRefuses  = browser.Page{Error: "SEC_ERROR_UNKNOWN_ISSUER"}
	chromiumRefuses = browser.Page{Error: "ERR_CERT_AUTHORITY_INVALID"}
)

// server is a PKI with web servers of its own.
type server struct {
	*javatest.PKI
	url      string // of a server that sends leaf and issuing CA
	fullURL  string // and the root
	leafOnly string // and neither
}

func newServer(t *testing.T, pki *javatest.PKI) server {
	t.Helper()
	return server{
		PKI:      pki,
		url:      browser.Serve(t, pki.Config(pki.Issuing)),
		fullURL:  browser.Serve(t, pki.Config(pki.Issuing, pki.Root)),
		leafOnly: browser.Serve(t, pki.Config()),
	}
}

// database opens a database of the machine that runs the test.
func database(t *testing.T, dir string, opts nss.Options) *nss.DB {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	db, err := nss.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func change(t *testing.T, db *nss.DB, changes ...nss.Change) {
	t.Helper()
	if _, err := db.Apply(context.Background(), changes); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, db *nss.DB) *nss.Contents {
	t.Helper()
	contents, err := db.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

func adding(t *testing.T, c javatest.Certificate, flags string) nss.Change {
	t.Helper()
	trust, err := nss.ParseTrust(flags)
	if err != nil {
		t.Fatal(err)
	}
	return nss.Change{Op: nss.Add, DER: c.Raw, Nickname: c.Subject.CommonName, Trust: &trust}
}

func removing(c javatest.Certificate) nss.Change {
	return nss.Change{Op: nss.Remove, DER: c.Raw}
}

func expectPage(t *testing.T, what string, got, want browser.Page) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

// nssTool runs certutil on a database and returns what it says. With libraries
// it uses the NSS that lies there instead of the system's.
func nssTool(t *testing.T, libraries, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command(oracle.Need(t, "certutil"), append(args, "-d", "sql:"+dir)...)
	if libraries != "" {
		cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+libraries)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("certutil %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// rawDatabase opens one of the files as SQLite does, while no DB is in use.
func rawDatabase(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", OmitHost: true, Path: path}).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// The whole life of a root in a fresh Firefox profile: added while Firefox
// runs, honoured at once and after a restart, under a primary password set
// later, and gone when removed.
func TestFirefoxHonoursAddAndRemove(t *testing.T) {
	profile := browser.NewProfile(t)
	site, control := newServer(t, javatest.NewPKI(t)), newServer(t, javatest.NewRSAPKI(t))
	db := database(t, foundProfile(t, profile).Resolved, nss.Options{OnlyNewNSS: true, OwnedByMe: true})

	s := profile.Start(t)
	expectPage(t, "before", s.Navigate(site.url), firefoxRefuses)
	change(t, db, adding(t, site.Root, "C,,"))
	expectPage(t, "added while Firefox runs", s.Navigate(site.url), browser.Served)
	expectPage(t, "root sent along", s.Navigate(site.fullURL), browser.Served)
	// The control's CAs have the same names and other keys, so that Firefox
	// fails at the first signature instead of at the end of the chain.
	if page := s.Navigate(control.url); !strings.HasPrefix(page.Error, "SEC_ERROR_") {
		t.Errorf("control: %+v", page)
	}
	if !s.IsTrusted(site.Root.Raw) || s.IsTrusted(control.Root.Raw) {
		t.Error("the certificate manager disagrees")
	}
	s.Quit()

	s = profile.Start(t)
	expectPage(t, "after a restart", s.Navigate(site.url), browser.Served)
	if err := s.SetPassword("", "Secr3t!pw"); err != nil {
		t.Errorf("setting a primary password: %v", err)
	}
	s.Quit()
	withPassword := database(t, profile.Dir, nss.Options{OnlyNewNSS: true, Password: new("Secr3t!pw")})
	contents := list(t, withPassword)
	entry, ok := contents.Lookup(site.Root.SHA256())
	if !ok || contents.Password != nss.PasswordGiven || entry.New == nil || !entry.New.Verified || entry.Trust.Flags() != "C,," {
		t.Errorf("under the password that Firefox set (%s): %+v", contents.Password, entry)
	}

	change(t, db, removing(site.Root)) // needs no password
	s = profile.Start(t)
	expectPage(t, "removed", s.Navigate(site.url), firefoxRefuses)
	expectPage(t, "removed, root sent along", s.Navigate(site.fullURL), firefoxRefuses)
	s.Quit()
}

// Issuing CAs without trust complete the chain of a server that sends its leaf
// only, a root and its successor of the same name live side by side, and the
// directory may have any name.
func TestFirefoxCompletesChains(t *testing.T) {
	profile := browser.NewProfile(t)
	odd := filepath.Join(filepath.Dir(profile.Dir), "a b#c?d%41&e'é瀏")
	for _, name := range []string{"profiles.ini", "installs.ini"} {
		file := filepath.Join(filepath.Dir(profile.Dir), name)
		if text, err := os.ReadFile(file); err == nil {
			text = bytes.ReplaceAll(text, []byte(filepath.Base(profile.Dir)), []byte(filepath.Base(odd)))
			err = os.WriteFile(file, text, 0o600)
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Rename(profile.Dir, odd); err != nil {
		t.Fatal(err)
	}
	profile.Dir = odd
	db := database(t, foundProfile(t, profile).Resolved, nss.Options{OnlyNewNSS: true})
	ec, rsa := newServer(t, javatest.NewPKI(t)), newServer(t, javatest.NewRSAPKI(t))
	change(t, db, adding(t, ec.Root, "C,,"))
	s := profile.Start(t)
	expectPage(t, "no issuing CA", s.Navigate(ec.leafOnly), firefoxRefuses)
	change(t, db, adding(t, ec.Issuing, ",,"), adding(t, rsa.Root, "C,,"))
	expectPage(t, "issuing CA from the database", s.Navigate(ec.leafOnly), browser.Served)
	expectPage(t, "root of the same name", s.Navigate(rsa.url), browser.Served)
	change(t, db, removing(ec.Issuing)) // what Firefox remembers of it ends with the session
	s.Quit()
	s = profile.Start(t)
	expectPage(t, "issuing CA removed while Firefox ran", s.Navigate(ec.leafOnly), firefoxRefuses)
	expectPage(t, "the rest", s.Navigate(rsa.url), browser.Served)
	s.Quit()
}

// Where key4.db is missing or was never given a password row we write no
// signatures; Firefox makes them up when it initialises the database.
func TestFirefoxSignsWhatItInitialises(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, key4 string){
		"no key4.db": func(t *testing.T, key4 string) {
			if err := os.Remove(key4); err != nil {
				t.Fatal(err)
			}
		},
		"no password row": func(t *testing.T, key4 string) {
			raw := rawDatabase(t, key4)
			if _, err := raw.Exec("DELETE FROM metaData"); err != nil {
				t.Fatal(err)
			}
			raw.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			profile := browser.NewProfile(t)
			site := newServer(t, javatest.NewPKI(t))
			damage(t, filepath.Join(profile.Dir, "key4.db"))
			db := database(t, profile.Dir, nss.Options{OnlyNewNSS: true})
			change(t, db, adding(t, site.Root, "C,,"))
			if state := list(t, db).Password; state != nss.PasswordUnset {
				t.Fatalf("password is %s", state)
			}
			s := profile.Start(t)
			expectPage(t, "first start", s.Navigate(site.url), browser.Served)
			s.Quit()
			contents := list(t, db)
			entry, _ := contents.Lookup(site.Root.SHA256())
			if contents.Password != nss.PasswordEmpty || entry.New == nil || !entry.New.Verified {
				t.Errorf("password is %s, trust %+v", contents.Password, entry.New)
			}
			s = profile.Start(t)
			expectPage(t, "second start", s.Navigate(site.url), browser.Served)
			s.Quit()
		})
	}
}

// Firefox takes a database that we created for its own and extends it.
func TestFirefoxTakesOverWhatWeCreate(t *testing.T) {
	profile := browser.NewProfile(t)
	for _, name := range []string{"cert9.db", "key4.db", "pkcs11.txt"} {
		if err := os.Remove(filepath.Join(profile.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	site := newServer(t, javatest.NewPKI(t))
	if err := nss.Create(context.Background(), profile.Dir); err != nil {
		t.Fatal(err)
	}
	db := database(t, profile.Dir, nss.Options{OnlyNewNSS: true})
	change(t, db, adding(t, site.Root, "C,,"))
	s := profile.Start(t)
	expectPage(t, "created", s.Navigate(site.url), browser.Served)
	s.Quit()
	contents := list(t, db)
	if entry, _ := contents.Lookup(site.Root.SHA256()); !contents.New || entry.Old == nil || !entry.Old.Verified {
		t.Errorf("extended by Firefox: %v, trust %+v", contents.New, entry.Old)
	}
}

// With a primary password trust must be signed under it: what we write then is
// honoured before and after the user unlocks the profile.
func TestFirefoxPrimaryPassword(t *testing.T) {
	for name, setPassword := range map[string]func(t *testing.T, p *browser.Profile, password string){
		"set by Firefox": func(t *testing.T, p *browser.Profile, password string) {
			s := p.Start(t)
			if err := s.SetPassword("", password); err != nil {
				t.Fatal(err)
			}
			s.Quit()
		},
		"set by an older NSS": func(t *testing.T, p *browser.Profile, password string) {
			dir := t.TempDir()
			from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
			for path, content := range map[string]string{from: "\n", to: password + "\n"} {
				if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			nssTool(t, "", p.Dir, "-W", "-f", from, "-@", to)
		},
	} {
		t.Run(name, func(t *testing.T) {
			profile := browser.NewProfile(t)
			setPassword(t, profile, primaryPassword)
			checkPrimaryPassword(t, profile)
		})
	}
}

const primaryPassword = "Secr3t!pw é"

func checkPrimaryPassword(t *testing.T, profile *browser.Profile) {
	t.Helper()
	site := newServer(t, javatest.NewPKI(t))
	before := digests(t, profile.Dir)
	for want, given := range map[error]*string{nss.ErrPasswordRequired: nil, nss.ErrWrongPassword: new("wrong")} {
		db := database(t, profile.Dir, nss.Options{OnlyNewNSS: true, Password: given})
		if _, err := db.Apply(context.Background(), []nss.Change{adding(t, site.Root, "C,,")}); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	if digests(t, profile.Dir) != before {
		t.Error("a refused change changed the files")
	}

	change(t, database(t, profile.Dir, nss.Options{OnlyNewNSS: true, Password: new(primaryPassword)}), adding(t, site.Root, "C,,"))
	s := profile.Start(t)
	expectPage(t, "locked", s.Navigate(site.url), browser.Served)
	s.Quit()
	s = profile.Start(t)
	if s.Login("wrong") || !s.Login(primaryPassword) {
		t.Error("the primary password is not what it was")
	}
	expectPage(t, "unlocked", s.Navigate(site.url), browser.Served)
	s.Quit()

	// The signatures are what made the difference.
	raw := rawDatabase(t, filepath.Join(profile.Dir, "key4.db"))
	if _, err := raw.Exec("DELETE FROM metaData WHERE id LIKE 'sig_cert_%'"); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	s = profile.Start(t)
	if !s.Login(primaryPassword) {
		t.Error("cannot unlock")
	}
	expectPage(t, "unlocked, signatures gone", s.Navigate(site.url), firefoxRefuses)
	s.Quit()
}

// digests are the SHA-256 of both files.
func digests(t *testing.T, dir string) (sums [2][sha256.Size]byte) {
	t.Helper()
	for i, name := range []string{"cert9.db", "key4.db"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		sums[i] = sha256.Sum256(data)
	}
	return sums
}

// editAndDelete does what a user does who first unticks the trust of a CA in
// Firefox's certificate manager and later deletes the CA there.
func editAndDelete(t *testing.T, profile *browser.Profile, root javatest.Certificate) {
	t.Helper()
	s := profile.Start(t)
	s.SetTrust(root.Raw, 0)
	s.Quit()
	s = profile.Start(t)
	s.Delete(root.Raw)
	s.Quit()
}

// A CA added by an older NSS, then edited and deleted in Firefox, remains
// trusted without being shown anywhere. List shows the ghost, Remove lays it.
func TestFirefoxGhost(t *testing.T) {
	profile := browser.NewProfile(t)
	site := newServer(t, javatest.NewPKI(t))
	nssTool(t, "", profile.Dir, "-A", "-n", "ghost", "-t", "C,,", "-i", site.Root.File(t))
	editAndDelete(t, profile, site.Root)

	s := profile.Start(t)
	page := s.Navigate(site.fullURL)
	s.Quit()
	if page != browser.Served {
		oracle.Optional(t, "a Firefox of which ghosts remain, as up to 153")
	}
	db := database(t, profile.Dir, nss.Options{OnlyNewNSS: true})
	contents := list(t, db)
	if _, shown := contents.Lookup(site.Root.SHA256()); shown || len(contents.Ghosts) != 1 {
		t.Fatalf("entry shown: %v, ghosts: %+v", shown, contents.Ghosts)
	}
	ghost := contents.Ghosts[0]
	if ghost.Trust.Server != nss.Anchor || ghost.Distrusting() {
		t.Errorf("ghost: %+v", ghost)
	}
	change(t, db, nss.Change{Op: nss.Remove, Issuer: ghost.Issuer, Serial: ghost.Serial})
	if ghosts := list(t, db).Ghosts; len(ghosts) > 0 {
		t.Errorf("after Remove: %+v", ghosts)
	}
	s = profile.Start(t)
	expectPage(t, "ghost removed", s.Navigate(site.fullURL), firefoxRefuses)
	s.Quit()
}

// What we add leaves no ghost behind in the same story.
func TestFirefoxLeavesNoGhostOfOurs(t *testing.T) {
	profile := browser.NewProfile(t)
	site := newServer(t, javatest.NewPKI(t))
	db := database(t, profile.Dir, nss.Options{OnlyNewNSS: true})
	change(t, db, adding(t, site.Root, "C,,"))
	editAndDelete(t, profile, site.Root)
	if contents := list(t, db); len(contents.Ghosts) > 0 {
		t.Errorf("ghosts: %+v", contents.Ghosts)
	}
	s := profile.Start(t)
	expectPage(t, "deleted in Firefox", s.Navigate(site.fullURL), firefoxRefuses)
	s.Quit()
}

// A running Firefox and we wait for each other instead of failing.
func TestFirefoxWaitsForTheLock(t *testing.T) {
	profile := browser.NewProfile(t)
	site, other := newServer(t, javatest.NewPKI(t)), newServer(t, javatest.NewPKI(t))
	s := profile.Start(t)
	s.Import(other.Root.Raw, "C,,")

	lock := rawDatabase(t, filepath.Join(profile.Dir, "cert9.db"))
	lock.SetMaxOpenConns(1)
	if _, err := lock.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	released := make(chan error)
	time.AfterFunc(3*time.Second, func() { _, err := lock.Exec("ROLLBACK"); released <- err })
	s.Import(site.Root.Raw, "C,,")
	s.Delete(other.Root.Raw)
	if err := <-released; err != nil {
		t.Fatal(err)
	}
	lock.Close()

	contents := list(t, database(t, profile.Dir, nss.Options{OnlyNewNSS: true}))
	_, imported := contents.Lookup(site.Root.SHA256())
	_, left := contents.Lookup(other.Root.SHA256())
	if !imported || left {
		t.Errorf("imported %v, deleted %v", imported, !left)
	}
	expectPage(t, "imported", s.Navigate(site.url), browser.Served)
	s.Quit()
}

// Chromium honours what we write, in both places and with both generations of
// NSS, and forgets what we remove.
func TestChromiumHonoursAddAndRemove(t *testing.T) {
	distribution := browser.Chromium(t)
	newer := *distribution
	newer.Libraries = browser.Firefox(t).Dir
	site, control := newServer(t, javatest.NewPKI(t)), newServer(t, javatest.NewRSAPKI(t))
	for _, tt := range []struct {
		name, place string
		writer      string // of the empty database
		chromium    *browser.ChromiumBin
	}{
		{"old place", ".pki/nssdb", "", distribution},
		{"old place, newer NSS", ".pki/nssdb", "", &newer},
		{"new place, new schema", ".local/share/pki/nssdb", newer.Libraries, distribution},
		{"new place, new schema, newer NSS", ".local/share/pki/nssdb", newer.Libraries, &newer},
	} {
		t.Run(tt.name, func(t *testing.T) {
			home := t.TempDir()
			dir := filepath.Join(home, tt.place)
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			nssTool(t, tt.writer, dir, "-N", "--empty-password")
			db := database(t, dir, nss.Options{})
			expectPage(t, "before", tt.chromium.Load(t, home, site.url), chromiumRefuses)
			change(t, db, adding(t, site.Root, "C,,"))
			expectPage(t, "added", tt.chromium.Load(t, home, site.url), browser.Served)
			expectPage(t, "control", tt.chromium.Load(t, home, control.url), chromiumRefuses)
			change(t, db, removing(site.Root))
			expectPage(t, "removed", tt.chromium.Load(t, home, site.url), chromiumRefuses)
			expectPage(t, "removed, root sent along", tt.chromium.Load(t, home, site.fullURL), chromiumRefuses)
		})
	}
}

// A user whose Chromium has no database yet: we create it where Chromium looks
// for it, or use the one that its first start made.
func TestChromiumFreshHome(t *testing.T) {
	chromium := browser.Chromium(t)
	site := newServer(t, javatest.NewPKI(t))
	for name, firstStart := range map[string]bool{"never opened a database": false, "opened its own": true} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			if err := os.MkdirAll(filepath.Join(home, ".config", "chromium"), 0o700); err != nil {
				t.Fatal(err)
			}
			if firstStart {
				expectPage(t, "before", chromium.Load(t, home, site.url), chromiumRefuses)
			}
			locations := found(t, home)
			if len(locations) != 1 || locations[0].Exists != firstStart {
				t.Fatalf("%+v", locations)
			}
			dir := locations[0].Resolved
			if !firstStart {
				if err := nss.Create(context.Background(), dir); err != nil {
					t.Fatal(err)
				}
			}
			db := database(t, dir, nss.Options{})
			change(t, db, adding(t, site.Root, "C,,"))
			expectPage(t, "added", chromium.Load(t, home, site.url), browser.Served)
			change(t, db, removing(site.Root))
			expectPage(t, "removed", chromium.Load(t, home, site.url), chromiumRefuses)
		})
	}
}
