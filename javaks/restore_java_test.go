package javaks_test

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/testdata/javatest"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// A key's chain that Java completes with trusted entries stays whole when these
// are removed, as it does with keytool; the undo gives Java's view of before, and
// what we ourselves had added leaves no trace.
func TestPKCS12RemovalKeepsTheChainOfAKey(t *testing.T) {
	pki := javatest.NewPKI(t)
	original, err := gopkcs12.Modern.Encode(pki.Leaf.Key, pki.Leaf.Certificate, nil, "changeit")
	if err != nil {
		t.Fatal(err)
	}
	whole, _ := edit(t, open(t, original, "changeit"), javaks.Edit{Add: []javaks.Addition{
		{Alias: "issuing", DER: pki.Issuing.Raw}, {Alias: "root", DER: pki.Root.Raw},
	}})
	before := open(t, whole, "changeit")
	all := []javaks.Removal{{SHA256: pki.Issuing.SHA256()}, {SHA256: pki.Root.SHA256()}}
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		file := func(data []byte) string {
			name := filepath.Join(t.TempDir(), "s.p12")
			write(t, name, data)
			return name
		}
		view := func(data []byte) string { return jdk.Dump(t, file(data), "PKCS12", new("changeit")) }
		for _, some := range [][]javaks.Removal{all[:1], all[1:], all} {
			records := saved(t, before, some...)
			without, _ := edit(t, before, javaks.Edit{Remove: some})
			theirs := file(whole)
			for _, e := range before.Entries() {
				if sum, _ := e.SHA256(); e.Kind == javaks.TrustedCertificate &&
					slices.ContainsFunc(some, func(r javaks.Removal) bool { return r.SHA256 == sum }) {
					jdk.Keytool(t, "-delete", "-alias", e.Alias, "-keystore", theirs, "-storepass", "changeit")
				}
			}
			if got, want := view(without), jdk.Dump(t, theirs, "PKCS12", new("changeit")); got != want {
				t.Errorf("Java sees in ours\n%sin keytool's\n%s", got, want)
			}
			// Removing again what is material by now changes nothing.
			if again, _ := edit(t, open(t, without, "changeit"), javaks.Edit{Remove: some}); &again[0] != &without[0] {
				t.Error("a second removal makes a change")
			}
			back, added := edit(t, open(t, without, "changeit"), javaks.Edit{Restore: records})
			if got, want := view(back), view(whole); got != want || len(added) != len(some) {
				t.Errorf("after undo Java sees\n%sbefore\n%s", got, want)
			}
			if !sameEntries(open(t, back, "changeit").Entries(), before.Entries()) {
				t.Error("after undo the entries or their order differ")
			}
			// keytool writes the whole file anew; the undo still finds its way.
			rewritten, _ := edit(t, open(t, read(t, theirs), "changeit"), javaks.Edit{Restore: records})
			if got, want := view(rewritten), view(whole); got != want {
				t.Errorf("after keytool and undo Java sees\n%sbefore\n%s", got, want)
			}
		}
		for i := range all {
			all[i].Added = true
		}
		clean, _ := edit(t, before, javaks.Edit{Remove: all})
		if got, want := view(clean), view(original); got != want {
			t.Errorf("without our additions Java sees\n%sinstead of\n%s", got, want)
		}
		for i := range all {
			all[i].Added = false
		}
	})
}

// A JKS that has lost and got back each of its entries is keytool's to list, and
// a store of nameless entries Java's to number.
func TestJavaReadsWhatWasRestored(t *testing.T) {
	pki := javatest.NewPKI(t)
	nameless := javaks.CraftPKCS12(t,
		javaks.CraftedBag{Nameless: true, DER: pki.Root.Raw}, javaks.CraftedBag{Nameless: true, DER: pki.Issuing.Raw})
	javatest.Each(t, func(t *testing.T, jdk javatest.JDK) {
		for storeType, data := range map[string][]byte{"JKS": fixture(t, "trust.jks"), "PKCS12": nameless} {
			ks := open(t, data, "changeit")
			records := saved(t, ks, removals(ks)...)
			without, _ := edit(t, ks, javaks.Edit{Remove: removals(ks)})
			back, _ := edit(t, open(t, without, "changeit"), javaks.Edit{Restore: records})
			before, after := filepath.Join(t.TempDir(), "before"), filepath.Join(t.TempDir(), "after")
			write(t, before, data)
			write(t, after, back)
			if got, want := jdk.Dump(t, after, storeType, new("changeit")), jdk.Dump(t, before, storeType, new("changeit")); got != want {
				t.Errorf("Java sees\n%sbefore\n%s", got, want)
			}
		}
	})
}
