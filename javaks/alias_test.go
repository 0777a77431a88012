package javaks

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
)

func TestPlaceAlias(t *testing.T) {
	for _, c := range []struct {
		wanted, taken, want string
	}{
		{"hktrust-root", "", "hktrust-root"},
		{"HKTrust-Root", "", "hktrust-root"},
		{"A", "a", "a-2"},
		{"a", "a a-2 a-4", "a-3"},
		{"香港郵政", "香港郵政", "香港郵政-2"},
		{"root [JD", "", "root [jd"},
	} {
		taken := make(map[string]bool)
		for _, alias := range strings.Fields(c.taken) {
			taken[alias] = true
		}
		if got, err := placeAlias(c.wanted, taken); got != c.want || err != nil {
			t.Errorf("%q beside %q: %q, %v", c.wanted, c.taken, got, err)
		}
	}
	for _, wanted := range []string{"", "\xFF", "GlobalSign [jdk]", "x [JDK"} {
		if got, err := placeAlias(wanted, nil); !errors.Is(err, ErrBadAlias) {
			t.Errorf("%q: %q, %v", wanted, got, err)
		}
	}
}

// keytool shows how Java lower-cases.
func TestLowerAliasIsJavas(t *testing.T) {
	aliases := []string{"MiXed-Case", "ÀÉ", "İSTANBUL", "ΟΔΟΣ", "ΣΑΣ.ΟΔΟΣ Σ 2Σ", "Α\u0301Σ\u0301Β ΑΣ\u0301", "ǅ", "𐐀香港"}
	pki, jdk := javatest.NewPKI(t), javatest.JDKs(t)[0]
	store := filepath.Join(t.TempDir(), "store")
	cert := pki.Root.File(t)
	var want, got []string
	for _, alias := range aliases {
		jdk.Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storetype", "JKS", "-storepass", "changeit",
			"-alias", alias, "-file", cert)
		got = append(got, lowerAlias(alias))
	}
	file, err := parseJKS(readFile(t, store))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range file.list {
		want = append(want, e.Alias)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%q instead of Java's %q", got, want)
	}
}
