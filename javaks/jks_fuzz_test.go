package javaks_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/javaks"
)

// Whatever the bytes: no panic, errors of the documented kinds, and, where an
// edit is possible, add and remove give the bytes back.
func FuzzOpenJKS(f *testing.F) {
	files, err := filepath.Glob("../testdata/jks/*.j*ks")
	if err != nil || len(files) == 0 {
		f.Fatal("no fixtures", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(rawJKS())
	der := extra(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if format := javaks.Detect(data); format != javaks.JKS && format != javaks.JCEKS {
			return
		}
		javaks.LoadedWith(data, "changeit")
		ks := openAny(t, data)
		if ks != nil && ks.EditError() != nil && len(data) > 20 {
			// The right digest, which no fuzzer finds.
			data = sign(data[:len(data)-20])
			ks = openAny(t, data)
		}
		if ks == nil || ks.EditError() != nil {
			return
		}
		with, added, err := ks.Edit(javaks.Edit{Add: []javaks.Addition{{Alias: "fuzz", DER: der}}})
		if err != nil {
			if !errors.Is(err, javaks.ErrTooLarge) {
				t.Fatal(err)
			}
			return
		}
		if len(added) == 0 {
			return
		}
		without, _, err := open(t, with, "changeit").Edit(javaks.Edit{
			Remove: []javaks.Removal{{SHA256: sha256.Sum256(der), Alias: added[0].Alias}},
		})
		if err != nil || !bytes.Equal(without, data) {
			t.Fatalf("add and remove do not give the bytes back: %v", err)
		}
	})
}

// openAny opens what may be damaged; nil if it is.
func openAny(t *testing.T, data []byte) *javaks.Keystore {
	t.Helper()
	ks, err := javaks.Open(data, "changeit")
	if err != nil {
		if !errors.Is(err, javaks.ErrDamaged) && !errors.Is(err, javaks.ErrTooLarge) {
			t.Fatalf("untyped error: %v", err)
		}
		return nil
	}
	ks.Protection()
	for _, e := range ks.Entries() {
		if e.Kind == "" {
			t.Fatal("entry without a kind")
		}
		e.SHA256()
	}
	return ks
}
