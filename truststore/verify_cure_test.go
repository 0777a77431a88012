package truststore_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// What verify advises works when it is followed, and what would not work is not
// advised.
func TestVerifyAdvisesWhatWorks(t *testing.T) {
	issuing, _ := hkpost.BySlug("ecert-ssl-ca-3-17-2025")
	pki := javatest.NewPKI(t)
	database := func(w *world, trust string, der []byte) string {
		dir := filepath.Join(w.dir, "db")
		if err := nss.Create(context.Background(), dir); err != nil {
			t.Fatal(err)
		}
		if trust == "" {
			return dir
		}
		db, err := nss.Open(dir, nss.Options{})
		if err != nil {
			t.Fatal(err)
		}
		flags, _ := nss.ParseTrust(trust)
		if _, err := db.Apply(context.Background(), []nss.Change{{Op: nss.Add, DER: der, Nickname: "root", Trust: &flags}}); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	for _, c := range []struct {
		name  string
		store func(*world) string
		as    string
		chain [][]byte
		want  truststore.Cure
	}{
		{"an empty keystore", func(w *world) string { return w.keystore("ks") }, "", [][]byte{issuing.DER()}, truststore.CureEnsure},
		{"a CA as a server", func(w *world) string { return database(w, "", nil) }, "", [][]byte{issuing.DER()}, truststore.CureRenew},
		{"a distrusted root", func(w *world) string { return database(w, "p,p,p", pki.Root.Raw) }, "", [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.CurePolicy},
		{"somebody's chain", func(w *world) string { return w.keystore("ks") }, "", [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.CureAnchor},
		{"a CA made anew", func(w *world) string { return database(w, "C,,", namesakeOf(t, pki.Issuing)) }, "firefox", [][]byte{pki.Leaf.Raw}, truststore.CureOrphan},
		{"a root that has expired in the store", func(w *world) string { return database(w, "C,,", expiredOf(t, pki.Root)) }, "", [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.CureAnchor},
		{"a leaf alone", func(w *world) string { return w.keystore("ks") }, "", [][]byte{pki.Leaf.Raw}, truststore.CureOrphan},
		// Java takes a CA for a server; curl does not, whatever is added.
		{"an empty keystore that curl is given", func(w *world) string { return w.keystore("ks") }, "curl", [][]byte{issuing.DER()}, truststore.CureRenew},
	} {
		w := newWorld(t)
		m := w.machine("test", c.store(w))
		opt := truststore.VerifyOptions{}
		if c.as != "" {
			opt.As = &truststore.Program{Name: c.as}
		}
		v, _ := m.Verify(context.Background(), c.chain, opt)
		if len(v.Verdicts) != 1 || v.Verdicts[0].Cure != c.want {
			t.Errorf("%s: %+v", c.name, v.Verdicts)
			continue
		}
		if c.want != truststore.CureEnsure {
			continue
		}
		ensure(t, m, serverGoal(t), truststore.ExitOK)
		if v, err := m.Verify(context.Background(), c.chain, opt); err != nil {
			t.Errorf("%s, after what was advised: %v, %+v", c.name, err, v.Verdicts)
		}
	}

	bundle := truststore.VerifyOptions{Stores: []truststore.Store{truststore.NewBundle("anchors", [][]byte{pki.Root.Raw})}, As: &truststore.Program{Name: "go"}}
	if v, _ := newWorld(t).machine("test").Verify(context.Background(), [][]byte{issuing.DER()}, bundle); v.Verdicts[0].Cure != truststore.CureFile {
		t.Errorf("a file that nobody but its owner changes: %+v", v.Verdicts)
	}
}

// namesakeOf is a self-signed CA of a certificate's name, with a key of its own.
func namesakeOf(t *testing.T, of javatest.Certificate) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := *of.Certificate
	template.AuthorityKeyId, template.SubjectKeyId, template.PublicKey = nil, nil, nil
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// expiredOf is an earlier certificate of a root's key.
func expiredOf(t *testing.T, of javatest.Certificate) []byte {
	t.Helper()
	template := *of.Certificate
	template.SerialNumber = big.NewInt(7)
	template.NotBefore, template.NotAfter = time.Now().AddDate(-9, 0, 0), time.Now().AddDate(-1, 0, 0)
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, of.Key.Public(), of.Key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// A time that somebody names is nobody's clock.
func TestVerifyDoubtsTheClockAlone(t *testing.T) {
	w, pki := newWorld(t), javatest.NewPKI(t)
	file := w.keystore("ks")
	ensure(t, w.machine("test", file), truststore.Goal{Name: "own", AnyPurpose: true, Want: []truststore.Want{{Certificate: pki.Root.Certificate}}}, truststore.ExitOK)
	long := time.Now().AddDate(-20, 0, 0)
	doubts := func(opt truststore.VerifyOptions, clock time.Time) bool {
		m := w.machine("test", file)
		m.Host.Clock = func() time.Time { return clock }
		v, _ := m.Verify(context.Background(), [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, opt)
		if len(v.Verdicts) != 1 || v.Verdicts[0].Code != chain.NotYetValid {
			t.Fatalf("%+v", v.Verdicts)
		}
		return slices.ContainsFunc(v.Findings, func(f truststore.Finding) bool { return f.Code == "chain.clock" }) || v.Verdicts[0].Cure == truststore.CureClock
	}
	if !doubts(truststore.VerifyOptions{}, long) {
		t.Error("a clock of 20 years ago is not doubted")
	}
	if doubts(truststore.VerifyOptions{Time: long}, time.Now()) {
		t.Error("a time that was asked for is doubted")
	}
}
