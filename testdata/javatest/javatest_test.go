package javatest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
)

// A JVM changes its mind when, and only when, its own trust store changes.
func TestPrivateRuntimeTrustsWhatKeytoolAdds(t *testing.T) {
	pki := javatest.NewPKI(t)
	jre := javatest.JRE(t)
	addr := pki.Serve(t, pki.Issuing)
	if got := jre.TLS(t, "", nil, addr); !strings.HasPrefix(got, "REJECTED: SunCertPathBuilderException") {
		t.Fatalf("before: %s", got)
	}
	jre.Keytool(t, "-importcert", "-noprompt", "-keystore", jre.Cacerts(), "-storepass", "changeit",
		"-alias", "test", "-file", pki.Root.File(t))
	if got := jre.TLS(t, "", nil, addr); got != "TRUSTED" {
		t.Fatalf("after: %s", got)
	}
	if got := javatest.JRE(t).TLS(t, "", nil, addr); got == "TRUSTED" {
		t.Fatal("a second private runtime shares the first one's cacerts")
	}
}

func TestDumpShowsEntries(t *testing.T) {
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		pki := javatest.NewRSAPKI(t)
		for _, storeType := range []string{"JKS", "PKCS12"} {
			file := filepath.Join(t.TempDir(), "store")
			jdk.Keytool(t, "-importcert", "-noprompt", "-keystore", file, "-storetype", storeType,
				"-storepass", "xchangeit", "-alias", "香港", "-file", pki.Root.File(t))
			got := jdk.Dump(t, file, storeType, new("xchangeit"))
			if !strings.HasPrefix(got, `"\u9999\u6e2f" trusted `) {
				t.Errorf("%s: %s", storeType, got)
			}
			if _, err := jdk.TryDump(t, file, storeType, new("wrong")); err == nil {
				t.Errorf("%s: a wrong password opened the store", storeType)
			}
		}
	})
}

func TestJREIsPrivateInItsSecurityDirectoryOnly(t *testing.T) {
	a, b := javatest.JRE(t), javatest.JRE(t)
	for name, shared := range map[string]bool{"lib/security/cacerts": false, "lib/modules": true} {
		x, err := os.Stat(filepath.Join(a.Home, name))
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.Stat(filepath.Join(b.Home, name))
		if err != nil {
			t.Fatal(err)
		}
		if os.SameFile(x, y) && !shared {
			t.Errorf("%s is shared", name)
		}
	}
}
