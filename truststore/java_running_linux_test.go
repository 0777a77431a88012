package truststore_test

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// A running JVM that trusts by a store of its own is told of, unless other stores
// than its own were selected.
func TestDoctorOfRunningJVMs(t *testing.T) {
	jdk := javatest.JDKs(t)[0]
	w := newWorld(t)
	other := w.keystore("other.jks")
	named := filepath.Join(w.dir, "named.jks")
	jvm := exec.Command(filepath.Join(jdk.Home, "bin", "java"), "-Djavax.net.ssl.trustStore="+named,
		"-m", "jdk.jshell/jdk.internal.jshell.tool.JShellToolProvider", "-")
	stdin, err := jvm.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := jvm.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := jvm.Start(); err != nil {
		t.Fatal(err)
	}
	defer jvm.Wait()
	defer stdin.Close()
	stdin.Write([]byte("System.out.println(\"running\")\n"))
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("jshell: %q, %v", line, err)
	}
	for name, test := range map[string]struct {
		sel  truststore.Selector
		told bool
	}{
		"its own":   {truststore.Selector{Kind: truststore.KindJava, Path: jdk.Home, Dir: true}, true},
		"another's": {truststore.Selector{Kind: truststore.KindJava, Path: other}, false},
	} {
		m := w.machine("test")
		m.Select = []truststore.Selector{test.sel}
		d, err := m.Diagnose(t.Context(), truststore.Symptom{})
		if d == nil {
			t.Fatal(err)
		}
		told := slices.ContainsFunc(d.Problems, func(p truststore.Problem) bool {
			return p.Code == truststore.CodeStoreNamed && p.Args["store"] == named
		})
		if told != test.told {
			t.Errorf("%s: told %v", name, told)
		}
	}
}
