package truststore_test

import (
	"slices"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// A running JVM that trusts by a store of its own, under a password that it has from
// its environment and that is wrong, is told of, unless other stores
// than its own were selected.
func TestDoctorOfRunningJVMs(t *testing.T) {
	jdk := javatest.JDKs(t)[0]
	w := newWorld(t)
	other := w.keystore("other.jks")
	named := w.keystore("named.jks")
	jdk.With("JAVA_TOOL_OPTIONS", "-Djavax.net.ssl.trustStorePassword=not-this").Start(t, "", "-Djavax.net.ssl.trustStore="+named)
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
		for _, code := range []truststore.Code{truststore.CodeStoreNamed, truststore.CodeOptionPassword} {
			told := slices.ContainsFunc(d.Problems, func(p truststore.Problem) bool { return p.Code == code && p.Args["store"] == named })
			if told != test.told {
				t.Errorf("%s: %s told %v", name, code, told)
			}
		}
	}
}
