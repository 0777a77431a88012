package winstore

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// These tests change the machine's real stores, with certificates of their
// own, and take them out again. They run under Wine, and where
// HKTRUST_TEST_SYSTEM_STORE is set: on a machine made for tests.
func realStores(t *testing.T) *System {
	t.Helper()
	if os.Getenv("WINEPREFIX") == "" && os.Getenv("HKTRUST_TEST_SYSTEM_STORE") == "" {
		t.Skip("NOT TESTED: HKTRUST_TEST_SYSTEM_STORE is not set")
	}
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if !s.Elevated() {
		t.Skip("NOT TESTED, missing: an elevated process")
	}
	return s
}

// pki is a root, an issuing CA and a server. Wine fails at random with ECDSA.
type pki struct {
	root, issuing, leaf *x509.Certificate
	key                 *rsa.PrivateKey
}

func newPKI(t *testing.T) pki {
	t.Helper()
	var p pki
	make := func(template, parent *x509.Certificate, signer *rsa.PrivateKey) (*x509.Certificate, *rsa.PrivateKey) {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		must(t, err)
		template.SerialNumber, _ = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		template.BasicConstraintsValid = true
		if parent == nil {
			parent, signer = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
		must(t, err)
		c, err := x509.ParseCertificate(der)
		must(t, err)
		return c, key
	}
	ca := func(name string) *x509.Certificate {
		return &x509.Certificate{Subject: pkix.Name{CommonName: name + " of an hktrust test"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}
	}
	root, rootKey := make(ca("Root"), nil, nil)
	issuing, issuingKey := make(ca("Issuing CA"), root, rootKey)
	leaf, key := make(&x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, KeyUsage: x509.KeyUsageDigitalSignature,
	}, issuing, issuingKey)
	p = pki{root, issuing, leaf, key}
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// apply makes changes and takes additions out again when the test ends.
func apply(t *testing.T, s *System, changes ...Change) []Result {
	t.Helper()
	results, err := s.Apply(t.Context(), changes)
	must(t, err)
	for _, r := range results {
		if r.Changed && !r.Remove {
			t.Cleanup(func() {
				if _, err := s.make(t.Context(), Change{Place: r.Place, DER: r.DER, Remove: true}); err != nil && t.Context().Err() == nil {
					t.Error(err)
				}
				s.api.remove(r.Place, r.DER)
			})
		}
	}
	return results
}

func state(t *testing.T, s *System, c *x509.Certificate) State {
	t.Helper()
	contents, err := s.Read(t.Context())
	must(t, err)
	for _, err := range contents.Unread {
		t.Error(err)
	}
	return contents.State(c.Raw, ServerAuth, false)
}

func TestLiveAddReadRemoveRestore(t *testing.T) {
	s := realStores(t)
	p := newPKI(t)
	for _, place := range []Place{{Machine, Root}, {Machine, CA}, {User, CA}} {
		add := Change{Place: place, DER: p.root.Raw, Usage: LimitedTo(ServerAuth, ClientAuth), FriendlyName: "hktrust 測試"}
		if r := apply(t, s, add); !r[0].Changed {
			t.Errorf("%s: the first addition changed nothing", place)
		}
		if r := apply(t, s, add); r[0].Changed {
			t.Errorf("%s: the second addition changed something", place)
		}
		entry := at(t, s, place, p.root)
		if entry.FriendlyName != add.FriendlyName || !reflect.DeepEqual(entry.Usage, add.Usage) {
			t.Errorf("%s: %q, %+v", place, entry.FriendlyName, entry.Usage)
		}
		remove := Change{Place: place, DER: p.root.Raw, Remove: true}
		removed := apply(t, s, remove)
		if at(t, s, place, p.root) != nil || !removed[0].Changed {
			t.Fatalf("%s: still there", place)
		}
		if r := apply(t, s, remove); r[0].Changed {
			t.Errorf("%s: removed twice", place)
		}
		apply(t, s, Change{Place: place, DER: p.root.Raw, Element: removed[0].Before.Element})
		if back := at(t, s, place, p.root); back == nil || !bytes.Equal(back.Element, entry.Element) {
			t.Errorf("%s: the entry is not what it was", place)
		}
	}
}

func at(t *testing.T, s *System, p Place, c *x509.Certificate) *Certificate {
	t.Helper()
	found, err := s.at(p)
	must(t, err)
	return find(found, c.Raw)
}

func TestLiveStatesAndOrder(t *testing.T) {
	s := realStores(t)
	p := newPKI(t)
	if got := state(t, s, p.root); got.Level != Absent {
		t.Fatalf("before: %+v", got)
	}
	apply(t, s, Change{Place: Place{Machine, CA}, DER: p.root.Raw})
	if got := state(t, s, p.root); got.Level != Present {
		t.Errorf("as an intermediate: %+v", got)
	}
	apply(t, s, Change{Place: Place{Machine, Root}, DER: p.root.Raw, Usage: LimitedTo(EmailProtection)})
	if got := state(t, s, p.root); got.Level != Present {
		t.Errorf("for mail: %+v", got)
	}
	apply(t, s, Change{Place: Place{Machine, Root}, DER: p.root.Raw, Remove: true})
	apply(t, s, Change{Place: Place{Machine, Root}, DER: p.root.Raw, Usage: LimitedTo(ServerAuth)})
	if got := state(t, s, p.root); got.Level != Explicit || got.By.Place != (Place{Machine, Root}) {
		t.Errorf("for servers: %+v", got)
	}
	must(t, s.api.add(Place{Machine, Disallowed}, encodeElement(p.root.Raw, Usage{}, "")))
	defer s.api.remove(Place{Machine, Disallowed}, p.root.Raw)
	if got := state(t, s, p.root); got.Level != Distrusted {
		t.Errorf("disallowed: %+v", got)
	}
	_, err := s.Apply(t.Context(), []Change{{Place: Place{User, CA}, DER: p.root.Raw}})
	wantIs(t, err, ErrDistrusted)
}

func TestLiveRefusesWhatIsNoCertificate(t *testing.T) {
	s := realStores(t)
	_, err := s.Apply(t.Context(), []Change{{Place: Place{Machine, CA}, DER: []byte("no certificate")}})
	if err == nil {
		t.Error("no error")
	}
	t.Log(err)
	if _, err := s.Verify(t.Context(), Query{Chain: [][]byte{[]byte("junk")}}); err == nil {
		t.Error("no error")
	}
	if _, err := s.Verify(t.Context(), Query{}); err == nil {
		t.Error("no error")
	}
}

func TestLiveVerdictFollowsTheStores(t *testing.T) {
	s := realStores(t)
	p := newPKI(t)
	ask := func(name string, chain ...*x509.Certificate) Verdict {
		t.Helper()
		var ders [][]byte
		for _, c := range chain {
			ders = append(ders, c.Raw)
		}
		v, err := s.Verify(t.Context(), Query{Chain: ders, DNSName: name})
		must(t, err)
		return v
	}
	want := func(v Verdict, reasons ...string) {
		t.Helper()
		if v.Trusted() != (len(reasons) == 0) || !slices.Equal(v.Reasons(), reasons) {
			t.Errorf("verdict %+v, reasons %q, want %q", v, v.Reasons(), reasons)
		}
	}
	if v := ask("localhost", p.leaf, p.issuing, p.root); v.Trusted() {
		t.Errorf("not installed: %+v", v)
	}
	apply(t, s, Change{Place: Place{Machine, Root}, DER: p.root.Raw, Usage: LimitedTo(ServerAuth)})
	want(ask("localhost", p.leaf, p.issuing))
	want(ask("other.example", p.leaf, p.issuing), "wrong-name")
	if v := ask("localhost", p.leaf); v.Trusted() || !slices.Contains(v.Reasons(), "partial-chain") {
		t.Errorf("without the issuing CA: %+v", v)
	}
	apply(t, s, Change{Place: Place{Machine, CA}, DER: p.issuing.Raw})
	v := ask("localhost", p.leaf)
	want(v)
	if len(v.Path) != 3 || !bytes.Equal(v.Path[2], p.root.Raw) {
		t.Errorf("a chain of %d", len(v.Path))
	}
	alone, err := s.Verify(t.Context(), Query{Chain: [][]byte{p.root.Raw}, Purpose: ServerAuth})
	must(t, err)
	want(alone)
	broken := slices.Clone(p.leaf.Raw)
	broken[len(broken)-1] ^= 1
	bad, err := s.Verify(t.Context(), Query{Chain: [][]byte{broken}, Purpose: ServerAuth})
	must(t, err)
	if !slices.Contains(bad.Reasons(), "bad-signature") {
		t.Errorf("broken signature: %q", bad.Reasons())
	}
}

// TestLiveClient is another process: Go's own verifier asks the system, which
// keeps an engine a process.
func TestLiveClient(t *testing.T) {
	url := os.Getenv("HKTRUST_TEST_URL")
	if url == "" {
		t.Skip("not a test of its own")
	}
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
}

// Success is what another program sees.
func TestLiveAnotherProgramTrusts(t *testing.T) {
	s := realStores(t)
	p := newPKI(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{p.leaf.Raw, p.issuing.Raw}, PrivateKey: p.key}}}
	server.StartTLS()
	defer server.Close()
	url := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	accepted := func() error {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLiveClient$")
		cmd.Env = append(os.Environ(), "HKTRUST_TEST_URL="+url)
		out, err := cmd.CombinedOutput()
		if err != nil && !strings.Contains(string(out), "certificate") {
			return errors.Join(err, errors.New(string(out)))
		}
		return err
	}
	if accepted() == nil {
		t.Fatal("accepted before")
	}
	change := Change{Place: Place{Machine, Root}, DER: p.root.Raw, Usage: LimitedTo(ServerAuth)}
	apply(t, s, change)
	if err := accepted(); err != nil {
		t.Errorf("refused: %v", err)
	}
	change.Remove = true
	apply(t, s, change)
	if accepted() == nil {
		t.Error("accepted after the removal")
	}
}
