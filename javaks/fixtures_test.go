package javaks_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/javaks"
)

// jksFixture is a file of testdata/jks, which testdata/gen makes.
type jksFixture struct {
	file     string
	password string
	aliases  []string // in the order of the file
	hidden   int      // how many of them Java does not see
	victim   string   // a trusted entry that may go
}

var jksFixtures = []jksFixture{
	{"trust.jks", "changeit", []string{"hongkong post root ca 1", "香港郵政", "plain", "𠮷"}, 0, "香港郵政"},
	{"keys.jks", "changeit", []string{"one", "two", "ca"}, 0, "ca"},
	{"v1.jks", "changeit", []string{"one", "two"}, 0, "one"},
	{"dup-alias.jks", "changeit", []string{"same", "other", "same"}, 1, "same"},
	{"two-aliases.jks", "changeit", []string{"first", "other", "second"}, 0, "second"},
	{"upper-alias.jks", "changeit", []string{"Upper", "lower"}, 1, "lower"},
	{"empty-password.jks", "", []string{"ca"}, 0, "ca"},
	{"chinese-password.jks", "密碼測試密碼", []string{"ca"}, 0, "ca"},
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "jks", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// extra is a CA that is in no fixture.
func extra(t testing.TB) []byte { return fixture(t, "extra.der") }

func open(t testing.TB, data []byte, password string) *javaks.Keystore {
	t.Helper()
	ks, err := javaks.Open(data, password)
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

func edit(t testing.TB, ks *javaks.Keystore, change javaks.Edit) ([]byte, []javaks.Entry) {
	t.Helper()
	out, added, err := ks.Edit(change)
	if err != nil {
		t.Fatal(err)
	}
	return out, added
}

// removal names a trusted entry by alias and certificate.
func removal(t testing.TB, ks *javaks.Keystore, alias string) javaks.Removal {
	t.Helper()
	return javaks.Removal{SHA256: fingerprint(t, find(t, ks, alias)), Alias: alias}
}

// find returns the entry that Java sees under an alias.
func find(t testing.TB, ks *javaks.Keystore, alias string) javaks.Entry {
	t.Helper()
	for _, e := range ks.Entries() {
		if e.Alias == alias && e.Kind != javaks.Hidden {
			return e
		}
	}
	t.Fatalf("no entry %q", alias)
	return javaks.Entry{}
}

func fingerprint(t testing.TB, e javaks.Entry) [32]byte {
	t.Helper()
	sum, ok := e.SHA256()
	if !ok {
		t.Fatalf("entry %q has no certificate", e.Alias)
	}
	return sum
}
