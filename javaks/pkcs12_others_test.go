package javaks_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/testdata/oracle"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// OpenSSL sees one certificate more after our edit, though it knows nothing of
// Java's attributes. Before 3.4 it knows no PBMAC1.
func TestOpenSSLOpensEditedPKCS12(t *testing.T) {
	openssl := oracle.Need(t, "openssl")
	opensEdited(t, []string{"pbmac1"}, func(file, password string) (int, error) {
		out, err := exec.Command(openssl, "pkcs12", "-in", file, "-nokeys", "-legacy", "-passin", "pass:"+password).CombinedOutput()
		return bytes.Count(out, []byte("BEGIN CERTIFICATE")), err
	})
}

// So does NSS, which opens nothing without a MAC, nor with some MACs, and
// decrypts no triple DES with two keys.
func TestNSSOpensEditedPKCS12(t *testing.T) {
	certutil, pk12util := oracle.Need(t, "certutil"), oracle.Need(t, "pk12util")
	database := "sql:" + t.TempDir()
	if out, err := exec.Command(certutil, "-N", "-d", database, "--empty-password").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	heading := regexp.MustCompile(`(?m)^Certificate(\(has private key\))?:`)
	refused := []string{"passwordless", "nomac", "encrypted-only", "in-clear", "sha512-2", "pbmac1", "2des"}
	opensEdited(t, refused, func(file, password string) (int, error) {
		cmd := exec.Command(pk12util, "-l", file, "-d", database, "-W", password)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		out, err := cmd.CombinedOutput()
		return len(heading.FindAll(out, -1)), err
	})
}

// opensEdited has a program count the certificates of each fixture after an
// edit, except where the fixture's name contains one of the refused words.
func opensEdited(t *testing.T, refused []string, count func(file, password string) (int, error)) {
	for _, f := range p12Fixtures {
		if slices.ContainsFunc(refused, func(word string) bool { return strings.Contains(f.file, word) }) {
			continue
		}
		t.Run(f.file, func(t *testing.T) {
			ks := open(t, f.read(t), f.secret())
			out, _ := edit(t, ks, javaks.Edit{Add: []javaks.Addition{{Alias: "extra", DER: extra(t)}}})
			file := filepath.Join(t.TempDir(), "store")
			write(t, file, out)
			want := 1 + strings.Count(f.entries, "T:") + strings.Count(f.entries, "C:")
			if got, err := count(file, f.secret()); got != want || err != nil {
				t.Errorf("%d certificates instead of %d, %v", got, want, err)
			}
		})
	}
}

// go-pkcs12 reads PBMAC1, which Java and OpenSSL before 3.4 do not.
func TestGoPKCS12OpensEditedPBMAC1(t *testing.T) {
	out, _ := edit(t, open(t, p12(t, "go-pbmac1"), "changeit"), javaks.Edit{Add: []javaks.Addition{{Alias: "extra", DER: extra(t)}}})
	list, err := gopkcs12.DecodeTrustStore(out, "changeit")
	if err != nil || len(list) != 3 {
		t.Errorf("%d certificates, %v", len(list), err)
	}
}
