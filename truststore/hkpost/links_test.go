package hkpost_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // the oldest links
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// crypto/x509 refuses SHA-1 and expired issuers, so the signatures are checked
// directly with the issuer's key.
func TestEveryLinkIsSignedByItsIssuer(t *testing.T) {
	for _, c := range embedded(t) {
		child, issuer := parsed(t, c.Slug), parsed(t, c.Issuer)
		if !bytes.Equal(child.RawIssuer, issuer.RawSubject) {
			t.Errorf("%s names another issuer than %s", c.Slug, c.Issuer)
		}
		if err := checkSignature(child, issuer); err != nil {
			t.Errorf("%s is not signed by %s: %v", c.Slug, c.Issuer, err)
		}
		if c.Issuer != c.Slug && checkSignature(child, child) == nil {
			t.Errorf("%s is signed by itself", c.Slug)
		}
	}
}

func checkSignature(child, issuer *x509.Certificate) error {
	hash := crypto.SHA256
	if child.SignatureAlgorithm == x509.SHA1WithRSA {
		hash = crypto.SHA1
	}
	h := hash.New()
	h.Write(child.RawTBSCertificate)
	return rsa.VerifyPKCS1v15(issuer.PublicKey.(*rsa.PublicKey), hash, h.Sum(nil), child.Signature)
}

func TestServerProfileIsAChainThatGoAccepts(t *testing.T) {
	members, err := hkpost.Members(hkpost.Server, checked)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed(t, members[0].Slug))
	for _, m := range members[1:] {
		_, err := parsed(t, m.Slug).Verify(x509.VerifyOptions{
			Roots: roots, CurrentTime: checked, KeyUsages: m.Purposes,
		})
		if err != nil {
			t.Errorf("%s: %v", m.Slug, err)
		}
	}
}

func TestOpenSSLAgrees(t *testing.T) {
	openssl := oracle.Need(t, "openssl")
	dir := t.TempDir()
	for _, c := range embedded(t) {
		writePEM(t, dir, c)
	}
	for _, c := range embedded(t) {
		t.Run(c.Slug, func(t *testing.T) {
			file := filepath.Join(dir, c.Slug+".pem")
			out := run(t, openssl, "verify", "-partial_chain", "-no_check_time", "-auth_level", "0",
				"-trusted", filepath.Join(dir, c.Issuer+".pem"), file)
			if !strings.Contains(out, ": OK") {
				t.Errorf("openssl verify: %s", out)
			}
			_, shown, _ := strings.Cut(run(t, openssl, "x509", "-in", file, "-noout", "-fingerprint", "-sha256"), "=")
			got, err := hkpost.ParseFingerprint(strings.TrimSpace(shown))
			if err != nil || got != c.SHA256 {
				t.Errorf("openssl's fingerprint is %q (%v), ours %s", shown, err, c.SHA256)
			}
		})
	}
}

func writePEM(t *testing.T, dir string, c hkpost.Certificate) {
	t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER()})
	if err := os.WriteFile(filepath.Join(dir, c.Slug+".pem"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
	return string(out)
}
