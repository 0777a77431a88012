package javaks_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/testdata/javatest"
)

// rawDate is the date of rawJKS's entries.
var rawDate = time.UnixMilli(1_700_000_000_000)

func addition(alias string, der []byte) javaks.Addition {
	return javaks.Addition{Alias: alias, DER: der, Created: rawDate}
}

// An edit is exactly the cut and the splice that one would make by hand.
func TestJKSEditBytes(t *testing.T) {
	pki := javatest.NewPKI(t)
	a, b, c := pki.Root.Raw, pki.Issuing.Raw, pki.Leaf.Raw
	byCert := func(der []byte) javaks.Removal { return javaks.Removal{SHA256: sha256.Sum256(der)} }
	named := func(alias string, der []byte) javaks.Removal {
		return javaks.Removal{SHA256: sha256.Sum256(der), Alias: alias}
	}
	for _, test := range []struct {
		name       string
		from, want []rawEntry
		edit       javaks.Edit
	}{
		{"nothing", []rawEntry{{"a", a}}, []rawEntry{{"a", a}}, javaks.Edit{}},
		{"add to empty", nil, []rawEntry{{"a", a}}, javaks.Edit{Add: []javaks.Addition{addition("A", a)}}},
		{"add two", []rawEntry{{"a", a}}, []rawEntry{{"a", a}, {"b", b}, {"c", c}},
			javaks.Edit{Add: []javaks.Addition{addition("b", b), addition("c", c)}}},
		{"add one twice", []rawEntry{{"a", a}}, []rawEntry{{"a", a}, {"b", b}},
			javaks.Edit{Add: []javaks.Addition{addition("b", b), addition("c", b)}}},
		{"add what is there", []rawEntry{{"a", a}}, []rawEntry{{"a", a}}, javaks.Edit{Add: []javaks.Addition{addition("other", a)}}},
		{"add beside a taken alias", []rawEntry{{"x", a}}, []rawEntry{{"x", a}, {"x-2", b}, {"x-3", c}},
			javaks.Edit{Add: []javaks.Addition{addition("X", b), addition("x", c)}}},
		{"add beside an alias in upper case", []rawEntry{{"X", a}}, []rawEntry{{"X", a}, {"x-2", b}},
			javaks.Edit{Add: []javaks.Addition{addition("x", b)}}},
		{"add what Java does not see", []rawEntry{{"X", a}}, []rawEntry{{"X", a}, {"y", a}},
			javaks.Edit{Add: []javaks.Addition{addition("y", a)}}},
		{"remove first", []rawEntry{{"a", a}, {"b", b}}, []rawEntry{{"b", b}}, javaks.Edit{Remove: []javaks.Removal{byCert(a)}}},
		{"remove all", []rawEntry{{"a", a}, {"b", b}}, nil, javaks.Edit{Remove: []javaks.Removal{byCert(a), byCert(b)}}},
		{"remove what is not there", []rawEntry{{"a", a}}, []rawEntry{{"a", a}}, javaks.Edit{Remove: []javaks.Removal{byCert(b)}}},
		{"remove every copy", []rawEntry{{"x", a}, {"b", b}, {"y", a}}, []rawEntry{{"b", b}}, javaks.Edit{Remove: []javaks.Removal{byCert(a)}}},
		{"remove one copy", []rawEntry{{"x", a}, {"b", b}, {"y", a}}, []rawEntry{{"x", a}, {"b", b}},
			javaks.Edit{Remove: []javaks.Removal{named("y", a)}}},
		{"remove by the alias wanted", []rawEntry{{"x", a}}, nil, javaks.Edit{Remove: []javaks.Removal{named("X", a)}}},
		{"remove under another alias", []rawEntry{{"x", a}}, []rawEntry{{"x", a}}, javaks.Edit{Remove: []javaks.Removal{named("y", a)}}},
		{"remove another certificate", []rawEntry{{"x", a}}, []rawEntry{{"x", a}}, javaks.Edit{Remove: []javaks.Removal{named("x", b)}}},
		{"remove what Java does not see", []rawEntry{{"x", a}, {"x", b}}, []rawEntry{{"x", b}}, javaks.Edit{Remove: []javaks.Removal{byCert(a)}}},
		{"uncover nothing", []rawEntry{{"x", a}, {"c", c}, {"x", b}}, []rawEntry{{"c", c}}, javaks.Edit{Remove: []javaks.Removal{byCert(b)}}},
		{"replace", []rawEntry{{"x", a}, {"c", c}}, []rawEntry{{"c", c}, {"x", b}},
			javaks.Edit{Add: []javaks.Addition{addition("x", b)}, Remove: []javaks.Removal{byCert(a)}}},
	} {
		got, added := edit(t, open(t, rawJKS(test.from...), "changeit"), test.edit)
		if !bytes.Equal(got, rawJKS(test.want...)) {
			t.Errorf("%s: not the bytes expected; added %v", test.name, added)
		}
	}
}

// For every fixture: adding leaves all bytes of all entries in place, adding
// again changes nothing, and removing gives the original back.
func TestJKSEditFixtures(t *testing.T) {
	for _, f := range jksFixtures {
		original := fixture(t, f.file)
		kept := bytes.Clone(original)
		ks := open(t, original, f.password)
		change := javaks.Edit{Add: []javaks.Addition{addition("Extra", extra(t))}}
		with, added := edit(t, ks, change)
		if len(added) != 1 || added[0].Alias != "extra" || !added[0].Created.Equal(rawDate) {
			t.Errorf("%s: added %v", f.file, added)
		}
		if entries := original[12 : len(original)-20]; !bytes.HasPrefix(with[12:], entries) {
			t.Errorf("%s: an entry has changed", f.file)
		}
		again, added := edit(t, open(t, with, f.password), change)
		if len(added) != 0 || &again[0] != &with[0] {
			t.Errorf("%s: a second edit makes a change", f.file)
		}
		out := javaks.Edit{Remove: []javaks.Removal{{SHA256: sha256.Sum256(extra(t)), Alias: "extra"}}}
		if without, _ := edit(t, open(t, with, f.password), out); !bytes.Equal(without, kept) {
			t.Errorf("%s: add and remove do not give the original back", f.file)
		}
		if !bytes.Equal(original, kept) {
			t.Errorf("%s: the caller's bytes have changed", f.file)
		}
	}
}

func TestJKSEditNeverRemovesKeys(t *testing.T) {
	data := fixture(t, "keys.jks")
	ks := open(t, data, "changeit")
	key := find(t, ks, "one")
	out, _ := edit(t, ks, javaks.Edit{Remove: []javaks.Removal{{SHA256: fingerprint(t, key)}}})
	if !bytes.Equal(out, data) {
		t.Error("something has been removed")
	}

	// A key below a trusted entry of the same alias would come to light.
	ca := rawJKS(rawEntry{"one", extra(t)})
	merged := bytes.Clone(data[:len(data)-20])
	merged = append(merged, ca[12:len(ca)-20]...)
	binary.BigEndian.PutUint32(merged[8:], 4)
	_, _, err := open(t, sign(merged), "changeit").Edit(javaks.Edit{Remove: []javaks.Removal{{SHA256: sha256.Sum256(extra(t))}}})
	if !errors.Is(err, javaks.ErrUnsupported) {
		t.Errorf("uncovering a key: %v", err)
	}
}

func TestJKSEditRefuses(t *testing.T) {
	data := rawJKS(rawEntry{"a", fixture(t, "extra.der")})
	good := javatest.NewPKI(t).Root.Raw
	for _, c := range []struct {
		name string
		bad  javaks.Addition
		want error
	}{
		{"no certificate", addition("x", nil), javaks.ErrBadCertificate},
		{"PEM", addition("x", []byte("-----BEGIN CERTIFICATE-----")), javaks.ErrBadCertificate},
		{"cut off", addition("x", good[:len(good)-1]), javaks.ErrBadCertificate},
		{"trailing byte", addition("x", append(bytes.Clone(good), 0)), javaks.ErrBadCertificate},
		{"no alias", addition("", good), javaks.ErrBadAlias},
		{"alias of Java's own", addition("x [jdk]", good), javaks.ErrBadAlias},
		{"alias of 65536 bytes", addition(strings.Repeat("x", 1<<16), good), javaks.ErrBadAlias},
	} {
		out, added, err := open(t, data, "changeit").Edit(javaks.Edit{Add: []javaks.Addition{c.bad}})
		if !errors.Is(err, c.want) || out != nil || added != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if out, _ := edit(t, open(t, data, "changeit"), javaks.Edit{Add: []javaks.Addition{addition(strings.Repeat("香", 21845), good)}}); out == nil {
		t.Error("an alias of 65535 bytes is refused")
	}
}

func TestJKSEditDatesAreNowByDefault(t *testing.T) {
	_, added := edit(t, open(t, rawJKS(), "changeit"), javaks.Edit{Add: []javaks.Addition{{Alias: "x", DER: extra(t)}}})
	if age := time.Since(added[0].Created); age < 0 || age > time.Hour {
		t.Errorf("created %s", added[0].Created)
	}
}

func TestNewJKS(t *testing.T) {
	// What keytool and IcedTea-Web write.
	const header = "\xFE\xED\xFE\xED\x00\x00\x00\x02\x00\x00\x00\x00"
	for password, want := range map[string]string{
		"changeit": "\xe2\x68\x6e\x45\xfb\x43\xdf\xa4\xd9\x92\xdd\x41\xce\xb6\xb2\x1c\x63\x30\xd7\x92",
		"":         "\x57\xbe\xbc\x27\x62\xa2\x1d\x70\xff\xf2\x18\xdd\x59\x68\x01\x1f\xfe\x42\x3a\x69",
	} {
		if got, err := javaks.New(javaks.JKS, password, nil); err != nil || string(got) != header+want {
			t.Errorf("password %q: %x, %v", password, got, err)
		}
	}
	for _, password := range []string{"changeit", "密碼"} {
		got, err := javaks.New(javaks.JKS, password, []javaks.Addition{addition("B", extra(t)), addition("b", javatest.NewPKI(t).Root.Raw)})
		if err != nil {
			t.Fatal(err)
		}
		list := open(t, got, password).Entries()
		if len(list) != 2 || list[0].Alias != "b" || list[1].Alias != "b-2" {
			t.Errorf("entries %v", list)
		}
	}
	for _, format := range []javaks.Format{javaks.JCEKS, javaks.Unknown} {
		if _, err := javaks.New(format, "changeit", nil); !errors.Is(err, javaks.ErrUnsupported) {
			t.Errorf("%q: %v", format, err)
		}
	}
	if _, err := javaks.New(javaks.JKS, "", []javaks.Addition{addition("x", []byte("x"))}); !errors.Is(err, javaks.ErrBadCertificate) {
		t.Errorf("bad certificate: %v", err)
	}
}
