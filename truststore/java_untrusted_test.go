package truststore_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
)

// OpenSSL writes certificates without Java's mark of trust, which are no entries
// for Java. An anchor is added beside such a one, and undo leaves what was there.
func TestCertificateWithoutJavasMark(t *testing.T) {
	w := newWorld(t)
	pki := javatest.NewRSAPKI(t)
	store := filepath.Join(w.dir, "openssl.p12")
	certs := filepath.Join(w.dir, "certs.pem")
	write(t, certs, pki.Root.PEM())
	out, err := exec.Command(oracle.Need(t, "openssl"), "pkcs12", "-export", "-nokeys",
		"-in", certs, "-out", store, "-passout", "pass:changeit").CombinedOutput()
	if err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	jdk := javatest.JDKs(t)[0]
	trusted := func() bool {
		return strings.Contains(jdk.Dump(t, store, "PKCS12", new("changeit")), " trusted ")
	}
	m := w.machine("test", store)
	goal := derGoal([][]byte{pki.Root.Raw})
	if trusted() {
		t.Fatal("Java trusts it from the start")
	}
	r := ensure(t, m, goal, truststore.ExitOK)
	if c := r.Stores[0].Changes[0]; c.Sign() != "+" || !trusted() {
		t.Errorf("%s %s; trusted by Java: %v", c.Sign(), c.Reason, trusted())
	}
	undo(t, m, truststore.ExitOK)
	if trusted() {
		t.Error("Java still trusts it")
	}
	out, err = exec.Command("openssl", "pkcs12", "-in", store, "-nokeys", "-passin", "pass:changeit").CombinedOutput()
	if err != nil || strings.Count(string(out), "BEGIN CERTIFICATE") != 1 {
		t.Errorf("OpenSSL finds: %v\n%s", err, out)
	}
}
