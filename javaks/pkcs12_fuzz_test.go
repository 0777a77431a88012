package javaks

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
)

// FuzzOpenPKCS12: no input crashes the parser, and where nothing is random, an
// addition and its removal give the original back.
func FuzzOpenPKCS12(f *testing.F) {
	seeds, err := filepath.Glob(filepath.Join("..", "testdata", "pkcs12", "*.p12"))
	if err != nil || len(seeds) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range seeds {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	der := testCertificates(f)[0]
	f.Fuzz(func(t *testing.T, data []byte) {
		// Enough for the seeds, without the seconds that Java's limit permits.
		s, err := openPKCS12With(data, []string{"changeit", ""}, ErrWrongPassword, limitedWork(60_000))
		if err != nil {
			return
		}
		s.entries()
		if s.editError() != nil || !s.unprotected() {
			return
		}
		with, added, err := edited(s, Edit{Add: []Addition{{Alias: "fuzz", DER: der}}})
		if err != nil {
			t.Fatal(err)
		}
		again, err := openPKCS12With(with, nil, ErrPasswordRequired, newWork())
		if err != nil {
			t.Fatal(err)
		}
		if len(again.entries()) != len(s.entries())+len(added) {
			t.Fatalf("%d entries and %d additions make %d", len(s.entries()), len(added), len(again.entries()))
		}
		without, _, err := edited(again, Edit{Remove: []Removal{{SHA256: sha256.Sum256(der), Alias: "fuzz"}}})
		if err != nil {
			t.Fatal(err)
		}
		if len(added) == 1 && !s.hasEmptyContent() && !bytes.Equal(without, data) {
			t.Fatal("addition and removal do not give the original back")
		}
	})
}

// hasEmptyContent: an addition may go there, and its removal drops it.
func (s *pkcs12Store) hasEmptyContent() bool {
	for _, c := range s.contents {
		if len(c.bags) == 0 {
			return true
		}
	}
	return false
}
