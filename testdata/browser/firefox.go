package browser

import (
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// FirefoxBin is an installed Firefox.
type FirefoxBin struct {
	Path string // the program
	Dir  string // with the libraries it brings along, NSS among them
}

// Firefox finds Firefox: the extended support release, or else the current one.
// It is one with NSS 3.114 or later.
func Firefox(t testing.TB) *FirefoxBin {
	t.Helper()
	for _, name := range []string{"firefox-esr", "firefox"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		if dir := programDir(path); oracle.FirefoxVersion(dir) >= 142 {
			return &FirefoxBin{Path: path, Dir: dir}
		}
	}
	oracle.Missing(t, "firefox, 142 or later")
	return nil
}

// OlderFirefox finds a Firefox with NSS before 3.114, which knows only the older
// kind of trust object: 140 ESR, unpacked beside the installed one. Debian 12 has
// it in its main archive (apt-get download firefox-esr=140*; dpkg-deb -x FILE
// /opt/firefox-140). HKTRUST_OLDER_FIREFOX names the directory with the program
// where it lies elsewhere.
func OlderFirefox(t testing.TB) *FirefoxBin {
	t.Helper()
	paths := []string{"/opt/firefox-140/usr/lib/firefox-esr/firefox-esr", "/opt/firefox-140/firefox"}
	if dir := os.Getenv("HKTRUST_OLDER_FIREFOX"); dir != "" {
		paths = []string{filepath.Join(dir, "firefox-esr"), filepath.Join(dir, "firefox")}
	}
	path := oracle.NeedFile(t, "Firefox 140 ESR in /opt/firefox-140", paths...)
	return &FirefoxBin{Path: path, Dir: filepath.Dir(path)}
}

// programDir is where a program lies that may be started by a link or by a
// script of the distribution.
func programDir(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if dir := filepath.Join("/usr/lib", filepath.Base(path)); exists(filepath.Join(dir, "application.ini")) {
		return dir
	}
	return filepath.Dir(path)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Session is a running Firefox. It serves one goroutine.
type Session struct {
	t       testing.TB
	process *process
	remote  *marionette
	chrome  bool // context of scripts
}

// Start starts Firefox on a profile.
func (p *Profile) Start(t testing.TB) *Session {
	t.Helper()
	return p.StartWith(t, Firefox(t))
}

// StartWith starts one Firefox of several on a profile, even if it is older than
// the last one.
func (p *Profile) StartWith(t testing.TB, firefox *FirefoxBin) *Session {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.Dir, "user.js"), []byte(quietPrefs), 0o600); err != nil {
		t.Fatal(err)
	}
	portFile := filepath.Join(p.Dir, "MarionetteActivePort")
	os.Remove(portFile) // of the session before
	s := &Session{t: t}
	s.process = start(t, environment(p.Home, "MOZ_ALLOW_DOWNGRADE=1"), firefox.Path,
		"--headless", "--no-remote", "--marionette", "-remote-allow-system-access", "--profile", p.Dir)
	var err error
	if s.remote, err = dialMarionette(s.awaitPort(portFile)); err != nil {
		t.Fatalf("Firefox does not answer: %v\n%s", err, s.process.said())
	}
	t.Cleanup(func() { s.remote.conn.Close() })
	s.call("WebDriver:NewSession", nil, nil)
	return s
}

// awaitPort waits until Firefox has written the port that it listens on.
func (s *Session) awaitPort(file string) (port int) {
	s.t.Helper()
	await(s.t, s.process, file)
	for deadline := time.Now().Add(commandDeadline); port == 0; time.Sleep(5 * time.Millisecond) {
		data, err := os.ReadFile(file)
		if err == nil {
			port, err = strconv.Atoi(strings.TrimSpace(string(data)))
		}
		if err != nil && time.Now().After(deadline) {
			s.t.Fatalf("Firefox names no port: %v", err)
		}
	}
	return port
}

// Quit ends Firefox as its user would and waits until it has written
// everything.
func (s *Session) Quit() {
	s.t.Helper()
	s.call("Marionette:Quit", map[string]any{"flags": []string{"eForceQuit"}}, nil)
	if err := s.process.wait(quitDeadline); err != nil {
		s.t.Fatalf("Firefox does not quit: %v\n%s", err, s.process.said())
	}
	s.process.kill() // stragglers
}

// Navigate loads a page.
func (s *Session) Navigate(url string) Page {
	s.t.Helper()
	s.context(false)
	err := s.remote.call("WebDriver:Navigate", map[string]any{"url": url}, nil)
	var failure *marionetteError
	switch {
	case err == nil:
		return Page{Title: s.text("WebDriver:GetTitle", nil)}
	case !errors.As(err, &failure):
		s.t.Fatalf("Navigate: %v\n%s", err, s.process.said())
	case failure.Kind == "insecure certificate":
		return Page{Error: s.text("WebDriver:ExecuteScript", map[string]any{
			"script": "return document.getFailedCertSecurityInfo().errorCodeString", "sandbox": "system",
		})}
	}
	return Page{Error: failure.Message}
}

// Fetch asks for what a page would show, and shows nothing: that is quicker than
// [Session.Navigate], and the decision about the server is the same.
func (s *Session) Fetch(url string) Page {
	s.t.Helper()
	return s.FetchTrusting(url)
}

// FetchTrusting is [Session.Fetch] with CA certificates that are trusted for as
// long as it takes.
func (s *Session) FetchTrusting(url string, anchors ...[]byte) Page {
	s.t.Helper()
	texts := []string{}
	for _, der := range anchors {
		texts = append(texts, b64(der))
	}
	var failure string
	s.Chrome(&failure, `
		const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
		const anchors = arguments[1];
		for (const anchor of anchors) db.addCertFromBase64(anchor, "C,,");
		const { NetUtil } = ChromeUtils.importESModule("resource://gre/modules/NetUtil.sys.mjs");
		const channel = NetUtil.newChannel({ uri: arguments[0], loadUsingSystemPrincipal: true });
		return new Promise(done => channel.asyncOpen({
			onStartRequest() {},
			onDataAvailable(request, stream, offset, count) { NetUtil.readInputStreamToString(stream, count) },
			onStopRequest(request, status) {
				const info = channel.securityInfo;
				for (const anchor of anchors) db.deleteCertificate(db.constructX509FromBase64(anchor));
				if (Components.isSuccessCode(status)) done("");
				else done(info && info.errorCodeString || "status " + status.toString(16));
			},
		}))`, url, texts)
	if failure != "" {
		return Page{Error: failure}
	}
	return Served
}

// Local makes Firefox find hosts on loopback.
func (s *Session) Local(hosts ...string) {
	s.t.Helper()
	s.Chrome(nil, `Services.prefs.setStringPref("network.dns.localDomains", arguments[0])`, strings.Join(hosts, ","))
}

// Chrome runs the body of a function with the rights of Firefox itself and
// stores what it returns in result, which may be nil. The arguments are its
// "arguments". A promise is waited for.
func (s *Session) Chrome(result any, script string, args ...any) {
	s.t.Helper()
	if err := s.TryChrome(result, script, args...); err != nil {
		s.t.Fatalf("%v\n%s", err, script)
	}
}

// TryChrome is [Session.Chrome] for a script that may throw.
func (s *Session) TryChrome(result any, script string, args ...any) error {
	s.t.Helper()
	s.context(true)
	if args == nil {
		args = []any{}
	}
	value := struct {
		Value any `json:"value"`
	}{result}
	return s.remote.call("WebDriver:ExecuteScript", map[string]any{"script": script, "args": args}, &value)
}

// Trust bits of nsIX509CertDB.
const (
	TrustedSSL   = 1 << 0
	TrustedEmail = 1 << 1
)

// certDB begins a script about the certificate whose DER is its first argument
// in base64. The database's own copy of it is used, if there is one.
const certDB = `
	const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
	const cert = db.constructX509FromBase64(arguments[0]);
`

// IsTrusted reports whether Firefox trusts a CA certificate for TLS servers.
func (s *Session) IsTrusted(der []byte) (trusted bool) {
	s.t.Helper()
	s.Chrome(&trusted, certDB+`return db.isCertTrusted(cert, Ci.nsIX509Cert.CA_CERT, Ci.nsIX509CertDB.TRUSTED_SSL)`, b64(der))
	return trusted
}

// SetTrust changes what a CA certificate is trusted for, as the certificate
// manager does: [TrustedSSL], [TrustedEmail], both or 0.
func (s *Session) SetTrust(der []byte, bits int) {
	s.t.Helper()
	s.Chrome(nil, certDB+`db.setCertTrust(cert, Ci.nsIX509Cert.CA_CERT, arguments[1])`, b64(der), bits)
}

// Import adds a CA certificate with trust in certutil's notation.
func (s *Session) Import(der []byte, trust string) {
	s.t.Helper()
	s.Chrome(nil, certDB+`db.addCertFromBase64(arguments[0], arguments[1])`, b64(der), trust)
}

// Delete deletes a certificate, as the certificate manager does.
func (s *Session) Delete(der []byte) {
	s.t.Helper()
	s.Chrome(nil, certDB+`db.deleteCertificate(cert)`, b64(der))
}

// Except makes an exception for a server's certificate, as the button on the
// error page does.
func (s *Session) Except(host string, port int, der []byte) {
	s.t.Helper()
	s.Chrome(nil, `
		const db = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB);
		Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService)
			.rememberValidityOverride(arguments[1], arguments[2], {}, db.constructX509FromBase64(arguments[0]), false)`, b64(der), host, port)
}

// keyToken begins a script about the token that the primary password protects.
const keyToken = `
	const token = Cc["@mozilla.org/security/internalkeytoken;1"].getService(Ci.nsIPKCS11Token);
`

// SetPassword changes the primary password, as the settings page does.
func (s *Session) SetPassword(from, to string) error {
	s.t.Helper()
	return s.TryChrome(nil, keyToken+`token.changePassword(arguments[0], arguments[1])`, from, to)
}

// Login unlocks the token as its user would, by typing the primary password
// into the dialog, and reports whether it was right.
func (s *Session) Login(password string) (ok bool) {
	s.t.Helper()
	s.Chrome(&ok, keyToken+`
		const answers = [arguments[0]];
		const prompt = {
			QueryInterface: ChromeUtils.generateQI(["nsIPrompt"]),
			promptPassword(title, text, password) {
				password.value = answers[0];
				return answers.pop() !== undefined; // a wrong one is asked for again
			},
		};
		const prompts = {
			QueryInterface: ChromeUtils.generateQI(["nsIPromptFactory"]),
			getPrompt(window, iid) { return prompt.QueryInterface(iid) },
		};
		Components.manager.QueryInterface(Ci.nsIComponentRegistrar).registerFactory(
			Services.uuid.generateUUID(), "", "@mozilla.org/prompter;1",
			{ createInstance(iid) { return prompts.QueryInterface(iid) } });
		token.logout();
		try { token.login(true) } catch (e) { if (answers.length) throw e }
		return token.isLoggedIn`, password)
	return ok
}

func b64(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

// context chooses who scripts run as: the page, or Firefox itself.
func (s *Session) context(chrome bool) {
	s.t.Helper()
	if s.chrome == chrome {
		return
	}
	value := map[bool]string{false: "content", true: "chrome"}[chrome]
	s.call("Marionette:SetContext", map[string]any{"value": value}, nil)
	s.chrome = chrome
}

func (s *Session) text(name string, params map[string]any) string {
	s.t.Helper()
	var result struct {
		Value string `json:"value"`
	}
	s.call(name, params, &result)
	return result.Value
}

func (s *Session) call(name string, params map[string]any, into any) {
	s.t.Helper()
	if err := s.remote.call(name, params, into); err != nil {
		s.t.Fatalf("%v\n%s", err, s.process.said())
	}
}

// quietPrefs keeps a test profile from talking to the network, asking
// questions and starting late.
const quietPrefs = `
user_pref("marionette.port", 0);
user_pref("app.normandy.enabled", false);
user_pref("app.update.auto", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.region.network.url", "");
user_pref("browser.safebrowsing.blockedURIs.enabled", false);
user_pref("browser.safebrowsing.downloads.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.safebrowsing.update.enabled", false);
user_pref("browser.search.update", false);
user_pref("browser.sessionstore.resume_from_crash", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage", "about:blank");
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("browser.startup.page", 0);
user_pref("browser.topsites.contile.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("dom.push.connection.enabled", false);
user_pref("extensions.getAddons.cache.enabled", false);
user_pref("extensions.systemAddon.update.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("media.gmp-manager.updateEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.dns.disablePrefetch", true);
user_pref("network.prefetch-next", false);
user_pref("network.proxy.type", 0);
user_pref("network.trr.mode", 5);
user_pref("security.OCSP.enabled", 0);
user_pref("security.certerrors.mitm.priming.enabled", false);
user_pref("security.remote_settings.crlite_filters.enabled", false);
user_pref("security.remote_settings.intermediates.enabled", false);
user_pref("services.settings.server", "data:,#remote-settings-dummy/v1");
user_pref("toolkit.startup.max_resumed_crashes", -1);
user_pref("toolkit.telemetry.enabled", false);
user_pref("toolkit.telemetry.server", "");
user_pref("toolkit.telemetry.unified", false);
`

// Evaluate returns what a script in the page returns, as text.
func (s *Session) Evaluate(script string) string {
	s.t.Helper()
	s.context(false)
	return s.text("WebDriver:ExecuteScript", map[string]any{"script": script})
}
