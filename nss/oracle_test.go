package nss

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// nssVersion is a certutil: the distribution's own libraries, before NSS 3.114,
// or Firefox's, after it.
type nssVersion struct {
	name     string
	certutil string
	env      []string
}

// oldNSS is certutil with the libraries of the system.
func oldNSS(t testing.TB) nssVersion {
	t.Helper()
	return nssVersion{name: "old", certutil: oracle.Need(t, "certutil")}
}

// newNSS is the same certutil with the libraries of Firefox.
func newNSS(t testing.TB) nssVersion {
	t.Helper()
	return nssVersion{name: "new", certutil: oracle.Need(t, "certutil"), env: []string{"LD_LIBRARY_PATH=" + oracle.NewNSS(t)}}
}

func bothNSS(t testing.TB) []nssVersion { return []nssVersion{oldNSS(t), newNSS(t)} }

// isNew reports whether this NSS reads CKO_TRUST.
func (v nssVersion) isNew() bool { return v.name == "new" }

// try runs certutil on a database.
func (v nssVersion) try(dir string, args ...string) (string, error) {
	cmd := exec.Command(v.certutil, append(args, "-d", "sql:"+dir)...)
	cmd.Env = append(os.Environ(), v.env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (v nssVersion) run(t testing.TB, dir string, args ...string) string {
	t.Helper()
	out, err := v.try(dir, args...)
	if err != nil {
		t.Fatalf("%s certutil %q: %v\n%s", v.name, args, err, out)
	}
	return out
}

// newDB copies a database with the empty password that certutil made.
func (v nssVersion) newDB(t testing.TB) string {
	t.Helper()
	made, _ := templates.LoadOrStore(v.name, sync.OnceValue(func() map[string][]byte {
		dir, files := t.TempDir(), map[string][]byte{}
		v.run(t, dir, "-N", "--empty-password")
		for _, name := range []string{certFile, keyFile, "pkcs11.txt"} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			files[name] = bytes.ReplaceAll(data, []byte(dir), []byte("@"))
		}
		return files
	}))
	dir := t.TempDir()
	for name, data := range made.(func() map[string][]byte)() {
		if name == "pkcs11.txt" {
			data = bytes.ReplaceAll(data, []byte("@"), []byte(dir))
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// templates are the files of new databases by NSS version.
var templates sync.Map

// flags returns what `certutil -L` prints as the trust of a nickname, "" if it
// does not list it.
func (v nssVersion) flags(t testing.TB, dir, nickname string, args ...string) string {
	t.Helper()
	for line := range strings.Lines(v.run(t, dir, append([]string{"-L"}, args...)...)) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, nickname+" "); ok && strings.Count(rest, ",") == 2 {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// trusts reports whether NSS validates a server certificate that the CA issued.
func (v nssVersion) trusts(t testing.TB, dir string, a *authority, args ...string) bool {
	t.Helper()
	name := fmt.Sprintf("leaf of %s %d", a.cert.Subject.CommonName, time.Now().UnixNano())
	v.run(t, dir, append([]string{"-A", "-n", name, "-t", ",,", "-i", writePEM(t, a.leaf(t))}, args...)...)
	out, err := v.try(dir, append([]string{"-V", "-n", name, "-u", "V", "-e"}, args...)...)
	v.run(t, dir, append([]string{"-D", "-n", name}, args...)...)
	return err == nil && strings.Contains(out, "certificate is valid")
}

// authority is a test CA.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

var testKey = func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}()

func newAuthority(t testing.TB, name string, change ...func(*x509.Certificate)) *authority {
	t.Helper()
	return newAuthorityWith(t, name, testKey, change...)
}

func newAuthorityWith(t testing.TB, name string, key crypto.Signer, change ...func(*x509.Certificate)) *authority {
	t.Helper()
	template := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name, Organization: []string{"Test"}},
		SerialNumber:          new(big.Int).SetBytes(random(16)),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().AddDate(5, 0, 0),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	for _, f := range change {
		f(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert: cert, key: key}
}

func (a *authority) der() []byte { return a.cert.Raw }

// leaf issues a server certificate for localhost.
func (a *authority) leaf(t testing.TB) []byte {
	t.Helper()
	template := &x509.Certificate{
		Subject:      pkix.Name{CommonName: "localhost"},
		SerialNumber: new(big.Int).SetBytes(random(16)),
		DNSNames:     []string{"localhost"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(0, 1, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, testKey.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func writePEM(t testing.TB, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cert.pem")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func writeFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func trust(t testing.TB, flags string) *Trust {
	t.Helper()
	tr, err := ParseTrust(flags)
	if err != nil {
		t.Fatal(err)
	}
	return &tr
}

func open(t testing.TB, dir string, opts Options) *DB {
	t.Helper()
	db, err := Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func apply(t testing.TB, db *DB, changes ...Change) []Applied {
	t.Helper()
	out, err := db.Apply(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func list(t testing.TB, db *DB) *Contents {
	t.Helper()
	c, err := db.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func lookup(t testing.TB, db *DB, a *authority) Entry {
	t.Helper()
	if e, ok := list(t, db).Lookup(sha256.Sum256(a.der())); ok {
		return e
	}
	t.Fatalf("%s is not listed", a.cert.Subject)
	return Entry{}
}

// withSQL runs f with a connection of its own to a file.
func withSQL(t testing.TB, path string, f func(*sql.DB)) {
	t.Helper()
	pool, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	f(pool)
}

func execSQL(t testing.TB, path string, statements ...string) {
	t.Helper()
	withSQL(t, path, func(pool *sql.DB) {
		for _, s := range statements {
			if _, err := pool.Exec(s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	})
}

// rows returns the rows of a query as column name → value.
func rows(t testing.TB, path, query string) (out []map[string]any) {
	t.Helper()
	withSQL(t, path, func(pool *sql.DB) {
		r, err := pool.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		names, _ := r.Columns()
		for r.Next() {
			row, into := make([]any, len(names)), make([]any, len(names))
			for i := range row {
				into[i] = &row[i]
			}
			if err := r.Scan(into...); err != nil {
				t.Fatal(err)
			}
			m := map[string]any{}
			for i, name := range names {
				if row[i] != nil {
					m[name] = row[i]
				}
			}
			out = append(out, m)
		}
		if err := r.Err(); err != nil {
			t.Fatal(err)
		}
	})
	return out
}

func certDB(dir string) string { return filepath.Join(dir, certFile) }
func keyDB(dir string) string  { return filepath.Join(dir, keyFile) }

// snapshot returns the bytes of both files.
func snapshot(t testing.TB, dir string) string {
	t.Helper()
	var all strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %d\n%s\n", e.Name(), len(data), data)
	}
	return all.String()
}
