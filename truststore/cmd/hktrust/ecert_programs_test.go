package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/ecert"
	"github.com/hktrust/hktrust/truststore/host"
)

// What the command says of Java and of a browser's database is what keytool and
// certutil make of the e-Cert with them.
func TestECertPrograms(t *testing.T) {
	certutil := oracle.Need(t, "certutil")
	jre, jdk := javatest.JRE(t), javatest.JDKs(t)[0]
	profile := t.TempDir()
	run := func(args ...string) (string, bool) {
		out, err := exec.Command(certutil, append([]string{"-d", "sql:" + profile}, args...)...).CombinedOutput()
		return string(out), err == nil
	}
	fixture := func(name string) string { return filepath.Join(ecertFixtures, name+".pem") }
	if out, ok := run("-N", "--empty-password"); !ok {
		t.Fatal(out)
	}
	if out, ok := run("-A", "-a", "-n", "leaf", "-t", ",,", "-i", fixture("personal")); !ok {
		t.Fatal(out)
	}
	// An importing keytool asks nothing of what leads to a certificate in
	// the keystore, and refuses the rest where nobody answers.
	javaKnows := func() bool {
		copied := filepath.Join(t.TempDir(), "cacerts")
		data, err := os.ReadFile(jre.Cacerts())
		if err == nil {
			err = os.WriteFile(copied, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		out, _ := jdk.TryKeytool("-importcert", "-alias", "leaf", "-file", fixture("personal"), "-keystore", copied, "-storepass", "changeit")
		return strings.Contains(out, "Certificate was added")
	}
	browserKnows := func() bool {
		_, ok := run("-V", "-n", "leaf", "-u", "S", "-b", "261126120000Z")
		return ok
	}
	compare := func(want bool) {
		t.Helper()
		said := askedPrograms(t, jre.Home, profile)
		if len(said) != 2 {
			t.Fatalf("%+v", said)
		}
		for _, p := range said {
			real := map[truststore.Kind]func() bool{truststore.KindJava: javaKnows, truststore.KindNSS: browserKnows}[p.Kind]()
			if real != want || (len(p.Missing) == 0) != want {
				t.Errorf("%s knows the e-Cert: %v, not %v; said %+v", p.Kind, real, want, p)
			}
		}
	}
	compare(false)
	// One generation of the issuing CA will do.
	for slug, flags := range map[string]string{"root-2": ",C,", "ca-2-17-old": ",,"} {
		addForAllNSS(t, profile, slug, flags)
		jdk.Keytool(t, "-importcert", "-noprompt", "-alias", slug, "-file", fixture(slug), "-keystore", jre.Cacerts(), "-storepass", "changeit")
	}
	compare(true)
}

// addForAllNSS adds a CA with trust that NSS of every release reads: certutil of
// the newest writes it for the newest.
func addForAllNSS(t *testing.T, profile, slug, flags string) {
	t.Helper()
	trust, err := nss.ParseTrust(flags)
	if err != nil {
		t.Fatal(err)
	}
	db, err := nss.Open(profile, nss.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Apply(t.Context(), []nss.Change{{Op: nss.Add, DER: pemFile(t, slug).Raw, Nickname: slug, Trust: &trust}}); err != nil {
		t.Fatal(err)
	}
}

// askedPrograms inspects an e-Cert and asks the programs of one Java and one
// profile.
func askedPrograms(t *testing.T, javaHome, profile string) []ecertProgram {
	t.Helper()
	a := &app{stdin: strings.NewReader(ecertPIN), stdout: new(bytes.Buffer), stderr: new(bytes.Buffer), text: english()}
	r := newECertInspection(a)
	r.inspector = ecert.Inspector{Authorities: ecertAuthorities(t), Host: &host.Host{Clock: ecertToday}}
	r.stores.javaHomes, r.stores.profileDirs = []string{javaHome}, []string{profile}
	r.goal = func(time.Time) (truststore.Goal, error) {
		return truststore.Goal{Name: "test", Want: []truststore.Want{
			{Certificate: pemFile(t, "root-2"), Purposes: []truststore.Purpose{truststore.EmailProtection}},
			{Certificate: pemFile(t, "ca-2-17-old"), ChainOnly: true},
			{Certificate: pemFile(t, "ca-2-17"), ChainOnly: true},
		}}, nil
	}
	password := ecertPIN
	in, err := r.file(t.Context(), ecertFile("openssl"), &password)
	if err != nil || len(in.Identities) != 1 {
		t.Fatalf("%+v, %v", in, err)
	}
	programs, err := r.askPrograms(t.Context(), []*ecert.Inspection{in})
	if err != nil {
		t.Fatal(err)
	}
	return programs
}

func pemFile(t *testing.T, slug string) *x509.Certificate {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(ecertFixtures, slug+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
