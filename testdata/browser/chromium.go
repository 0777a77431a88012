package browser

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// ChromiumBin is an installed Chromium.
type ChromiumBin struct {
	Path string
	// Libraries is a directory whose shared libraries replace the system's;
	// "" means the system's. With [FirefoxBin.Dir] Chromium uses the NSS of
	// Firefox, which is newer than the distribution's.
	Libraries string
}

// Chromium finds Chromium.
func Chromium(t testing.TB) *ChromiumBin {
	t.Helper()
	return &ChromiumBin{Path: oracle.Need(t, "chromium")}
}

// Load starts Chromium in a home directory, loads a page, and ends it.
func (c *ChromiumBin) Load(t testing.TB, home, url string) Page {
	t.Helper()
	p := start(t, c.environment(home), c.Path, c.arguments(home, "--dump-dom", url)...)
	if err := p.wait(startDeadline); err != nil {
		t.Fatalf("Chromium: %v\n%s", err, p.said())
	}
	p.kill() // stragglers
	dom, err := os.ReadFile(p.output)
	if err != nil {
		t.Fatal(err)
	}
	page := Page{Error: netError.FindString(string(dom))}
	if title := pageTitle.FindSubmatch(dom); page.Error == "" && title != nil {
		page.Title = string(title[1])
	}
	if page == (Page{}) {
		t.Fatalf("Chromium says neither title nor error:\n%s", p.said())
	}
	return page
}

var (
	netError  = regexp.MustCompile(`\bERR_[A-Z0-9_]+`)
	pageTitle = regexp.MustCompile(`<title>([^<]*)</title>`)
)

// Start starts Chromium in a home directory and leaves it running until stop
// is called or the test ends. It returns when Chromium has opened its profile.
func (c *ChromiumBin) Start(t testing.TB, home string) (stop func()) {
	t.Helper()
	p := start(t, c.environment(home), c.Path, c.arguments(home, "--remote-debugging-port=0", "about:blank")...)
	await(t, p, filepath.Join(home, ".config", "chromium", "DevToolsActivePort"))
	return p.stop
}

func (c *ChromiumBin) environment(home string) []string {
	if c.Libraries != "" {
		return environment(home, "LD_LIBRARY_PATH="+c.Libraries)
	}
	return environment(home)
}

func (c *ChromiumBin) arguments(home string, more ...string) []string {
	return append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-default-apps", "--disable-dev-shm-usage", "--password-store=basic", "--no-proxy-server",
		"--host-resolver-rules=MAP *.test 127.0.0.1",
		"--user-data-dir=" + filepath.Join(home, ".config", "chromium"),
	}, more...)
}
