package javaks_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
)

func TestPKCS12Entries(t *testing.T) {
	for _, f := range p12Fixtures {
		ks := open(t, f.read(t), f.secret())
		if got := short(ks.Entries()); got != f.entries {
			t.Errorf("%s: entries %q", f.file, got)
		}
		if got := ks.Protection(); got != f.protection {
			t.Errorf("%s: protection %+v", f.file, got)
		}
		if err := ks.EditError(); err != nil {
			t.Errorf("%s: %v", f.file, err)
		}
	}
}

// Every file can be given a certificate, is left alone when it has it, and
// loses it again, while all other entries stay as they are.
func TestPKCS12AddAndRemove(t *testing.T) {
	der := extra(t)
	add := javaks.Edit{Add: []javaks.Addition{{Alias: "Extra", DER: der}}}
	remove := javaks.Edit{Remove: []javaks.Removal{{SHA256: sha256.Sum256(der)}}}
	for _, f := range p12Fixtures {
		t.Run(f.file, func(t *testing.T) {
			t.Parallel()
			original := f.read(t)
			ks := open(t, original, f.secret())
			if out, added := edit(t, ks, remove); len(added) != 0 || !bytes.Equal(out, original) {
				t.Error("the removal of what is absent changes the file")
			}

			with, added := edit(t, ks, add)
			if short(added) != "T:extra" || !bytes.Equal(added[0].Chain[0], der) {
				t.Fatalf("added %v", added)
			}
			ks = open(t, with, f.secret())
			rest := slices.DeleteFunc(ks.Entries(), func(e javaks.Entry) bool { return e.Alias == "extra" })
			if got := short(rest); got != f.entries || len(ks.Entries()) != len(rest)+1 {
				t.Errorf("after the addition: %q", short(ks.Entries()))
			}
			if out, added := edit(t, ks, add); len(added) != 0 || !bytes.Equal(out, with) {
				t.Error("a second addition changes the file")
			}

			without, _ := edit(t, ks, remove)
			if got := short(open(t, without, f.secret()).Entries()); got != f.entries {
				t.Errorf("after the removal: %q", got)
			}
			if f.protection == clear && !bytes.Equal(without, original) {
				t.Error("addition and removal do not give the original back")
			}
			if f.protection != clear && len(without) != len(original) {
				t.Errorf("addition and removal make %d bytes of %d", len(without), len(original))
			}
		})
	}
}

// Two edits under one salt and IV would let an observer compare them.
func TestPKCS12EncryptsAnew(t *testing.T) {
	for _, name := range []string{"keytool-default", "keytool-legacy-rc2-40", "go-pbmac1"} {
		ks := open(t, p12(t, name), "changeit")
		add := javaks.Edit{Add: []javaks.Addition{{Alias: "extra", DER: extra(t)}}}
		one, _ := edit(t, ks, add)
		two, _ := edit(t, ks, add)
		if len(one) != len(two) {
			t.Fatalf("%s: %d and %d bytes", name, len(one), len(two))
		}
		var differ int
		for i := range one {
			if one[i] != two[i] {
				differ++
			}
		}
		// The ciphertext of three certificates, the MAC and two salts.
		if differ < 900 {
			t.Errorf("%s: two edits differ in only %d bytes", name, differ)
		}
	}
}

// An edit that replaces all certificates keeps how they are protected.
func TestPKCS12ReplaceAll(t *testing.T) {
	const pbes2, rc2 = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d", "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x06"
	for name, algorithm := range map[string]string{
		"keytool-default": pbes2, "keytool-encrypted-only": pbes2, "keytool-legacy-rc2-40": rc2, "keytool-passwordless": "",
	} {
		ks := open(t, p12(t, name), "changeit")
		change := javaks.Edit{Add: []javaks.Addition{{Alias: "new", DER: extra(t)}}}
		for _, e := range ks.Entries() {
			change.Remove = append(change.Remove, javaks.Removal{SHA256: fingerprint(t, e)})
		}
		out, _ := edit(t, ks, change)
		after := open(t, out, "changeit")
		if short(after.Entries()) != "T:new" || after.Protection() != ks.Protection() || !bytes.Contains(out, []byte(algorithm)) {
			t.Errorf("%s: %s, %+v", name, short(after.Entries()), after.Protection())
		}
	}
}

func TestPKCS12Passwords(t *testing.T) {
	_, err := javaks.Open(p12(t, "keytool-default"), "wrong!")
	if err != nil {
		t.Errorf("a default password does not open a store: %v", err)
	}
	for _, name := range []string{"openssl-chinese-password", "openssl-chinese-password-legacy"} {
		if _, err := javaks.Open(p12(t, name)); !errors.Is(err, javaks.ErrPasswordRequired) {
			t.Errorf("%s without a password: %v", name, err)
		}
		if _, err := javaks.Open(p12(t, name), "密碼"); !errors.Is(err, javaks.ErrWrongPassword) {
			t.Errorf("%s with a wrong password: %v", name, err)
		}
	}
	for _, password := range [][]string{nil, {""}, {"whatever"}} {
		if ks, err := javaks.Open(p12(t, "keytool-passwordless"), password...); err != nil || ks.EditError() != nil {
			t.Errorf("passwordless: %v", err)
		}
	}
}

// What is under the MAC but not encrypted can be listed without the password,
// as a JVM reads it, and not edited.
func TestPKCS12ListedWithoutPassword(t *testing.T) {
	data := p12(t, "keytool-mac-only")
	data[len(data)-40] ^= 1 // the MAC: no password is right any more
	for want, password := range map[error][]string{
		javaks.ErrPasswordRequired: nil,
		javaks.ErrWrongPassword:    {"other"},
	} {
		ks, err := javaks.Open(data, password...)
		if err != nil {
			t.Fatal(err)
		}
		if got := short(ks.Entries()); got != twoTrusted {
			t.Errorf("entries %q", got)
		}
		if _, _, err := ks.Edit(javaks.Edit{}); !errors.Is(err, want) {
			t.Errorf("edit: %v", err)
		}
	}
}

func TestPKCS12Unsupported(t *testing.T) {
	_, err := javaks.Open(p12(t, "keytool-rc4-128"))
	if !errors.Is(err, javaks.ErrUnsupported) || !strings.Contains(err.Error(), "RC4") {
		t.Errorf("RC4: %v", err)
	}
	ks, err := javaks.Open(p12(t, "nss-ber"))
	if err != nil {
		t.Fatal(err)
	}
	if got := short(ks.Entries()); got != "K:leaf C:Fixture CA 1 C:leaf" {
		t.Errorf("BER: entries %q", got)
	}
	if err := ks.EditError(); !errors.Is(err, javaks.ErrUnsupported) || !strings.Contains(err.Error(), "BER") {
		t.Errorf("BER: %v", err)
	}
	ks, err = javaks.Open(append(p12(t, "keytool-passwordless"), 0))
	if err != nil {
		t.Fatal(err)
	}
	if got := short(ks.Entries()); got != twoTrusted {
		t.Errorf("trailing byte: entries %q", got)
	}
	if err := ks.EditError(); !errors.Is(err, javaks.ErrUnsupported) {
		t.Errorf("trailing byte: %v", err)
	}
}

// Aliases are placed beside those that Java sees, in lower case.
func TestPKCS12AliasesAreUnique(t *testing.T) {
	ks := open(t, p12(t, "keytool-keys-and-secret"), "changeit")
	ca := fixtureCA(t)
	_, added := edit(t, ks, javaks.Edit{Add: []javaks.Addition{{Alias: "SECRET", DER: extra(t)}, {Alias: "secret", DER: ca}, {Alias: "third", DER: ca}}})
	if got := short(added); got != "T:secret-2 T:secret-3" {
		t.Errorf("added %s", got)
	}
}

// fixtureCA is another certificate that the keytool fixtures with keys lack.
func fixtureCA(t testing.TB) []byte {
	t.Helper()
	return open(t, fixture(t, "trust.jks"), "changeit").Entries()[0].Chain[0]
}

// Only trusted entries go: not the same certificate as chain material, nor keys.
func TestPKCS12RemovesTrustedOnly(t *testing.T) {
	for _, name := range []string{"openssl-nokeys", "openssl-key", "keytool-key-only"} {
		data := p12(t, name)
		ks := open(t, data, "changeit")
		var change javaks.Edit
		for _, e := range ks.Entries() {
			change.Remove = append(change.Remove, javaks.Removal{SHA256: fingerprint(t, e)})
		}
		if out, _ := edit(t, ks, change); !bytes.Equal(out, data) {
			t.Errorf("%s has changed", name)
		}
	}
	ks := open(t, p12(t, "keytool-default"), "changeit")
	victim := find(t, ks, "Ca One")
	for alias, want := range map[string]string{"": "T:第二", "ca one": "T:第二", "Ca One": "T:第二", "other": twoTrusted} {
		out, _ := edit(t, ks, javaks.Edit{Remove: []javaks.Removal{{SHA256: fingerprint(t, victim), Alias: alias}}})
		if got := short(open(t, out, "changeit").Entries()); got != want {
			t.Errorf("removal of %q: %s", alias, got)
		}
	}
}

func TestNewPKCS12(t *testing.T) {
	add := []javaks.Addition{
		{Alias: "Ca", DER: extra(t)}, {Alias: "again", DER: extra(t)}, {Alias: "CA", DER: fixtureCA(t)},
	}
	for password, want := range map[string]javaks.Protection{"": clear, "changeit": whole, "密碼": whole} {
		data, err := javaks.New(javaks.PKCS12, password, add)
		if err != nil {
			t.Fatal(err)
		}
		ks := open(t, data, password)
		if got := short(ks.Entries()); got != "T:ca T:ca-2" || ks.Protection() != want {
			t.Errorf("password %q: %s, %+v", password, got, ks.Protection())
		}
		if data, err = javaks.New(javaks.PKCS12, password, nil); err != nil {
			t.Fatal(err)
		}
		if out, _ := edit(t, open(t, data, password), javaks.Edit{Add: add}); short(open(t, out, password).Entries()) != "T:ca T:ca-2" {
			t.Errorf("password %q: an empty store does not take certificates", password)
		}
	}
}
