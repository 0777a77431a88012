package truststore_test

import (
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
	jdk.Start(t, "", "-Djavax.net.ssl.trustStore="+named)
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
