package wine

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// firefoxProfile is where a Firefox that was run once keeps its database.
const firefoxProfile = `C:\users\%USER%\AppData\Roaming\Mozilla\Firefox\Profiles\ab12cd34.default`

// plantFirefox makes a profile with a database of the native certutil's, and
// returns its directory on Linux.
func (m *machine) plantFirefox() string {
	m.t.Helper()
	certutil := oracle.Need(m.t, "certutil")
	out, err := Output(m.Command(m.t.Context(), "cmd", "/c", "echo %USERNAME%"))
	must(m.t, err)
	dir := m.Path(strings.Replace(firefoxProfile, "%USER%", strings.TrimSpace(out), 1))
	must(m.t, os.MkdirAll(dir, 0o755))
	ini := "[Profile0]\r\nName=default\r\nIsRelative=1\r\nPath=Profiles/ab12cd34.default\r\nDefault=1\r\n"
	must(m.t, os.WriteFile(filepath.Join(dir, "..", "..", "profiles.ini"), []byte(ini), 0o644))
	must(m.t, os.WriteFile(filepath.Join(dir, "compatibility.ini"), []byte("[Compatibility]\r\nLastVersion=153.0_20261001000000/20261001000000\r\n"), 0o644))
	if out, err := exec.CommandContext(m.t.Context(), certutil, "-N", "--empty-password", "-d", "sql:"+dir).CombinedOutput(); err != nil {
		m.t.Fatalf("certutil: %v\n%s", err, out)
	}
	return dir
}

// entries is what the native certutil lists of a profile.
func (m *machine) entries(profile string) string {
	m.t.Helper()
	out, err := exec.CommandContext(m.t.Context(), oracle.Need(m.t, "certutil"), "-L", "-d", "sql:"+profile).CombinedOutput()
	if err != nil {
		m.t.Fatalf("certutil: %v\n%s", err, out)
	}
	return string(out)
}

// holds lets another program hold a file open, until the test ends.
func (m *machine) holds(file string) {
	m.t.Helper()
	ready := filepath.Join(m.t.TempDir(), "ready")
	// The test's own context ends before what it cleans up.
	cmd := m.Command(context.WithoutCancel(m.t.Context()), m.neighbour, "hold", `Z:`+file, `Z:`+ready)
	stdin, err := cmd.StdinPipe()
	must(m.t, err)
	must(m.t, cmd.Start())
	m.t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			m.t.Error(err)
		}
	})
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(ready); err == nil {
			return
		}
		if time.Now().After(end) {
			m.t.Fatal("the neighbour does not hold the file")
		}
	}
}

// server is an HTTPS server whose certificate leads to our root.
func (m *machine) server() string {
	m.t.Helper()
	root, err := x509.ParseCertificate(m.root)
	must(m.t, err)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(m.t, err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{"localhost"}, NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, root, &key.PublicKey, m.rootKey)
	must(m.t, err)
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.StartTLS()
	m.t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
}

// accepts asks a Go program, which trusts what Windows trusts, for a page of a
// server's.
func (m *machine) accepts(url string) bool {
	m.t.Helper()
	out, err := Output(m.Command(m.t.Context(), m.neighbour, "get", url))
	m.t.Logf("a Go program says: %s", strings.TrimSpace(out))
	return err == nil
}

// touched is every file and directory of drive C:, with the time of its last
// change. What Wine itself keeps for programs that run is left out.
func (m *machine) touched() []string {
	m.t.Helper()
	var all []string
	must(m.t, filepath.WalkDir(m.Path(`C:\`), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || strings.HasSuffix(path, "/windows") {
			return cmp.Or(err, fs.SkipDir)
		}
		info, err := os.Lstat(path)
		if err == nil {
			all = append(all, path+" "+info.ModTime().Format(time.RFC3339Nano))
		}
		return err
	}))
	return all
}

func without(all, known []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(known, s) })
}

// needRights skips where programs have the user's rights alone, as in Wine 10.
func (m *machine) needRights() {
	if _, err := Output(m.Command(m.t.Context(), m.neighbour, "elevated")); err != nil {
		oracle.Optional(m.t, "a Wine whose programs have an administrator's rights")
	}
}

// everything tests all stores of the machine at once, with the system's own.
func (m *machine) everything(before [][]byte) {
	t := m.t
	m.needRights()
	profile, url := m.plantFirefox(), m.server()
	listed := m.entries(profile)
	m.holds(filepath.Join(profile, "cert9.db"))
	goal := m.goal()
	if m.accepts(url) {
		t.Error("the root is trusted before it is added")
	}
	m.want(3, append([]string{"check"}, goal...)...)
	out := m.want(0, append([]string{"ensure"}, goal...)...)
	for _, store := range []string{`Cert:\LocalMachine`, `jdk-17\lib\security\cacerts`, `jre8\lib\security\cacerts`, "ab12cd34.default"} {
		if !strings.Contains(out, store) {
			t.Errorf("%s is not among\n%s", store, out)
		}
	}
	if !m.accepts(url) {
		t.Error("the root is not trusted")
	}
	for _, store := range m.stores {
		if !m.trusted(store) {
			t.Errorf("%s does not trust the root", store)
		}
	}
	if now := m.entries(profile); !strings.Contains(now, m.sum[:16]) {
		t.Errorf("Firefox has\n%s", now)
	}
	if out := m.want(0, "list", "--all"); !strings.Contains(out, "Root of an hktrust test") {
		t.Errorf("list says\n%s", out)
	}
	m.alone("cacerts", "cacerts.hktrust-orig")
	changed, touched := m.contents(), m.touched()
	m.want(0, append([]string{"check"}, goal...)...)
	m.want(0, append([]string{"ensure"}, goal...)...)
	if !slices.EqualFunc(changed, m.contents(), bytes.Equal) {
		t.Error("the second run changed something")
	}
	if now := m.touched(); !slices.Equal(now, touched) {
		t.Errorf("runs that had nothing to do touched\n%s", strings.Join(without(now, touched), "\n"))
	}
	m.want(0, "undo")
	if m.accepts(url) {
		t.Error("the root is trusted after undo")
	}
	m.restored(before)
	if now := m.entries(profile); now != listed {
		t.Errorf("Firefox has\n%s", now)
	}
	m.want(3, append([]string{"check"}, goal...)...)
}
