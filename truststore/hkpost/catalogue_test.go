package hkpost_test

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

func TestEmbeddedBytesMatchTheTable(t *testing.T) {
	for _, c := range embedded(t) {
		t.Run(c.Slug, func(t *testing.T) {
			if got := hkpost.FingerprintOf(c.DER()); got != c.SHA256 {
				t.Fatalf("SHA-256 of the bytes is %s, the table says %s", got, c.SHA256)
			}
			x, err := c.X509()
			if err != nil {
				t.Fatal(err)
			}
			key, ok := x.PublicKey.(*rsa.PublicKey)
			if !ok {
				t.Fatalf("key is a %T", x.PublicKey)
			}
			equal(t, "key", hex.EncodeToString(sum(x.RawSubjectPublicKeyInfo)), c.KeySHA256.String())
			equal(t, "key bits", key.N.BitLen(), c.KeyBits)
			equal(t, "common name", x.Subject.CommonName, c.CommonName)
			equal(t, "serial", hex.EncodeToString(x.SerialNumber.Bytes()), c.Serial)
			equal(t, "signature", x.SignatureAlgorithm, c.Signature)
			equal(t, "not before", x.NotBefore, c.NotBefore)
			equal(t, "not after", x.NotAfter, c.NotAfter)
			equal(t, "is a CA", x.IsCA, true)
			for _, p := range c.Purposes {
				if len(x.ExtKeyUsage) > 0 && !slices.Contains(x.ExtKeyUsage, p) {
					t.Errorf("purpose %v is not permitted by the certificate (%v)", p, x.ExtKeyUsage)
				}
			}
		})
	}
}

func TestEveryFileIsARow(t *testing.T) {
	files, err := os.ReadDir("certs")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		slug, ok := strings.CutSuffix(f.Name(), ".pem")
		if c, known := hkpost.BySlug(slug); !ok || !known || !c.Embedded {
			t.Errorf("certs/%s has no row", f.Name())
		}
	}
	equal(t, "embedded certificates", len(embedded(t)), len(files))
}

func TestTableIsWellFormed(t *testing.T) {
	slugs, serials := map[string]bool{}, map[[2]string]bool{}
	fingerprints := map[hkpost.Fingerprint]bool{}
	for _, c := range hkpost.Certificates() {
		if slugs[c.Slug] || fingerprints[c.SHA256] || serials[[2]string{c.Issuer, c.Serial}] {
			t.Errorf("%s: slug, fingerprint, or issuer and serial occur twice", c.Slug)
		}
		slugs[c.Slug], fingerprints[c.SHA256], serials[[2]string{c.Issuer, c.Serial}] = true, true, true
		if !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(c.Slug) {
			t.Errorf("slug %q", c.Slug)
		}
		if !regexp.MustCompile(`^([0-9a-f]{2})+$`).MatchString(c.Serial) {
			t.Errorf("%s: serial %q", c.Slug, c.Serial)
		}
		if !c.NotBefore.Before(c.NotAfter) || len(c.Purposes) == 0 || c.Source == "" {
			t.Errorf("%s: dates, purposes or source are missing", c.Slug)
		}
		issuer, ok := hkpost.BySlug(c.Issuer)
		if !ok || issuer.Role != hkpost.RoleRoot {
			t.Errorf("%s: issuer %q is no root of the table", c.Slug, c.Issuer)
		}
		if (c.Role == hkpost.RoleRoot) != (c.Issuer == c.Slug) {
			t.Errorf("%s: a %s issued by %s", c.Slug, c.Role, c.Issuer)
		}
	}
}

func TestSuccessorsAreCurrent(t *testing.T) {
	for _, c := range hkpost.Certificates() {
		if (c.Successor == "") != c.SupersededOn.IsZero() {
			t.Errorf("%s: successor %q since %v", c.Slug, c.Successor, c.SupersededOn)
		}
		if c.Successor == "" {
			continue
		}
		next, ok := hkpost.BySlug(c.Successor)
		if !ok || next.Successor != "" || len(next.Condition(checked)) != 0 || !next.Embedded {
			t.Errorf("%s: successor %s is not a current, embedded certificate", c.Slug, c.Successor)
		}
	}
}

// The reissues of 2025 and 2026 are the reason why certificates are told apart
// by fingerprint alone.
func TestReissuesShareNameAndKey(t *testing.T) {
	for _, pair := range [][2]string{
		{"ecert-ssl-ca-3-17-2017", "ecert-ssl-ca-3-17-2025"},
		{"ecert-ev-ssl-ca-3-17-2017", "ecert-ev-ssl-ca-3-17-2025"},
		{"ecert-ca-2-15-2015", "ecert-ca-2-15-2026-05-07"},
		{"ecert-ca-2-15-2015", "ecert-ca-2-15-2026-07-07"},
		{"ecert-ca-2-17-2017", "ecert-ca-2-17-2026-05-07"},
		{"ecert-ca-2-19-2019", "ecert-ca-2-19-2026-05-07"},
		{"root-ca-3", "root-ca-3-cross-by-globalsign-r3-2022"},
	} {
		a, b := bySlug(t, pair[0]), bySlug(t, pair[1])
		if a.KeySHA256 != b.KeySHA256 || a.CommonName != b.CommonName || a.SHA256 == b.SHA256 {
			t.Errorf("%s and %s do not share name and key alone", a.Slug, b.Slug)
		}
	}
}

func TestBytesThatAreNotHeld(t *testing.T) {
	c := bySlug(t, "ecert-ssl-ca-3-17-2017")
	if _, err := c.X509(); !errors.Is(err, hkpost.ErrNotEmbedded) || c.DER() != nil || c.Embedded {
		t.Errorf("X509: %v, DER of %d bytes, embedded %v", err, len(c.DER()), c.Embedded)
	}
	if _, err := (hkpost.Certificate{Slug: "../certs/root-ca-1"}).X509(); !errors.Is(err, hkpost.ErrNotEmbedded) {
		t.Errorf("a slug that is a path: %v", err)
	}
}

func TestResultsBelongToTheCaller(t *testing.T) {
	c := bySlug(t, "root-ca-3")
	c.Purposes[0] = x509.ExtKeyUsageCodeSigning
	clear(c.DER())
	for _, c := range hkpost.Certificates() {
		clear(c.Purposes)
	}
	again := bySlug(t, "root-ca-3")
	if again.Purposes[0] != x509.ExtKeyUsageServerAuth || hkpost.FingerprintOf(again.DER()) != again.SHA256 {
		t.Error("a caller changed the catalogue")
	}
}

func TestUnknownIsNotFound(t *testing.T) {
	if c, ok := hkpost.Lookup(hkpost.Fingerprint{}); ok {
		t.Errorf("zero fingerprint: %v", c)
	}
	if c, ok := hkpost.BySlug(""); ok {
		t.Errorf("empty slug: %v", c)
	}
}

// checked is a moment on the catalogue's date.
var checked = func() time.Time {
	day, err := time.Parse(time.DateOnly, hkpost.CatalogueDate)
	if err != nil {
		panic(err)
	}
	return day
}()

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func embedded(t *testing.T) []hkpost.Certificate {
	t.Helper()
	out := slices.DeleteFunc(hkpost.Certificates(), func(c hkpost.Certificate) bool { return !c.Embedded })
	if len(out) == 0 {
		t.Fatal("no certificate is embedded")
	}
	return out
}

func bySlug(t *testing.T, slug string) hkpost.Certificate {
	t.Helper()
	c, ok := hkpost.BySlug(slug)
	if !ok {
		t.Fatalf("no certificate %q", slug)
	}
	return c
}

func parsed(t *testing.T, slug string) *x509.Certificate {
	t.Helper()
	x, err := bySlug(t, slug).X509()
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func sum(b []byte) []byte {
	h := sha256.Sum256(b)
	return h[:]
}
