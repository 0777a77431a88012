package truststore_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/certfile"
)

// A verdict over a system's bundle, three Java installations with a keystore of
// their own, and three profiles, from files: 25 ms are the measure.
func BenchmarkVerify(b *testing.B) {
	w, pki := newWorld(b), javatest.NewPKI(b)
	bundle, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		b.Skip(err)
	}
	file := filepath.Join(w.dir, "bundle.pem")
	if err := os.WriteFile(file, bundle, 0o600); err != nil {
		b.Fatal(err)
	}
	cacerts, err := os.ReadFile(javatest.JDKs(b)[0].Cacerts())
	if err != nil {
		b.Fatal(err)
	}
	var places []string
	for _, name := range []string{"one", "two", "three"} {
		home, store := w.javaHome("jdk", name)
		if err := os.WriteFile(store, cacerts, 0o600); err != nil {
			b.Fatal(err)
		}
		profile := filepath.Join(w.dir, "profile", name)
		if err := nss.Create(context.Background(), profile); err != nil {
			b.Fatal(err)
		}
		places = append(places, home, profile)
	}
	m := w.machine("test", places...)
	chain := [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}
	for b.Loop() {
		system := readBundle(b, file)
		v, err := m.NewVerifier(context.Background(), truststore.VerifyOptions{})
		if err != nil {
			b.Fatal(err)
		}
		out := v.Verify(context.Background(), chain)
		bundled, _ := m.Verify(context.Background(), chain, truststore.VerifyOptions{Stores: []truststore.Store{system}})
		if len(out.Verdicts) != 6 || len(bundled.Verdicts) != 4 {
			b.Fatalf("%d and %d verdicts", len(out.Verdicts), len(bundled.Verdicts))
		}
	}
}

func readBundle(b *testing.B, file string) truststore.Store {
	b.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	certs, err := certfile.Read(data)
	if err != nil {
		b.Fatal(err)
	}
	var anchors [][]byte
	for _, c := range certs {
		anchors = append(anchors, c.DER)
	}
	return truststore.NewBundle(file, anchors)
}
