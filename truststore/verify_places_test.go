//go:build unix

package truststore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/browser"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// answers are the verdicts by program.
func answers(v *truststore.Verification) map[string]truststore.Answer {
	out := map[string]truststore.Answer{}
	for _, one := range v.Verdicts {
		out[one.Program] = one.Answer
	}
	return out
}

func hasFinding(v *truststore.Verification, code truststore.Code, value string) bool {
	for _, f := range v.Findings {
		for _, arg := range f.Args {
			if f.Code == code && arg == value {
				return true
			}
		}
	}
	return false
}

// A variable that names a bundle decides for the programs that heed it, as it
// does for the real curl.
func TestVerifyHeedsTheEnvironment(t *testing.T) {
	w, pki := newWorld(t), javatest.NewPKI(t)
	file := filepath.Join(w.dir, "bundle.pem")
	if err := os.WriteFile(file, pki.Root.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	chain := [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}
	m := w.machine("test")
	m.Select, m.Scope = nil, truststore.ScopeUser // no store of the machine's
	m.Host.Environ["CURL_CA_BUNDLE"] = file
	v, err := m.Verify(context.Background(), chain, truststore.VerifyOptions{})
	if got := answers(v); err != nil || len(got) != 1 || got["curl"] != truststore.AnswerTrusted {
		t.Errorf("%v, %v", got, err)
	}
	if !hasFinding(v, truststore.CodeEnvironmentBundle, file) {
		t.Errorf("the variable is not said: %+v", v.Findings)
	}

	// The first that a program looks at counts, and one that leads nowhere is
	// no answer.
	m.Host.Environ["SSL_CERT_FILE"] = filepath.Join(w.dir, "missing.pem")
	v, _ = m.Verify(context.Background(), chain, truststore.VerifyOptions{})
	if got := answers(v); got["curl"] != truststore.AnswerTrusted || got["openssl"] != truststore.AnswerUnknown {
		t.Errorf("%v, exit %d", got, v.Exit)
	}
	m.Host.Environ["SSL_CERT_FILE"] = file
	delete(m.Host.Environ, "CURL_CA_BUNDLE")
	v, _ = m.Verify(context.Background(), chain, truststore.VerifyOptions{})
	for _, program := range []string{"curl", "openssl", "go"} {
		if got := answers(v); got[program] != truststore.AnswerTrusted {
			t.Errorf("%s: %v", program, got)
		}
	}
	// A program that reads a file of its own leaves the others where they are.
	m.Host.Environ["GIT_SSL_CAINFO"] = file
	v, _ = m.Verify(context.Background(), chain, truststore.VerifyOptions{})
	if n := len(v.Verdicts); n != 5 || !hasFinding(v, truststore.CodeEnvironmentBundle, "git") {
		t.Errorf("git's own file: %d verdicts, %+v", n, v.Findings)
	}
	delete(m.Host.Environ, "GIT_SSL_CAINFO")
	// What the file lacks, the system's directory may have.
	other := javatest.NewPKI(t)
	v, _ = m.Verify(context.Background(), [][]byte{other.Leaf.Raw, other.Issuing.Raw}, truststore.VerifyOptions{})
	if got := answers(v); got["openssl"] != truststore.AnswerUnknown {
		t.Errorf("of another root: %v", got)
	}
}

// A JVM reads jssecacerts in place of the cacerts beside it.
func TestVerifyJssecacertsWins(t *testing.T) {
	w, pki := newWorld(t), javatest.NewPKI(t)
	home, cacerts := w.javaHome("jdk")
	m := w.machine("test", home)
	goal := truststore.Goal{Name: "own", AnyPurpose: true, Want: []truststore.Want{{Certificate: pki.Root.Certificate}}}
	ensure(t, m, goal, truststore.ExitOK)
	chain := [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}
	if v, err := m.Verify(context.Background(), chain, truststore.VerifyOptions{}); err != nil || len(v.Verdicts) != 1 {
		t.Errorf("%v, %d verdicts", err, len(v.Verdicts))
	}
	empty := w.keystore("empty")
	other := filepath.Join(filepath.Dir(cacerts), "jssecacerts")
	if err := os.Rename(empty, other); err != nil {
		t.Fatal(err)
	}
	v, _ := m.Verify(context.Background(), chain, truststore.VerifyOptions{})
	if len(v.Verdicts) != 1 || v.Verdicts[0].Answer != truststore.AnswerRefused || !strings.HasSuffix(v.Verdicts[0].Store.Path, "jssecacerts") {
		t.Errorf("%+v", v.Verdicts)
	}
	if !hasFinding(v, truststore.CodeStoreShadowed, cacerts) {
		t.Errorf("%+v", v.Findings)
	}
	alone, _ := w.machine("test", cacerts).Verify(context.Background(), chain, truststore.VerifyOptions{})
	if len(alone.Verdicts) != 1 || alone.Verdicts[0].Answer != truststore.AnswerUnknown || !strings.Contains(alone.Verdicts[0].Why, "jssecacerts") {
		t.Errorf("by itself: %+v", alone.Verdicts)
	}
}

// The rules of Python changed with 3.13.
func TestVerifyAsVersion(t *testing.T) {
	pki := javatest.NewPKI(t)
	stores := []truststore.Store{truststore.NewBundle("anchors", [][]byte{pki.Issuing.Raw})}
	for version, want := range map[string]truststore.Answer{"3.12": truststore.AnswerRefused, "3.13": truststore.AnswerTrusted} {
		as, err := truststore.ParseProgram("python=" + version)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := newWorld(t).machine("test").Verify(context.Background(), [][]byte{pki.Leaf.Raw}, truststore.VerifyOptions{Stores: stores, As: &as})
		if got := v.Verdicts[0]; got.Answer != want || got.Version != version || got.Assumed != "" {
			t.Errorf("%s: %+v", version, got)
		}
	}
	for _, s := range []string{"python=x", "node=", "curl=7"} {
		if _, err := truststore.ParseProgram(s); !errors.Is(err, truststore.ErrOptions) {
			t.Errorf("%s: %v", s, err)
		}
	}
}

// One store of anchors is a pool; what a pool cannot say is none.
func TestVerifierCertPool(t *testing.T) {
	pki := javatest.NewPKI(t)
	m := newWorld(t).machine("test")
	bundle := truststore.NewBundle("anchors", [][]byte{pki.Root.Raw})
	pool := func(as string, stores ...truststore.Store) (*x509.CertPool, error) {
		v, err := m.NewVerifier(context.Background(), truststore.VerifyOptions{Stores: stores, As: &truststore.Program{Name: as}})
		if err != nil {
			t.Fatal(err)
		}
		return v.CertPool()
	}
	got, err := pool("go", bundle)
	if err != nil {
		t.Fatal(err)
	}
	intermediates := x509.NewCertPool()
	intermediates.AddCert(pki.Issuing.Certificate)
	if _, err := pki.Leaf.Verify(x509.VerifyOptions{Roots: got, Intermediates: intermediates}); err != nil {
		t.Error(err)
	}
	for name, err := range map[string]error{"a browser's": second(pool("firefox", bundle)), "two": second(pool("go", bundle, bundle))} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}

	v, err := m.NewVerifier(context.Background(), truststore.VerifyOptions{Stores: []truststore.Store{bundle}, ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		pki  *javatest.PKI
		want bool
	}{{pki, true}, {javatest.NewPKI(t), false}} {
		conn, err := tls.Dial("tcp", c.pki.Serve(t, c.pki.Issuing), &tls.Config{InsecureSkipVerify: true, VerifyPeerCertificate: v.VerifyPeerCertificate})
		if (err == nil) != c.want {
			t.Errorf("VerifyPeerCertificate: %v", err)
		}
		if err == nil {
			conn.Close()
		}
	}
}

func second[T any](_ T, err error) error { return err }

// An exception that a user of Firefox made counts, for its server and
// certificate alone.
func TestVerifyFirefoxExceptions(t *testing.T) {
	profile, pki := browser.NewProfile(t), javatest.NewPKI(t)
	s := profile.Start(t)
	address := browser.Serve(t, pki.Config(pki.Issuing))
	wantPage(t, "before", s.Navigate(address), firefoxRefuses)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.Atoi(u.Port())
	s.Except("localhost", port, pki.Leaf.Raw)
	wantPage(t, "excepted", s.Navigate(address), browser.Served)
	s.Quit()

	m := newWorld(t).machine("test", profile.Dir)
	verdict := func(leaf []byte, name string) truststore.Answer {
		v, _ := m.Verify(context.Background(), [][]byte{leaf, pki.Issuing.Raw}, truststore.VerifyOptions{ServerName: name})
		if len(v.Verdicts) != 1 {
			t.Fatalf("%+v", v)
		}
		return v.Verdicts[0].Answer
	}
	if got := verdict(pki.Leaf.Raw, "localhost"); got != truststore.AnswerTrusted {
		t.Errorf("the excepted server is %s", got)
	}
	if got := verdict(pki.Leaf.Raw, "127.0.0.1"); got == truststore.AnswerTrusted {
		t.Error("another name is trusted")
	}
	if got := verdict(bytes.Clone(javatest.NewPKI(t).Leaf.Raw), "localhost"); got == truststore.AnswerTrusted {
		t.Error("another certificate is trusted")
	}
}

// What a Chromium's profile itself trusts and distrusts, and what a CRLSet
// blocks, counts for us as for Chromium.
func TestVerifyChromiumProfileStore(t *testing.T) {
	chromium, pki := browser.Chromium(t), javatest.NewPKI(t)
	w := newWorld(t)
	home := filepath.Join(w.dir, "home")
	dir := filepath.Join(home, ".pki", "nssdb")
	if err := nss.Create(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	address := browser.Serve(t, pki.Config(pki.Issuing))
	store := filepath.Join(home, ".config", "chromium", "Default", "ServerCertificate")
	m := w.machine("test", dir)
	verdict := func() truststore.Verdict {
		opt := truststore.VerifyOptions{ServerName: "localhost"}
		v, _ := m.Verify(context.Background(), [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, opt)
		if len(v.Verdicts) != 1 || v.Verdicts[0].Program != "chromium" {
			t.Fatalf("%+v", v)
		}
		return v.Verdicts[0]
	}
	const trusted, distrusted, bound = "\x0a\x02\x08\x03", "\x0a\x02\x08\x02", "\x0a\x02\x08\x03\x12\x0c\x0a\x0aother.test"
	for _, c := range []struct {
		name     string
		der      []byte
		settings string
		want     truststore.Answer
	}{
		{"a trusted root", pki.Root.Raw, trusted, truststore.AnswerTrusted},
		{"a distrusted CA", pki.Issuing.Raw, distrusted, truststore.AnswerRefused},
		{"a root for another name", pki.Root.Raw, bound, truststore.AnswerRefused},
		{"a trusted server", pki.Leaf.Raw, trusted, truststore.AnswerTrusted},
	} {
		profileStore(t, store, c.der, []byte(c.settings))
		if got := verdict(); got.Answer != c.want || got.Profile != store {
			t.Errorf("%s: %+v", c.name, got)
		}
		want := browser.Served
		if page := chromium.Load(t, home, address); (page == want) != (c.want == truststore.AnswerTrusted) {
			t.Errorf("%s: Chromium shows %+v", c.name, page)
		}
	}

	write(t, store, []byte("no database"))
	if got := verdict(); got.Answer != truststore.AnswerUnknown || !strings.Contains(got.Why, store) {
		t.Errorf("%+v", got)
	}
	profileStore(t, store, pki.Root.Raw, []byte(trusted))
	key := sha256.Sum256(pki.Root.RawSubjectPublicKeyInfo)
	header := `{"ContentType":"CRLSet","Sequence":1,"BlockedSPKIs":["` + base64.StdEncoding.EncodeToString(key[:]) + `"]}`
	set := filepath.Join(home, ".config", "chromium", "CertificateRevocation", "9999", "crl-set")
	if err := os.MkdirAll(filepath.Dir(set), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, set, append([]byte{byte(len(header)), byte(len(header) >> 8)}, header...))
	revoked := func(when string) {
		t.Helper()
		if got := verdict(); got.Answer != truststore.AnswerRefused || got.Words != "NET::ERR_CERT_REVOKED" {
			t.Errorf("%s: %+v", when, got)
		}
	}
	revoked("blocked")
	older := filepath.Join(home, ".config", "chromium", "CertificateRevocation", "999", "crl-set")
	if err := os.MkdirAll(filepath.Dir(older), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, older, []byte("\x02\x00{}"))
	revoked("an older set blocks nothing")
}

// profileStore makes a profile's own store with one certificate, as Chromium does.
func profileStore(t *testing.T, path string, der, settings []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(path)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	id := sha256.Sum256(der)
	for _, statement := range []string{
		"CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR)",
		"INSERT INTO meta VALUES('version','1'),('last_compatible_version','1')",
		"CREATE TABLE certificates(sha256hash_hex TEXT PRIMARY KEY, der_cert BLOB NOT NULL, trust_settings BLOB NOT NULL)",
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec("INSERT INTO certificates VALUES(?,?,?)", hex.EncodeToString(id[:]), der, settings); err != nil {
		t.Fatal(err)
	}
}
