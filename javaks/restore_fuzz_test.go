package javaks_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/hktrust/hktrust/javaks"
)

// FuzzRestore gives records that others may have written to keystores of both
// formats. Whatever they say, the entries that were there stay visible.
func FuzzRestore(f *testing.F) {
	jks, p12 := fixture(f, "dup-alias.jks"), javaks.CraftPKCS12(f,
		javaks.CraftedBag{Alias: "x", DER: extra(f)}, javaks.CraftedBag{Nameless: true, DER: fixtureCA(f)})
	for _, data := range [][]byte{jks, p12} {
		ks := open(f, data, "changeit")
		records, err := ks.Removed(removals(ks))
		if err != nil {
			f.Fatal(err)
		}
		for _, r := range records {
			text, err := json.Marshal(r)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r javaks.Removed
		if json.Unmarshal(text, &r) != nil {
			return
		}
		for _, data := range [][]byte{jks, p12, rawJKS()} {
			ks := open(t, data, "changeit")
			next, _, err := ks.With(javaks.Edit{Restore: []javaks.Removed{r}})
			if err != nil {
				continue
			}
			for _, e := range ks.Entries() {
				if e.Kind == javaks.TrustedCertificate && !holds(next, e) {
					t.Fatalf("entry %q is gone or hidden", e.Alias)
				}
			}
		}
	})
}

// FuzzRestoreUndoesRemove: whatever JKS can be edited, undoing the removal of
// all its certificates gives the same bytes.
func FuzzRestoreUndoesRemove(f *testing.F) {
	for _, fixed := range jksFixtures {
		f.Add(fixture(f, fixed.file))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		ks, err := javaks.Open(data)
		if err != nil || ks.Format() != javaks.JKS || ks.EditError() != nil {
			return
		}
		all := removals(ks)
		without, _, err := ks.With(javaks.Edit{Remove: all})
		if err != nil {
			return
		}
		records, err := ks.Removed(all)
		if err != nil {
			t.Fatal(err)
		}
		back, _, err := without.Edit(javaks.Edit{Restore: records})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(back, data) {
			t.Fatal("not the bytes of before")
		}
	})
}

func holds(ks *javaks.Keystore, want javaks.Entry) bool {
	for _, e := range ks.Entries() {
		if e.Kind == want.Kind && e.Alias == want.Alias && bytes.Equal(e.Chain[0], want.Chain[0]) {
			return true
		}
	}
	return false
}
