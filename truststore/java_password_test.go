package truststore_test

import (
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// A password in Java's options is told of where, and only where, a JVM that is
// given it cannot connect.
func TestDoctorOfPasswordsInOptions(t *testing.T) {
	jdk := javatest.JDKs(t)[0]
	pki := javatest.NewPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	right, wrong := "changeit", "secret-of-somebody"
	for _, format := range []string{"JKS", "PKCS12"} {
		w := newWorld(t)
		store := filepath.Join(w.dir, "named.ks")
		jdk.Keytool(t, "-importcert", "-noprompt", "-alias", "root", "-file", pki.Root.File(t), "-keystore", store, "-storetype", format, "-storepass", right)
		for name, password := range map[string]*string{"none": nil, "right": &right, "wrong": &wrong} {
			m := w.machine("test", store)
			option := "-Djavax.net.ssl.trustStore=" + store
			if password != nil {
				option += " -Djavax.net.ssl.trustStorePassword=" + *password
			}
			m.Host.Environ["JAVA_TOOL_OPTIONS"] = option
			d, err := m.Diagnose(t.Context(), truststore.Symptom{})
			if d == nil {
				t.Fatal(err)
			}
			told := truststore.Code("")
			for _, p := range d.Problems {
				if p.Code == truststore.CodeOptionPassword || p.Code == truststore.CodeOptionNoPassword {
					told = p.Code
				}
				for _, arg := range p.Args {
					if arg == wrong || arg == right {
						t.Errorf("the password is shown in %v", p.Args)
					}
				}
			}
			answer := jdk.TLS(t, store, password, addr)
			if (told == "") != (answer == "TRUSTED") {
				t.Errorf("%s, %s: %q is said, and Java says %s", format, name, told, answer)
			}
		}
	}
}
