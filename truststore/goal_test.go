package truststore_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

// opensslCA makes a self-signed CA certificate with options that Go refuses to
// make one with.
func opensslCA(t *testing.T, options ...string) *x509.Certificate {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key.pem")
	args := append([]string{"req", "-x509", "-nodes", "-keyout", key, "-outform", "DER", "-days", "3650",
		"-subj", "/CN=Test CA", "-addext", "basicConstraints=critical,CA:TRUE"}, options...)
	cmd := exec.Command(oracle.Need(t, "openssl"), args...)
	der, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl: %v\n%s", err, err.(*exec.ExitError).Stderr)
	}
	return parse(der)
}

// issued makes a CA certificate with the issuer and serial number of a revoked
// one, and nothing else of it.
func issued(t *testing.T, issuer *x509.Certificate, serial string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := new(big.Int).SetString(serial, 16)
	template := x509.Certificate{
		SerialNumber: n, Subject: pkix.Name{CommonName: "Another encoding"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &x509.Certificate{RawSubject: issuer.RawSubject}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return parse(der)
}

func TestRefusals(t *testing.T) {
	pki := javatest.NewPKI(t)
	root3, _ := hkpost.BySlug("root-ca-3")
	issuer, err := root3.X509()
	if err != nil {
		t.Fatal(err)
	}
	revoked, _ := hkpost.BySlug("ecert-ssl-ca-3-17-2017")
	now := time.Now().Add(time.Minute)
	plain := truststore.Acceptance{}
	for name, test := range map[string]struct {
		want   truststore.Want
		at     time.Time
		codes  []truststore.Code
		accept truststore.Acceptance
	}{
		"root":                  {truststore.Want{Certificate: pki.Root.Certificate}, now, nil, plain},
		"expired":               {truststore.Want{Certificate: pki.Root.Certificate}, now.AddDate(20, 0, 0), []truststore.Code{truststore.CodeExpired}, truststore.Acceptance{Expired: true}},
		"not yet valid":         {truststore.Want{Certificate: pki.Root.Certificate}, now.AddDate(-20, 0, 0), []truststore.Code{truststore.CodeNotYetValid}, truststore.Acceptance{Expired: true}},
		"known by its serial":   {truststore.Want{Certificate: issued(t, issuer, revoked.Serial), ChainOnly: true}, now, []truststore.Code{truststore.CodeKnownBad}, truststore.Acceptance{Revoked: true}},
		"another serial":        {truststore.Want{Certificate: issued(t, issuer, "1234"), ChainOnly: true}, now, nil, plain},
		"SHA-1":                 {truststore.Want{Certificate: opensslCA(t, "-newkey", "rsa:2048", "-sha1")}, now, []truststore.Code{truststore.CodeWeak}, truststore.Acceptance{Weak: true}},
		"RSA 1024":              {truststore.Want{Certificate: opensslCA(t, "-newkey", "rsa:1024", "-sha256")}, now, []truststore.Code{truststore.CodeWeak}, truststore.Acceptance{Weak: true}},
		"RSA 2048":              {truststore.Want{Certificate: opensslCA(t, "-newkey", "rsa:2048", "-sha256")}, now, nil, plain},
		"leaf":                  {truststore.Want{Certificate: pki.Leaf.Certificate, ChainOnly: true}, now, []truststore.Code{truststore.CodeNotCA}, plain},
		"leaf as an anchor":     {truststore.Want{Certificate: pki.Leaf.Certificate}, now, []truststore.Code{truststore.CodeNotCA}, plain},
		"issuing CA":            {truststore.Want{Certificate: pki.Issuing.Certificate, ChainOnly: true}, now, nil, plain},
		"issuing CA, anchor":    {truststore.Want{Certificate: pki.Issuing.Certificate}, now, []truststore.Code{truststore.CodeNotAnchor}, plain},
		"issuing CA, as anchor": {truststore.Want{Certificate: pki.Issuing.Certificate}, now, []truststore.Code{truststore.CodeNotAnchor}, truststore.Acceptance{NotSelfSigned: true}},
	} {
		t.Run(name, func(t *testing.T) {
			goal := truststore.Goal{Name: "own", Want: []truststore.Want{test.want}}
			if got := refusalCodes(goal.Refusals(test.at)); !slices.Equal(got, test.codes) {
				t.Errorf("refused for %v, want %v", got, test.codes)
			}
			if test.accept == plain {
				return
			}
			goal.Accept = test.accept
			if got := refusalCodes(goal.Refusals(test.at)); len(got) > 0 {
				t.Errorf("accepted, and yet refused for %v", got)
			}
			goal.Accept = truststore.Acceptance{Expired: !test.accept.Expired, Revoked: !test.accept.Revoked, Weak: !test.accept.Weak}
			if got := refusalCodes(goal.Refusals(test.at)); !slices.Equal(got, test.codes) {
				t.Errorf("something else is accepted, and that is not refused: %v", got)
			}
		})
	}
}

func refusalCodes(refusals []truststore.Refusal) []truststore.Code {
	var out []truststore.Code
	for _, r := range refusals {
		for _, c := range r.Conditions {
			out = append(out, c.Code)
		}
	}
	return out
}

// Every profile but the FAQ's is accepted as it is today.
func TestProfilesOfToday(t *testing.T) {
	for _, p := range hkpost.Profiles() {
		refused := len(profileGoal(t, p).Refusals(time.Now())) > 0
		if refused != (p == hkpost.FAQ2021) {
			t.Errorf("profile %s: refused=%v", p, refused)
		}
	}
}

// What is no goal is an error, never a panic, and nothing is done.
func TestGoalsThatAreNone(t *testing.T) {
	w := newWorld(t)
	store := w.keystore("cacerts")
	m := w.machine("test", store)
	root := javatest.NewPKI(t).Root.Certificate
	for name, goal := range map[string]truststore.Goal{
		"empty":           {},
		"no certificate":  {Want: []truststore.Want{{}}},
		"nothing to want": {Absent: []truststore.CertRef{{}}},
		"contradiction":   {Want: []truststore.Want{{Certificate: root}}, Absent: []truststore.CertRef{truststore.RefOf(root)}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := m.Ensure(context.Background(), goal)
			if sound(t, r, err); r.Exit != truststore.ExitFailed && r.Exit != truststore.ExitUsage || r.Changed {
				t.Errorf("exit %d, changed=%v", r.Exit, r.Changed)
			}
			goal.Refusals(time.Now())
		})
	}
	wantBytes(t, store, openJDKRoots(t))
}

func TestEntryName(t *testing.T) {
	for cn, prefix := range map[string]string{
		"Hongkong Post Root CA 3":  "hktrust-hongkong-post-root-ca-3-",
		"香港郵政":                     "hktrust-ca-",
		"":                         "hktrust-ca-",
		"  A:B [jdk]  ":            "hktrust-a-b-jdk-",
		strings.Repeat("long ", 9): "hktrust-" + strings.TrimSuffix(strings.Repeat("long-", 8), "-") + "-",
	} {
		cert := opensslNamed(t, cn)
		name := truststore.EntryName(cert)
		if rest, ok := strings.CutPrefix(name, prefix); !ok || len(rest) != 16 {
			t.Errorf("%q becomes %q", cn, name)
		}
	}
}

func opensslNamed(t *testing.T, cn string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: cn}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return parse(der)
}

// An entry that Java does not see, because its alias is not in lower case, is
// no trust: a JVM rejects the server until we have added the certificate.
func TestEntryThatJavaDoesNotSee(t *testing.T) {
	w := newWorld(t)
	jre := javatest.JRE(t)
	pki := javatest.NewPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	alias := "a-name-that-becomes-upper-case"
	importCert(t, jre.Cacerts(), alias, pki.Root)
	data := strings.Replace(string(read(t, jre.Cacerts())), alias, strings.ToUpper(alias), 1)
	original := withDigest([]byte(data), "changeit")
	write(t, jre.Cacerts(), original)
	wantTLS(t, jre, addr, false)
	m := w.machine("test", jre.Cacerts())
	check(t, m, ownGoal(pki.Root), truststore.ExitWrong)
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	wantTLS(t, jre, addr, true)
	undo(t, m, truststore.ExitOK)
	wantBytes(t, jre.Cacerts(), original)
}

// A process without a home directory, as in many a container, can still ask.
func TestWithoutAHome(t *testing.T) {
	w := newWorld(t)
	store := w.keystore("cacerts")
	m := w.machine("test", store)
	m.Host = &host.Host{Account: &host.User{UID: 54321}, Environ: map[string]string{}}
	check(t, m, serverGoal(t), truststore.ExitWrong)
	r, err := m.List(context.Background(), truststore.ListOptions{})
	wantExit(t, sound(t, r, err), truststore.ExitOK)
	// To change something it needs a place for receipts.
	if r := ensure(t, m, serverGoal(t), truststore.ExitFailed); r.Changed {
		t.Error("changed without a receipt")
	}
	wantBytes(t, store, openJDKRoots(t))
	undo(t, m, truststore.ExitFailed) // who knows what was done
}

// With a HOME that is somebody else's, as runuser(1) leaves it, asking works.
func TestWithAForeignHome(t *testing.T) {
	oracle.NeedRoot(t)
	i := newImage(t)
	store := i.keystore("cacerts")
	if err := os.Chmod(i.path("/root"), 0o700); err != nil {
		t.Fatal(err)
	}
	i.give("/home/amy")
	request := job{Dir: i.dir, Store: store, UserHome: i.path("/root"), List: true}
	if out, err := request.as(amy); err != nil {
		t.Errorf("list: %v\n%s", err, out)
	}
	if out, err := (job{Dir: i.dir, Store: store, UserHome: i.path("/root"), Undo: true}).as(amy); err == nil {
		t.Errorf("undo knew what to undo:\n%s", out)
	}
}

// Other errors of the ledger are failures, and nothing is done without it.
func TestLedgerThatFails(t *testing.T) {
	w := newWorld(t)
	store := w.keystore("cacerts")
	m := w.machine("test", store)
	write(t, w.state, []byte("a file"))
	r := ensure(t, m, serverGoal(t), truststore.ExitFailed)
	if failure := (*truststore.StoreError)(nil); !errors.As(r.Err, &failure) || failure.Info.Kind != "ledger" {
		t.Errorf("%v", r.Err)
	}
	wantBytes(t, store, openJDKRoots(t))
}
