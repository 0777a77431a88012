package ecert_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzInspect: no file crashes the inspection, no inspection changes what it was
// given or depends on what came before, and none says more with a wrong password
// than without one.
func FuzzInspect(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join(fixtures, "*.p12"))
	if err != nil || len(seeds) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range seeds {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		// Those of NSS and BouncyCastle take seconds and half seconds each.
		if base := filepath.Base(name); !strings.HasPrefix(base, "nss") && !strings.HasPrefix(base, "bouncy") {
			f.Add(data, pin)
		}
	}
	f.Add(crafted(1, 1, 1), chinese)
	in := inspector(f)
	f.Fuzz(func(t *testing.T, data []byte, password string) {
		before := bytes.Clone(data)
		first := in.Bytes(data, &password)
		if !bytes.Equal(before, data) {
			t.Fatal("the file was changed in memory")
		}
		if again := in.Bytes(data, &password); codes(again.AllFindings()) != codes(first.AllFindings()) {
			t.Fatalf("first %s, then %s", codes(first.AllFindings()), codes(again.AllFindings()))
		}
		for _, id := range first.Identities {
			if id.Key != nil && !id.Key.Proven {
				t.Fatal("a key that is not proven")
			}
		}
	})
}
