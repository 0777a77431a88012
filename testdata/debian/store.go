package debian

import (
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Where Debian keeps its trust store.
const (
	Bundle  = "/etc/ssl/certs/ca-certificates.crt"
	Local   = "/usr/local/share/ca-certificates"
	Hashed  = "/etc/ssl/certs"
	Cacerts = "/etc/ssl/certs/java/cacerts"
)

// ProgramsRead is what programs read: the bundle's certificates, how often each
// stands there, and every name in OpenSSL's directory, with where links lead.
// None may lead nowhere.
func ProgramsRead(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile(Bundle)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for {
		var b *pem.Block
		if b, data = pem.Decode(data); b == nil {
			break
		}
		counts[fmt.Sprintf("%x", sha256.Sum256(b.Bytes))]++
	}
	var lines []string
	for id, n := range counts {
		lines = append(lines, fmt.Sprintf("bundle %s %d", id, n))
	}
	for _, dir := range []string{Hashed, Local} {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			name := filepath.Join(dir, e.Name())
			target, _ := os.Readlink(name)
			lines = append(lines, name+" -> "+target)
			if _, err := os.Stat(name); err != nil {
				t.Errorf("%s leads nowhere", name)
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Aliases are the entries of Java's shared store by name, nil without Java.
func Aliases(t testing.TB) []string {
	t.Helper()
	keytool, err := exec.LookPath("keytool")
	if _, missing := os.Stat(Cacerts); err != nil || missing != nil {
		return nil
	}
	out, err := exec.Command(keytool, "-list", "-keystore", Cacerts, "-storepass", "changeit").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.SplitSeq(string(out), "\n") {
		if alias, _, entry := strings.Cut(line, ", "); entry && strings.HasSuffix(line, ", trustedCertEntry, ") {
			found = append(found, alias)
		}
	}
	slices.Sort(found)
	return found
}
