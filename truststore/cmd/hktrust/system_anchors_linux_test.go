package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	debianrelease "github.com/hktrust/hktrust/testdata/debian"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
)

// TestOddAnchors puts files among Debian's anchors of which its updater, or some
// programs, make nothing. Each is told with a command, after which all is well.
func TestOddAnchors(t *testing.T) {
	oracle.NeedFile(t, "Debian's update-ca-certificates", "/etc/ca-certificates/update.d")
	oracle.Need(t, "openssl")
	if !namespace.Enter(t, "/usr/share", "/usr/lib/ssl") {
		return
	}
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"} {
		os.Unsetenv(name)
	}
	few(t, "/")
	os.Chmod("/etc/ca-certificates/update.d/jks-keystore", 0o644)
	os.Remove("/usr/lib/ssl/cert.pem") // as in releases whose OpenSSL reads the directory alone
	one, two, p := javatest.NewPKI(t), javatest.NewPKI(t), javatest.NewPKI(t)
	for name, data := range map[string][]byte{
		"marked.crt":   append([]byte("\xef\xbb\xbf"), one.Root.PEM()...),
		"der.crt":      one.Issuing.Raw,
		"several.crt":  append(two.Root.PEM(), p.Root.PEM()...),
		"text.pem":     two.Issuing.PEM(),
		"windows.cer":  javatest.NewPKI(t).Root.Raw,
		"unrelated.md": []byte("# Not a certificate"),
	} {
		if err := os.MkdirAll(debianrelease.Local, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(debianrelease.Local, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shell(t, "update-ca-certificates")

	// Programs that read the bundle trust what is behind another certificate;
	// those that look into the directory do not, until hktrust adds it.
	chain := filepath.Join(t.TempDir(), "chain.pem")
	if err := os.WriteFile(chain, append(p.Leaf.PEM(), p.Issuing.PEM()...), 0o644); err != nil {
		t.Fatal(err)
	}
	goal := []string{"--store", "system", "--cert", p.Root.File(t)}
	opensslAccepts := func() bool {
		return exec.Command("openssl", "verify", "-untrusted", chain, chain).Run() == nil
	}
	if opensslAccepts() {
		t.Error("OpenSSL finds the certificate in the directory")
	}
	verify := []string{"verify", "--store", "system", "--chain", chain}
	asRoot(t, 3, verify...)
	asRoot(t, 3, append([]string{"check"}, goal...)...)
	asRoot(t, 0, append([]string{"ensure"}, goal...)...)
	if !opensslAccepts() {
		t.Error("OpenSSL does not find the certificate that was added")
	}
	asRoot(t, 0, verify...)
	asRoot(t, 0, "undo")
	if opensslAccepts() {
		t.Error("OpenSSL finds the certificate after undo")
	}

	told := map[truststore.Code]int{}
	for _, problem := range problems(t, 3) {
		told[problem.Code]++
		if problem.Remedy == nil || len(problem.Remedy.Command) == 0 {
			t.Fatalf("%s has no command", problem.Code)
		}
		if out, err := exec.Command(problem.Remedy.Command[0], problem.Remedy.Command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%q: %v\n%s", problem.Remedy.Command, err, out)
		}
	}
	for code, n := range map[truststore.Code]int{
		truststore.CodeAnchorMarked: 1, truststore.CodeAnchorDER: 1, truststore.CodeAnchorSeveral: 1, truststore.CodeAnchorIgnored: 2,
	} {
		if told[code] != n {
			t.Errorf("%s is told %d times, want %d", code, told[code], n)
		}
	}
	if left := problems(t, 0); len(left) > 0 {
		t.Errorf("after all commands there is yet %+v", left)
	}
	if !opensslAccepts() {
		t.Error("OpenSSL does not find the certificate in its own file")
	}

	// In a file that both trusts and refuses, it finds neither; others trust.
	torn := javatest.NewPKI(t).Root
	text := forms["refused-last"].file(t, torn)
	if err := os.WriteFile(filepath.Join(debianrelease.Local, "torn.crt"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	shell(t, "update-ca-certificates")
	goal = []string{"--store", "system", "--cert", torn.File(t)}
	asRoot(t, 3, append([]string{"check"}, goal...)...)
	asRoot(t, 7, append([]string{"ensure"}, goal...)...)
}

// problems are what doctor has to mend in the system's store.
func problems(t *testing.T, exit int) []truststore.Problem {
	t.Helper()
	var d truststore.Diagnosis
	if err := json.NewDecoder(strings.NewReader(asRoot(t, exit, "doctor", "--json", "--store", "system"))).Decode(&d); err != nil {
		t.Fatal(err)
	}
	return d.Problems
}
