package javaks

import (
	"testing"
	"time"
)

// The independent reader must notice whatever our own reader could get wrong.
func TestRecheckSeesEveryDifference(t *testing.T) {
	for _, name := range []string{"trust.jks", "keys.jks", "v1.jks", "dup-alias.jks", "upper-alias.jks"} {
		parse := func() *jksFile {
			file, err := parseJKS(readFile(t, "../testdata/jks/"+name))
			if err != nil {
				t.Fatal(err)
			}
			return file
		}
		if err := recheckJKS(parse(), "changeit"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for what, spoil := range map[string]func(*jksFile, *jksEntry){
			"entry lost":       func(f *jksFile, _ *jksEntry) { f.list = f.list[:len(f.list)-1] },
			"kind":             func(_ *jksFile, e *jksEntry) { e.tag ^= tagKey ^ tagTrusted },
			"certificate":      func(_ *jksFile, e *jksEntry) { e.Chain = [][]byte{{1}} },
			"certificate lost": func(_ *jksFile, e *jksEntry) { e.Chain = nil },
			"date":             func(_ *jksFile, e *jksEntry) { e.Created = e.Created.Add(time.Millisecond) },
		} {
			if what == "entry lost" && name == "dup-alias.jks" {
				continue // keystore-go sees the last entry of an alias only
			}
			file := parse()
			// It shows the dates of trusted entries only.
			for i := range file.list {
				if e := &file.list[i]; e.tag == tagTrusted && e.name != "same" || i == len(file.list)-1 {
					spoil(file, e)
					break
				}
			}
			if recheckJKS(file, "changeit") == nil {
				t.Errorf("%s: %s: not noticed", name, what)
			}
		}
		if recheckJKS(parse(), "wrong") == nil {
			t.Errorf("%s: wrong password not noticed", name)
		}
	}
}
