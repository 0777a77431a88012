package javaks_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
)

func TestJKSEntries(t *testing.T) {
	for _, f := range jksFixtures {
		ks := open(t, fixture(t, f.file), f.password)
		var aliases []string
		hidden := 0
		for _, e := range ks.Entries() {
			aliases = append(aliases, e.Alias)
			if e.Kind == javaks.Hidden {
				hidden++
			}
			if e.Created.Year() < 2024 || len(e.Chain) != 1 {
				t.Errorf("%s: %q: created %s, %d certificates", f.file, e.Alias, e.Created, len(e.Chain))
			}
		}
		// keytool writes in the order of a hash table.
		slices.Sort(aliases)
		if want := slices.Sorted(slices.Values(f.aliases)); !slices.Equal(aliases, want) || hidden != f.hidden {
			t.Errorf("%s: %q, %d hidden", f.file, aliases, hidden)
		}
		if err := ks.EditError(); err != nil || ks.Format() != javaks.JKS {
			t.Errorf("%s: %s, %v", f.file, ks.Format(), err)
		}
		if got := ks.Protection(); got != (javaks.Protection{Integrity: true}) {
			t.Errorf("%s: %+v", f.file, got)
		}
	}
	keys := open(t, fixture(t, "keys.jks"), "changeit")
	if got := find(t, keys, "one").Kind; got != javaks.PrivateKey {
		t.Errorf("a key is a %s", got)
	}
}

// Without its password a JKS can be listed, and says why it cannot be edited.
func TestJKSPasswords(t *testing.T) {
	const chinese = "chinese-password.jks"
	for _, c := range []struct {
		file  string
		given []string
		want  error
	}{
		{"trust.jks", nil, nil},
		{"trust.jks", []string{"wrong"}, nil}, // a default opens it
		{"empty-password.jks", nil, nil},
		{chinese, nil, javaks.ErrPasswordRequired},
		{chinese, []string{""}, javaks.ErrWrongPassword},
		{chinese, []string{"密碼測試"}, javaks.ErrWrongPassword},
		{chinese, []string{"密碼測試密碼"}, nil},
		{"trailing.jks", nil, javaks.ErrUnsupported},
		{"secret.jceks", nil, javaks.ErrUnsupported},
	} {
		ks, err := javaks.Open(fixture(t, c.file), c.given...)
		if err != nil {
			t.Fatal(err)
		}
		if got := ks.EditError(); !errors.Is(got, c.want) {
			t.Errorf("%s: %v instead of %v", c.file, got, c.want)
		}
		if len(ks.Entries()) == 0 {
			t.Errorf("%s: nothing listed", c.file)
		}
		out, _, err := ks.Edit(javaks.Edit{Add: []javaks.Addition{{Alias: "x", DER: extra(t)}}})
		if !errors.Is(err, c.want) || (out == nil) != (c.want != nil) {
			t.Errorf("%s: edit: %d bytes, %v", c.file, len(out), err)
		}
	}
}

func TestJCEKSIsListedUpToASecretKey(t *testing.T) {
	ks, err := javaks.Open(fixture(t, "secret.jceks"))
	if err != nil {
		t.Fatal(err)
	}
	if ks.Format() != javaks.JCEKS {
		t.Errorf("format %s", ks.Format())
	}
	list := ks.Entries()
	if last := list[len(list)-1]; last.Kind != javaks.SecretKey || last.Alias != "secret" {
		t.Errorf("last entry %q, %s", last.Alias, last.Kind)
	}
	if got := ks.EditError().Error(); !strings.Contains(got, `"secret"`) {
		t.Errorf("nothing says what cannot be listed: %s", got)
	}
}

// A certificate's bytes are the file's own, not copies.
func TestJKSSharesMemory(t *testing.T) {
	data := rawJKS(rawEntry{"a", extra(t)})
	chain := open(t, data, "changeit").Entries()[0].Chain
	i := bytes.Index(data, extra(t))
	if &data[i] != &chain[0][0] {
		t.Error("the certificate has been copied")
	}
	if cap(chain[0]) != len(chain[0]) {
		t.Error("an append to the certificate would overwrite the file")
	}
}

func TestJKSTruncated(t *testing.T) {
	for _, f := range jksFixtures {
		data := fixture(t, f.file)
		for n := range len(data) {
			if _, err := javaks.Open(data[:n:n], f.password); !errors.Is(err, cutOff(n)) {
				t.Fatalf("%s cut off after %d bytes: %v", f.file, n, err)
			}
		}
	}
	data := fixture(t, "secret.jceks")
	for n := range len(data) {
		if ks, err := javaks.Open(data[:n:n]); err == nil && ks.EditError() == nil {
			t.Fatalf("JCEKS cut off after %d bytes can be edited", n)
		}
	}
}

// cutOff is the error for the first n bytes of a keystore.
func cutOff(n int) error {
	if n == 0 {
		return javaks.ErrEmpty
	}
	return javaks.ErrTruncated
}

// A changed byte is always noticed: the digest covers everything.
func TestJKSChangedByteForbidsEdits(t *testing.T) {
	data := fixture(t, "v1.jks")
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		if ks, err := javaks.Open(bad, "changeit"); err == nil && ks.EditError() == nil {
			t.Fatalf("byte %d changed: can be edited", i)
		}
	}
}

func TestJKSLyingLengths(t *testing.T) {
	be := binary.BigEndian
	entry := func(tag uint32, rest ...byte) []byte {
		out := be.AppendUint32(be.AppendUint32(rawHeader(2), 1), tag)
		out = append(out, 0, 1, 'a', 0, 0, 0, 0, 0, 0, 0, 0)
		return append(out, rest...)
	}
	for _, c := range []struct {
		name string
		data []byte
		want error
	}{
		{"empty", nil, javaks.ErrEmpty},
		{"version 0", sign(append(rawHeader(0), 0, 0, 0, 0)), javaks.ErrDamaged},
		{"version 77", sign(append(rawHeader(77), 0, 0, 0, 0)), javaks.ErrDamaged},
		{"count 2^32-1", sign(append(rawHeader(2), 0xFF, 0xFF, 0xFF, 0xFF)), javaks.ErrDamaged},
		{"count 2^31", sign(append(rawHeader(2), 0x80, 0, 0, 0)), javaks.ErrDamaged},
		{"count 2^31-1", sign(append(rawHeader(2), 0x7F, 0xFF, 0xFF, 0xFF)), javaks.ErrDamaged},
		{"count 1, no entry", sign(append(rawHeader(2), 0, 0, 0, 1)), javaks.ErrDamaged},
		{"count 65537", append(append(rawHeader(2), 0, 1, 0, 1), make([]byte, 2<<20)...), javaks.ErrTooLarge},
		{"secret key in a JKS", sign(entry(3, make([]byte, 20)...)), javaks.ErrDamaged},
		{"tag 0", sign(entry(0, make([]byte, 20)...)), javaks.ErrDamaged},
		{"key of 4 GiB", sign(entry(1, 0xFF, 0xFF, 0xFF, 0xFF)), javaks.ErrDamaged},
		// These two kill keystore-go v4.5.0.
		{"chain of 160 GiB", entry(1, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF), javaks.ErrDamaged},
		{"certificate of 1 GiB", entry(2, 0, 5, 'X', '.', '5', '0', '9', 0x40, 0, 0, 0), javaks.ErrDamaged},
		{"alias beyond the end", append(append(rawHeader(2), 0, 0, 0, 1, 0, 0, 0, 2, 0xFF, 0xFF), make([]byte, 30)...), javaks.ErrDamaged},
		{"alias is no modified UTF-8", rawJKS(rawEntry{"𠮷", extra(t)}), javaks.ErrDamaged},
		{"more than MaxSize", make([]byte, javaks.MaxSize+1), javaks.ErrTooLarge},
		{"neither", []byte("neither JKS nor PKCS#12"), javaks.ErrDamaged},
	} {
		ks, err := javaks.Open(c.data, "changeit")
		if !errors.Is(err, c.want) || ks != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// No input makes Open or Edit allocate more than 64 MiB above its size.
func TestJKSMemory(t *testing.T) {
	const slack = 64 << 20
	manyEntries := make([]rawEntry, 1<<16)
	longAliases := make([]rawEntry, 512)
	for i := range longAliases {
		longAliases[i].alias = strings.Repeat("Ⱥ", 8000/2)
	}
	manyCertificates := func(n uint32) []byte {
		out := binary.BigEndian.AppendUint32(append(rawHeader(1), 0, 0, 0, 1, 0, 0, 0, 1, 0, 0), 0)
		out = append(out, 0, 0, 0, 0, 0, 0, 0, 0)
		out = binary.BigEndian.AppendUint32(out, n)
		return sign(append(out, make([]byte, 4*n)...))
	}
	for name, data := range map[string][]byte{
		"many entries":               rawJKS(manyEntries...),
		"long aliases":               rawJKS(longAliases...),
		"many certificates":          manyCertificates(1 << 17),
		"too many certificates":      manyCertificates(1<<24 - 8),
		"count of 2^31-1":            append(append(rawHeader(2), 0x7F, 0xFF, 0xFF, 0xFF), make([]byte, 32<<20)...),
		"one certificate of 1 GiB":   append(rawJKS(rawEntry{"a", nil})[:31], 0x40, 0, 0, 0),
		"one certificate of 32 MiB":  rawJKS(rawEntry{"a", make([]byte, 32<<20)}),
		"largest":                    rawJKS(rawEntry{"a", make([]byte, javaks.MaxSize-1000)}),
		"largest, after its own end": append(rawJKS(), make([]byte, javaks.MaxSize-32)...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ks, err := javaks.Open(data)
		if err == nil {
			ks.Entries()
			_, _, err = ks.Edit(javaks.Edit{Add: []javaks.Addition{{Alias: "a", DER: extra(t)}}})
		}
		runtime.ReadMemStats(&after)
		if used := int64(after.TotalAlloc - before.TotalAlloc); used > int64(len(data))+slack {
			t.Errorf("%s: %d MiB for %d MiB (%v)", name, used>>20, len(data)>>20, err)
		}
	}
}
