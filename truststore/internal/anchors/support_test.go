//go:build linux

package anchors_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// Where Debian has things.
const (
	debianBundle = "/etc/ssl/certs/ca-certificates.crt"
	debianJava   = "/etc/ssl/certs/java/cacerts"
	debianLocal  = "/usr/local/share/ca-certificates"
)

// name is what our file of a certificate is called.
func name(der []byte) string {
	id := sha256.Sum256(der)
	return fmt.Sprintf("hktrust-test-%x", id[:8])
}

func adds(certs ...javatest.Certificate) []anchors.Change {
	var out []anchors.Change
	for _, c := range certs {
		out = append(out, anchors.Change{Name: name(c.Raw), DER: c.Raw})
	}
	return out
}

func removes(certs ...javatest.Certificate) []anchors.Change {
	out := adds(certs...)
	for i := range out {
		out[i].Remove = true
	}
	return out
}

func find(t testing.TB, h *host.Host) *anchors.Store {
	t.Helper()
	s, err := anchors.Find(h)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func read(t testing.TB, s *anchors.Store) *anchors.Content {
	t.Helper()
	c, err := s.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func apply(t testing.TB, s *anchors.Store, changes []anchors.Change) anchors.Outcome {
	t.Helper()
	out, err := s.Apply(context.Background(), changes)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wantTrusted wants programs to see, or not to see, the certificate.
func wantTrusted(t testing.TB, c *anchors.Content, cert javatest.Certificate, want bool) {
	t.Helper()
	got, _ := c.Certificate(cert.SHA256())
	if got.TrustedFor(x509.ExtKeyUsageServerAuth) != want {
		t.Errorf("trusted: %v, want %v; files %+v, stale %v", !want, want, got.Files, got.Stale)
	}
}

// wantInOrder wants nothing of ours to wait and nothing to be found amiss.
func wantInOrder(t testing.TB, c *anchors.Content) {
	t.Helper()
	if c.Waiting {
		t.Error("something waits for the updater")
	}
	for _, f := range c.Findings {
		// Java does not hear of what the tests take from the distribution.
		if f.Code != anchors.FileUnreadable && (f.Code != anchors.JavaStale || f.Ours) {
			t.Errorf("found %s %s", f.Code, f.Path)
		}
	}
}

func write(t testing.TB, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func run(t testing.TB, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// listing is every entry below the directories, with the content of files and
// the targets of links.
func listing(t testing.TB, dirs ...string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, dir := range dirs {
		filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			switch {
			case err != nil:
			case d.Type()&os.ModeSymlink != 0:
				out[path], _ = os.Readlink(path)
			case d.Type().IsRegular():
				data, _ := os.ReadFile(path)
				info, _ := d.Info()
				out[path] = fmt.Sprintf("%v %x", info.Mode(), sha256.Sum256(data))
			default:
				out[path] = d.Type().String()
			}
			return nil
		})
	}
	return out
}

// wantSame compares two listings.
func wantSame(t testing.TB, before, after map[string]string) {
	t.Helper()
	for path, is := range after {
		if was, ok := before[path]; !ok || was != is {
			t.Errorf("%s is %s, was %q", path, is, was)
		}
	}
	for path := range before {
		if _, ok := after[path]; !ok {
			t.Errorf("%s is gone", path)
		}
	}
}

// bundle counts the certificates of a file.
func bundle(t testing.TB, file string) map[[32]byte]int {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[[32]byte]int{}
	for {
		var b *pem.Block
		if b, data = pem.Decode(data); b == nil {
			return out
		}
		out[sha256.Sum256(b.Bytes)]++
	}
}

func pki(t testing.TB) *javatest.PKI { return javatest.NewPKI(t) }

// ours lists the names of ours in a directory.
func ours(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if strings.Contains(e.Name(), "hktrust") {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	return out
}
