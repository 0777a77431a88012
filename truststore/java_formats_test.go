package truststore_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// TestEveryPKCS12AsTrustStore: a JVM that is given a PKCS#12 file as its trust
// store, with its password, turns from REJECTED to TRUSTED by ensure and back
// by undo, however the file is protected and whatever else it holds.
func TestEveryPKCS12AsTrustStore(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/pkcs12/keytool-*.p12")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	jdk := keytool(t)
	pki := javatest.NewRSAPKI(t)
	full, leafOnly := pki.Serve(t, pki.Issuing), pki.Serve(t)
	const password = "changeit"
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".p12")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			original := read(t, file)
			w := newWorld(t)
			store := filepath.Join(w.dir, "store")
			write(t, store, original)
			m := w.machine("test", store)
			goal := ownGoal(pki.Root, pki.Issuing)
			if name == "keytool-rc4-128" {
				r := ensure(t, m, goal, truststore.ExitFailed)
				if s := r.Stores[0]; s.Error == nil || s.Error.Code != truststore.CodeUnsupported || !strings.Contains(s.Err.Error(), "RC4") {
					t.Errorf("%v", s.Err)
				}
				wantBytes(t, store, original)
				return
			}
			wants := func(addr string, trusted bool) {
				t.Helper()
				if got := jdk.TLS(t, store, new(password), addr); (got == "TRUSTED") != trusted {
					t.Errorf("Java says %s, want trusted=%v", got, trusted)
				}
			}
			before := seen(t, store, "PKCS12", password)
			wants(full, false)
			ensure(t, m, goal, truststore.ExitOK)
			wants(leafOnly, true)
			undo(t, m, truststore.ExitOK)
			wants(full, false)
			if after := seen(t, store, "PKCS12", password); after != before {
				t.Errorf("after undo Java sees\n%s\nand before\n%s", after, before)
			}
			if strings.HasSuffix(name, "passwordless") {
				wantBytes(t, store, original)
			}
		})
	}
}

// TestEveryJKSAsTrustStore does the same with the JKS files; those give back
// every byte.
func TestEveryJKSAsTrustStore(t *testing.T) {
	t.Parallel()
	jdk := keytool(t)
	pki := javatest.NewPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	passwords := map[string]string{"empty-password": "", "chinese-password": "密碼測試密碼"}
	for _, name := range []string{"trust", "keys", "v1", "dup-alias", "upper-alias", "two-aliases", "empty-password", "chinese-password"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			store := filepath.Join(w.dir, "store")
			original := read(t, filepath.Join("../testdata/jks", name+".jks"))
			write(t, store, original)
			m := w.machine("test", store)
			if p, ok := passwords[name]; ok {
				m.Password = givenPassword(p)
			}
			wants := func(trusted bool) {
				t.Helper()
				// Without a password, as JVMs read cacerts.
				if got := jdk.TLS(t, store, nil, addr); (got == "TRUSTED") != trusted {
					t.Errorf("Java says %s, want trusted=%v", got, trusted)
				}
			}
			wants(false)
			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			wants(true)
			undo(t, m, truststore.ExitOK)
			wants(false)
			wantBytes(t, store, original)
		})
	}
	t.Run("trailing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		store := filepath.Join(w.dir, "store")
		original := read(t, "../testdata/jks/trailing.jks")
		write(t, store, original)
		r := ensure(t, w.machine("test", store), ownGoal(pki.Root), truststore.ExitFailed)
		if !slices.ContainsFunc(r.Stores[0].Changes, func(c truststore.Result) bool {
			return c.Blocked == truststore.CodeUnsupported || c.Blocked == truststore.CodeDamaged
		}) {
			t.Errorf("%+v", r.Stores[0])
		}
		wantBytes(t, store, original)
	})
}

func givenPassword(p string) truststore.PasswordFunc {
	return func(context.Context, truststore.Info) (string, error) { return p, nil }
}
