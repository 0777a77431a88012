package javaks_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/testdata/javatest"
)

// saved is what a receipt keeps of a removal: its JSON, read again.
func saved(t testing.TB, ks *javaks.Keystore, removals ...javaks.Removal) []javaks.Removed {
	t.Helper()
	removed, err := ks.Removed(removals)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(removed)
	if err != nil {
		t.Fatal(err)
	}
	var again []javaks.Removed
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	return again
}

// removals names every trusted certificate of a keystore, once.
func removals(ks *javaks.Keystore) []javaks.Removal {
	var all []javaks.Removal
	for _, e := range ks.Entries() {
		if e.Kind != javaks.TrustedCertificate && e.Kind != javaks.Hidden {
			continue
		}
		sum, _ := e.SHA256()
		if !slices.ContainsFunc(all, func(r javaks.Removal) bool { return r.SHA256 == sum }) {
			all = append(all, javaks.Removal{SHA256: sum})
		}
	}
	return all
}

// What removals take out of a JKS and Restore puts back is the file as it was, to
// the byte: each certificate alone, all at once, and in whatever order.
func TestRestoreJKSIsExact(t *testing.T) {
	for _, f := range jksFixtures {
		original := fixture(t, f.file)
		ks := open(t, original, f.password)
		all := removals(ks)
		for i := range all {
			one := all[i : i+1]
			records := saved(t, ks, one...)
			without, _ := edit(t, ks, javaks.Edit{Remove: one})
			if bytes.Equal(without, original) {
				if !records[0].IsZero() {
					t.Errorf("%s: a record of nothing", f.file)
				}
				continue
			}
			back, _ := edit(t, open(t, without, f.password), javaks.Edit{Restore: records})
			if !bytes.Equal(back, original) {
				t.Errorf("%s: certificate %d is not put back as it was", f.file, i)
			}
			again, none := edit(t, open(t, back, f.password), javaks.Edit{Restore: records})
			if !bytes.Equal(again, original) || len(none) > 0 {
				t.Errorf("%s: restoring twice adds %v", f.file, none)
			}
		}
		records := saved(t, ks, all...)
		without, _ := edit(t, ks, javaks.Edit{Remove: all})
		for name, order := range orders(records) {
			data := without
			for _, r := range order {
				data, _ = edit(t, open(t, data, f.password), javaks.Edit{Restore: []javaks.Removed{r}})
			}
			if !bytes.Equal(data, original) {
				t.Errorf("%s: restored %s, the file differs", f.file, name)
			}
		}
		if back, _ := edit(t, open(t, without, f.password), javaks.Edit{Restore: records}); !bytes.Equal(back, original) {
			t.Errorf("%s: restored at once, the file differs", f.file)
		}
	}
}

// orders returns a list forwards, backwards and from the middle.
func orders[T any](list []T) map[string][]T {
	backwards := slices.Clone(list)
	slices.Reverse(backwards)
	middle := append(slices.Clone(list[len(list)/2:]), list[:len(list)/2]...)
	return map[string][]T{"forwards": list, "backwards": backwards, "from the middle": middle}
}

// Any 64-bit date and any certificate type come back, though no Go time or Java
// program would write them so.
func TestRestoreJKSKeepsDateAndType(t *testing.T) {
	der := extra(t)
	base := rawJKS(rawEntry{"a", der}, rawEntry{"b", fixtureCA(t)})
	content := base[:len(base)-20]
	const date = 12 + 4 + 2 + 1 // of the first entry
	for _, ms := range []int64{0, 1_700_000_000_000_000, -62_135_596_800_001, math.MaxInt64, math.MinInt64} {
		changed := bytes.Clone(content)
		binary.BigEndian.PutUint64(changed[date:], uint64(ms))
		copy(changed[date+8+2:], "X509!") // in place of X.509
		original := sign(changed)
		ks := open(t, original, "changeit")
		one := javaks.Removal{SHA256: sha256.Sum256(der)}
		records := saved(t, ks, one)
		without, _ := edit(t, ks, javaks.Edit{Remove: []javaks.Removal{one}})
		if back, _ := edit(t, open(t, without, "changeit"), javaks.Edit{Restore: records}); !bytes.Equal(back, original) {
			t.Errorf("%d ms: not as it was", ms)
		}
	}
}

// What others did in the meantime stays: their order, their entry under the
// alias, their new format.
func TestRestoreJKSAmongOthersChanges(t *testing.T) {
	pki := javatest.NewPKI(t)
	a, b, c, d := pki.Root.Raw, pki.Issuing.Raw, pki.Leaf.Raw, extra(t)
	ks := open(t, rawJKS(rawEntry{"a", a}, rawEntry{"b", b}, rawEntry{"c", c}), "changeit")
	records := saved(t, ks, javaks.Removal{SHA256: sha256.Sum256(b)})
	for _, test := range []struct {
		name       string
		from, want []rawEntry
		added      int
	}{
		{"nothing left", nil, []rawEntry{{"b", b}}, 1},
		{"neighbour before", []rawEntry{{"d", d}, {"a", a}, {"e", d}}, []rawEntry{{"d", d}, {"a", a}, {"b", b}, {"e", d}}, 1},
		{"neighbour after", []rawEntry{{"d", d}, {"c", c}}, []rawEntry{{"d", d}, {"b", b}, {"c", c}}, 1},
		{"no neighbour", []rawEntry{{"d", d}}, []rawEntry{{"d", d}, {"b", b}}, 1},
		{"there again", []rawEntry{{"b", b}, {"d", d}}, []rawEntry{{"b", b}, {"d", d}}, 0},
		{"alias taken", []rawEntry{{"a", a}, {"b", d}}, []rawEntry{{"a", a}, {"b", d}, {"b-2", b}}, 1},
	} {
		got, added := edit(t, open(t, rawJKS(test.from...), "changeit"), javaks.Edit{Restore: records})
		if !bytes.Equal(got, rawJKS(test.want...)) || len(added) != test.added {
			t.Errorf("%s: not the bytes expected; added %v", test.name, added)
		}
	}
	empty, err := javaks.New(javaks.PKCS12, "changeit", nil)
	if err != nil {
		t.Fatal(err)
	}
	converted, added := edit(t, open(t, empty, "changeit"), javaks.Edit{Restore: records})
	if got := short(open(t, converted, "changeit").Entries()); got != "T:b" || len(added) != 1 {
		t.Errorf("in a PKCS#12: %s, added %v", got, added)
	}
}

func TestRestoreRefusesOtherRecords(t *testing.T) {
	pki := javatest.NewPKI(t)
	keys := open(t, fixture(t, "keys.jks"), "changeit")
	for _, text := range []string{
		`5`, `{"format":"jks","version":2,"entries":[{"raw":"AAAA"}]}`, `{"format":"pkcs12","entries":[{"raw":"MAA="}]}`,
		`{"format":"bks","entries":[{"raw":"AAAA"}]}`, `{"format":"jks","version":9,"entries":[{}]}`, `{"entries":[{"raw":""}]}`,
	} {
		var r javaks.Removed
		err := json.Unmarshal([]byte(text), &r)
		if err == nil {
			_, _, err = keys.Edit(javaks.Edit{Restore: []javaks.Removed{r}, Add: []javaks.Addition{addition("x", pki.Root.Raw)}})
		}
		if !errors.Is(err, javaks.ErrBadRecord) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// For every PKCS#12: what Java sees after a removal and its undo is what it saw
// before, and a file without protection is the same to the byte.
func TestRestorePKCS12(t *testing.T) {
	for _, f := range p12Fixtures {
		original := f.read(t)
		ks := open(t, original, f.secret())
		if ks.EditError() != nil {
			continue
		}
		all := removals(ks)
		records := saved(t, ks, all...)
		without, _ := edit(t, ks, javaks.Edit{Remove: all})
		for name, order := range orders(records) {
			data := without
			for _, r := range order {
				data, _ = edit(t, open(t, data, f.secret()), javaks.Edit{Restore: []javaks.Removed{r}})
			}
			back := open(t, data, f.secret())
			if got := short(back.Entries()); got != f.entries && len(all) > 0 {
				t.Errorf("%s: restored %s: %s", f.file, name, got)
			}
			// A file without a MAC has no password once nothing is encrypted.
			if back.Protection() != ks.Protection() && f.protection != encrypted {
				t.Errorf("%s: restored %s: protection %+v", f.file, name, back.Protection())
			}
			if f.protection == clear && !bytes.Equal(data, original) {
				t.Errorf("%s: restored %s: the file differs", f.file, name)
			}
			if !sameEntries(ks.Entries(), back.Entries()) {
				t.Errorf("%s: restored %s: an entry differs", f.file, name)
			}
		}
	}
}

func sameEntries(a, b []javaks.Entry) bool {
	return slices.EqualFunc(a, b, func(a, b javaks.Entry) bool {
		return a.Alias == b.Alias && a.Kind == b.Kind && slices.EqualFunc(a.Chain, b.Chain, bytes.Equal)
	})
}

// Nameless entries, entries under one name, and unknown attributes come back
// where they were: Java numbers the nameless and takes the last of a name.
func TestRestorePKCS12OddBags(t *testing.T) {
	pki := javatest.NewPKI(t)
	a, b, c := pki.Root.Raw, pki.Issuing.Raw, extra(t)
	bags := []javaks.CraftedBag{
		{Nameless: true, DER: a}, {Alias: "x", DER: b}, {Nameless: true, DER: c}, {Alias: "x", DER: c}, {Alias: "2", DER: a},
	}
	original := javaks.CraftPKCS12(t, bags...)
	ks := open(t, original, "changeit")
	for _, der := range [][]byte{a, b, c} {
		one := javaks.Removal{SHA256: sha256.Sum256(der)}
		records := saved(t, ks, one)
		without, _ := edit(t, ks, javaks.Edit{Remove: []javaks.Removal{one}})
		back, _ := edit(t, open(t, without, "changeit"), javaks.Edit{Restore: records})
		if got := open(t, back, "changeit"); !sameEntries(ks.Entries(), got.Entries()) {
			t.Errorf("%s instead of %s", short(got.Entries()), short(ks.Entries()))
		}
	}
}
