package truststore_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// reissue makes an issuing CA as the root of a test would issue it.
func reissue(t *testing.T, root javatest.Certificate, alter func(*x509.Certificate), key any) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2027), Subject: pkix.Name{CommonName: "Issuing CA of 2027"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(5, 0, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	if alter != nil {
		alter(template)
	}
	if key == nil {
		made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		key = made.Public()
	}
	der, err := x509.CreateCertificate(rand.Reader, template, root.Certificate, key, root.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestLearnWantsARootsSignature(t *testing.T) {
	pki, other := javatest.NewPKI(t), javatest.NewPKI(t)
	goal := truststore.Goal{Name: "own", Want: []truststore.Want{{Certificate: pki.Root.Certificate}}}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	year := func(n int) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = c.NotBefore.AddDate(n, 0, 0), c.NotBefore.AddDate(n+1, 0, 0)
		}
	}
	for name, test := range map[string]struct {
		der    []byte
		learnt int
		codes  []truststore.Code
	}{
		"good":            {reissue(t, pki.Root, nil, nil), 1, nil},
		"another's":       {reissue(t, other.Root, nil, nil), 0, nil},
		"a leaf":          {reissue(t, pki.Root, func(c *x509.Certificate) { c.IsCA = false }, nil), 0, nil},
		"the root":        {pki.Root.Raw, 0, nil},
		"a root's name":   {reissue(t, pki.Root, func(c *x509.Certificate) { c.Subject = pki.Root.Subject }, nil), 0, nil},
		"no certificate":  {[]byte("no"), 0, nil},
		"expired":         {reissue(t, pki.Root, year(-3), nil), 1, []truststore.Code{truststore.CodeExpired}},
		"not yet valid":   {reissue(t, pki.Root, year(3), nil), 1, []truststore.Code{truststore.CodeNotYetValid}},
		"short key":       {reissue(t, pki.Root, nil, weak.Public()), 1, []truststore.Code{truststore.CodeWeak}},
		"for mail":        {reissue(t, pki.Root, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }, nil), 1, []truststore.Code{truststore.CodeLearnUsage}},
		"for servers":     {reissue(t, pki.Root, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }, nil), 1, nil},
		"may not sign":    {reissue(t, pki.Root, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageCRLSign }, nil), 1, []truststore.Code{truststore.CodeLearnUsage}},
		"catalogue's own": {mustDER(t, "ecert-ssl-ca-3-17-2025"), 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := goal.Learn([][]byte{test.der})
			if len(got.Learnt()) != test.learnt || len(goal.Want) != 1 {
				t.Errorf("%d learnt", len(got.Learnt()))
			}
			got.Accept = truststore.Acceptance{Expired: true, Revoked: true, Weak: true} // which is for others
			if codes := refusalCodes(got.Refusals(time.Now())); !slices.Equal(codes, test.codes) {
				t.Errorf("refused for %v, want %v", codes, test.codes)
			}
		})
	}
}

func TestLearnMindsThePathLength(t *testing.T) {
	pki := javatest.NewPKI(t)
	root := pki.Root
	narrow := *root.Certificate
	narrow.MaxPathLen, narrow.MaxPathLenZero = 0, true
	der, err := x509.CreateCertificate(rand.Reader, &narrow, &narrow, root.Key.Public(), root.Key)
	if err != nil {
		t.Fatal(err)
	}
	goal := truststore.Goal{Name: "own", Want: []truststore.Want{{Certificate: parse(der)}}}.Learn([][]byte{reissue(t, root, nil, nil)})
	if codes := refusalCodes(goal.Refusals(time.Now())); !slices.Equal(codes, []truststore.Code{truststore.CodeLearnPathLength}) {
		t.Errorf("refused for %v", codes)
	}
}

// The pinned roots vouch for what they signed, and whoever says that something
// was learnt does not.
func TestLearntMustBeSigned(t *testing.T) {
	root, _ := hkpost.BySlug("root-ca-3")
	issuer, err := root.X509()
	if err != nil {
		t.Fatal(err)
	}
	revoked, _ := hkpost.BySlug("ecert-ssl-ca-3-17-2017")
	goal := profileGoal(t, hkpost.Server)
	forged := issued(t, issuer, revoked.Serial)
	if n := len(goal.Learn([][]byte{forged.Raw}).Learnt()); n != 0 {
		t.Errorf("%d learnt", n)
	}
	goal.Want = append(goal.Want, truststore.Want{Certificate: forged, ChainOnly: true, Learnt: true})
	codes := refusalCodes(goal.Refusals(time.Now()))
	if !slices.Contains(codes, truststore.CodeLearnUnsigned) || !slices.Contains(codes, truststore.CodeKnownBad) {
		t.Errorf("refused for %v", codes)
	}
}

// What was learnt stands in the receipts as such.
func TestLearntIsRecorded(t *testing.T) {
	pki := javatest.NewPKI(t)
	w := newWorld(t)
	store := w.keystore("cacerts")
	m := w.machine("test", store)
	goal := truststore.Goal{Name: "own", AnyPurpose: true, Want: []truststore.Want{{Certificate: pki.Root.Certificate}}}
	ensure(t, m, goal.Learn([][]byte{pki.Issuing.Raw}), truststore.ExitOK)
	recorded := 0
	filepath.WalkDir(w.state, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			data, _ := os.ReadFile(path)
			recorded += strings.Count(string(data), `"learnt": true`) + strings.Count(string(data), `"learnt":true`)
		}
		return nil
	})
	if recorded != 1 {
		t.Errorf("%d receipts say that a certificate was learnt, want 1", recorded)
	}
	r, err := m.Ensure(context.Background(), goal.Learn([][]byte{reissue(t, pki.Root, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }, nil)}))
	if refused := (*truststore.RefusedError)(nil); !errors.As(err, &refused) || r.Exit != truststore.ExitUsage {
		t.Errorf("%v, exit %d", err, r.Exit)
	}
}

func mustDER(t *testing.T, slug string) []byte {
	t.Helper()
	c, ok := hkpost.BySlug(slug)
	if !ok {
		t.Fatal(slug)
	}
	return c.DER()
}
