package javaks_test

import (
	"encoding/base64"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
)

// Files of other formats, made by the programs whose formats they are, are called
// what they are, and none of them damaged.
func TestOtherFormatsByTheirPrograms(t *testing.T) {
	pki := javatest.NewPKI(t)
	root := pki.Root.File(t)
	dir := t.TempDir()
	check := func(name string, data []byte, want javaks.Format) {
		t.Helper()
		var format *javaks.FormatError
		_, err := javaks.Open(data)
		if !errors.As(err, &format) || format.Format != want || !errors.Is(err, javaks.ErrUnsupported) || errors.Is(err, javaks.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	check("DER", pki.Root.Raw, javaks.X509)
	check("PEM", pki.Root.PEM(), javaks.PEM)
	check("PEM after a comment", append([]byte("# "+strings.Repeat("=", 70)+"\n"), pki.Root.PEM()...), javaks.PEM)
	t.Run("openssl", func(t *testing.T) {
		bundle := filepath.Join(dir, "bundle.p7b")
		cert := filepath.Join(dir, "cert.pem")
		write(t, cert, pki.Root.PEM())
		out, err := exec.Command(oracle.Need(t, "openssl"), "crl2pkcs7", "-nocrl", "-certfile", cert, "-outform", "DER", "-out", bundle).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		check("PKCS#7", read(t, bundle), javaks.PKCS7)
	})
	t.Run("bouncycastle", func(t *testing.T) {
		jar := oracle.NeedFile(t, "Bouncy Castle (libbcprov-java)", "/usr/share/java/bcprov.jar")
		jdk := javatest.JDKs(t)[0]
		keytool := func(file, storeType string, args ...string) {
			t.Helper()
			jdk.Keytool(t, append(args, "-keystore", file, "-storetype", storeType, "-storepass", "changeit",
				"-providerclass", "org.bouncycastle.jce.provider.BouncyCastleProvider", "-providerpath", jar)...)
		}
		for _, format := range []javaks.Format{javaks.BKS, javaks.UBER, javaks.BCFKS} {
			file, storeType := filepath.Join(dir, string(format)), strings.ToUpper(string(format))
			keytool(file, storeType, "-importcert", "-noprompt", "-alias", "root", "-file", root)
			check(storeType, read(t, file), format)
			keytool(file, storeType, "-delete", "-alias", "root")
			check("empty "+storeType, read(t, file), format)
			keytool(file, storeType, "-genkeypair", "-alias", "key", "-keyalg", "EC", "-dname", "CN=x")
			check(storeType+" with a key", read(t, file), format)
		}
	})
}

// Certificates that Java takes and Go's parser refuses (a negative serial number, a
// curve that Go does not know) are listed, found by fingerprint, removed and put
// back like any other, in both formats.
func TestCertificatesThatGoDoesNotParse(t *testing.T) {
	openssl := oracle.Need(t, "openssl")
	dir := t.TempDir()
	pki := javatest.NewPKI(t)
	made := map[string][]string{
		"negative":  {"-newkey", "rsa:2048", "-set_serial", "-1234567"},
		"brainpool": {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"},
	}
	ders := map[string][]byte{}
	for name, args := range made {
		file := filepath.Join(dir, name)
		args = append(args, "-x509", "-nodes", "-days", "9", "-subj", "/CN="+name, "-keyout", file+".key", "-out", file, "-outform", "DER")
		if out, err := exec.Command(openssl, append([]string{"req"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("openssl %s: %v: %s", name, err, out)
		}
		ders[name] = read(t, file)
	}
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		for _, storeType := range []string{"JKS", "PKCS12"} {
			store := filepath.Join(t.TempDir(), "store")
			keytool := func(args ...string) {
				t.Helper()
				jdk.Keytool(t, append(args, "-keystore", store, "-storetype", storeType, "-storepass", "changeit")...)
			}
			for name := range made {
				keytool("-importcert", "-noprompt", "-alias", name, "-file", filepath.Join(dir, name))
			}
			view := func(data []byte) string {
				file := filepath.Join(t.TempDir(), "view")
				write(t, file, data)
				return jdk.Dump(t, file, storeType, new("changeit"))
			}
			original := read(t, store)
			ks := open(t, original, "changeit")
			with, _ := edit(t, ks, javaks.Edit{Add: []javaks.Addition{{Alias: "x", DER: pki.Root.Raw}}})
			if n := len(open(t, with, "changeit").Entries()); n != len(made)+1 {
				t.Errorf("%s: %d entries beside one that is added", storeType, n)
			}
			for name, der := range ders {
				one := removal(t, ks, name)
				if one.SHA256 != fingerprint(t, javaks.Entry{Chain: [][]byte{der}}) {
					t.Fatalf("%s: %s has another fingerprint", storeType, name)
				}
				records := saved(t, ks, one)
				without, _ := edit(t, ks, javaks.Edit{Remove: []javaks.Removal{one}})
				if n := len(open(t, without, "changeit").Entries()); n != len(made)-1 {
					t.Errorf("%s: %d entries without %s", storeType, n, name)
				}
				back, _ := edit(t, open(t, without, "changeit"), javaks.Edit{Restore: records})
				if got, want := view(back), view(original); got != want {
					t.Errorf("%s: after undo Java sees\n%sbefore\n%s", storeType, got, want)
				}
			}
		}
	})
}

// base64 of a file is no keystore of any kind.
func TestUnknownIsDamaged(t *testing.T) {
	text := base64.StdEncoding.EncodeToString(fixture(t, "trust.jks"))
	if _, err := javaks.Open([]byte(text)); !errors.Is(err, javaks.ErrDamaged) || errors.Is(err, javaks.ErrTruncated) {
		t.Errorf("%v", err)
	}
}
