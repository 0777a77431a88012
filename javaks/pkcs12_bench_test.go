package javaks_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
)

// BenchmarkPKCS12 opens a store of the size of Debian's cacerts and adds three
// CAs in one edit, proof included; and has keytool do the same in three calls.
func BenchmarkPKCS12(b *testing.B) {
	cacerts := oracle.NeedFile(b, "Debian's cacerts", "/etc/ssl/certs/java/cacerts")
	jdk := javatest.JDKs(b)[0]
	var add []javaks.Addition
	var files []string
	for n := range 3 {
		ca := javatest.NewPKI(b).Root
		add = append(add, javaks.Addition{Alias: fmt.Sprint("new-", n), DER: ca.Raw})
		files = append(files, ca.File(b))
	}
	none := []string{"-J-Dkeystore.pkcs12.certProtectionAlgorithm=NONE", "-J-Dkeystore.pkcs12.macAlgorithm=NONE"}
	for name, properties := range map[string][]string{"password": nil, "passwordless": none} {
		file := filepath.Join(b.TempDir(), name)
		keytool := func(args ...string) { jdk.Keytool(b, append(append([]string{}, properties...), args...)...) }
		keytool("-importkeystore", "-noprompt", "-srckeystore", cacerts, "-srcstorepass", "changeit",
			"-destkeystore", file, "-deststoretype", "PKCS12", "-deststorepass", "changeit")
		data := read(b, file)
		b.Run(name+"/edit", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ks, err := javaks.Open(data)
				if err != nil {
					b.Fatal(err)
				}
				if _, added, err := ks.Edit(javaks.Edit{Add: add}); err != nil || len(added) != len(add) {
					b.Fatal(added, err)
				}
			}
		})
		b.Run(name+"/keytool", func(b *testing.B) {
			for b.Loop() {
				write(b, file, data)
				for i, cert := range files {
					keytool("-importcert", "-noprompt", "-keystore", file, "-storetype", "PKCS12",
						"-storepass", "changeit", "-alias", add[i].Alias, "-file", cert)
				}
			}
		})
	}
}
