package javatest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
)

// IcedTea-Web changes its mind when its user's own store changes.
func TestIcedTeaWebTrustsWhatKeytoolAdds(t *testing.T) {
	itw := javatest.NewIcedTeaWeb(t)
	pki := javatest.NewRSAPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	home := t.TempDir()
	if got := itw.TLS(t, home, addr); !strings.HasPrefix(got, "REJECTED: ValidatorException") {
		t.Fatalf("before: %s", got)
	}
	javatest.JDKs(t)[0].Keytool(t, "-importcert", "-noprompt", "-storepass", "changeit", "-alias", "test",
		"-keystore", filepath.Join(home, ".config", "icedtea-web", "security", "trusted.jssecacerts"),
		"-file", pki.Root.File(t))
	if got := itw.TLS(t, home, addr); got != "TRUSTED" {
		t.Fatalf("after: %s", got)
	}
}
