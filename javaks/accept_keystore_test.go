package javaks

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// rootCA is a certificate that all programs take.
func rootCA(t testing.TB) []byte {
	t.Helper()
	root, ok := hkpost.BySlug("root-ca-3")
	if !ok {
		t.Fatal("no root-ca-3")
	}
	return root.DER()
}

// keystoreWith is a keystore with a sound CA and, under the alias "odd", another
// that Edit would not add.
func keystoreWith(t testing.TB, format Format, odd []byte) *Keystore {
	t.Helper()
	data, err := New(format, "changeit", []Addition{{Alias: "sound", DER: rootCA(t)}, {Alias: "odd", DER: odd, Restore: true}})
	if err != nil {
		t.Fatal(err)
	}
	ks, err := Open(data)
	if err != nil {
		t.Fatal(err)
	}
	return ks
}

// loads says whether the JDK loads the keystore.
func loads(t testing.TB, jdk javatest.JDK, ks *Keystore) bool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "store")
	if err := os.WriteFile(file, ks.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	password := "changeit"
	_, err := jdk.TryDump(t, file, "JKS", &password) // either format, by content
	return err == nil
}

// Of an entry that Java refuses, no JVM sees the others: it is named, and its
// removal makes the keystore whole.
func TestUnloadableIsWhatKeepsJavaOut(t *testing.T) {
	refused := refusedExamples(t)[0].der
	for _, format := range []Format{JKS, PKCS12} {
		ks := keystoreWith(t, format, refused)
		list := ks.Unloadable()
		var err *RefusedError
		if len(list) != 1 || list[0].Entry.Alias != "odd" || !errors.As(list[0].Err, &err) || !err.Every() {
			t.Fatalf("%s: %+v", format, list)
		}
		healed, _, editError := ks.With(Edit{Remove: []Removal{{SHA256: sha256.Sum256(refused)}}})
		if editError != nil {
			t.Fatal(editError)
		}
		if list := healed.Unloadable(); list != nil {
			t.Errorf("%s: afterwards %+v", format, list)
		}
		for _, jdk := range javatest.JDKs(t) {
			if loads(t, jdk, ks) || !loads(t, jdk, healed) {
				t.Errorf("%s: Java %s loads it with the entry, or not without", format, jdk.Version)
			}
		}
	}
}

// What would keep every JVM out is not added.
func TestEditAddsOnlyWhatJavaTakes(t *testing.T) {
	for _, e := range refusedExamples(t) {
		for _, format := range []Format{JKS, PKCS12} {
			_, err := New(format, "changeit", []Addition{{Alias: "a", DER: e.der, Unproven: true}})
			if !errors.Is(err, ErrRefused) && !errors.Is(err, ErrBadCertificate) {
				t.Errorf("%s: %s: %v", format, e.class, err)
			}
		}
	}
	// Go takes it, and nothing is known of what Java makes of the parameters.
	algorithm := seqOf(id("1.2.840.113549.1.5.13"), seqOf())
	name := seqOf(cons(0x31, seqOf(id("2.5.4.3"), text(0x0c, "A"))))
	unproven := seqOf(seqOf(cons(0xa0, numberOf(2)), numberOf(1), algorithm, name, seqOf(text(0x17, "200101000000Z"), text(0x17, "400101000000Z")), name,
		seqOf(seqOf(id("1.3.101.112")), bitsRaw(0, make([]byte, 32)...))), algorithm, bitsRaw(0, 1)).encode()
	addition := Addition{Alias: "a", DER: unproven}
	if _, err := New(JKS, "changeit", []Addition{addition}); !errors.Is(err, ErrUnproven) {
		t.Errorf("unproven: %v", err)
	}
	addition.Unproven = true
	if _, err := New(JKS, "changeit", []Addition{addition}); err != nil {
		t.Errorf("unproven, accepted: %v", err)
	}
}

// Java takes certificates that crypto/x509 does not parse. Their keystores are
// edited all the same, and they can go.
func TestEditWithCertificatesThatGoCannotParse(t *testing.T) {
	negative := bytes.Replace(exampleWith(), []byte{2, 1, 1, 0x30}, []byte{2, 1, 0xff, 0x30}, 1)
	curve := seqOf(seqOf(id("1.2.840.10045.2.1"), id("1.3.36.3.3.2.8.1.1.7")), bitsRaw(0, append([]byte{4}, make([]byte, 64)...)...)).encode()
	brainpool := withKey(curve)
	for name, odd := range map[string][]byte{"negative serial": negative, "brainpoolP256r1": brainpool} {
		if _, err := x509.ParseCertificate(odd); err == nil && name == "negative serial" {
			t.Fatalf("%s: crypto/x509 parses it", name)
		}
		if err := Acceptable(odd); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, format := range []Format{JKS, PKCS12} {
			ks := keystoreWith(t, format, odd)
			more, added, err := ks.With(Edit{Add: []Addition{{Alias: "more", DER: exampleWith()}}})
			if err != nil || len(added) != 1 {
				t.Errorf("%s, %s: adding another: %v", name, format, err)
				continue
			}
			without, _, err := more.With(Edit{Remove: []Removal{{SHA256: sha256.Sum256(odd)}}})
			if err != nil || len(without.Entries()) != 2 {
				t.Errorf("%s, %s: removing it: %v", name, format, err)
				continue
			}
			if jdk := javatest.JDKs(t)[0]; !loads(t, jdk, more) || !loads(t, jdk, without) {
				t.Errorf("%s, %s: Java %s does not load it", name, format, jdk.Version)
			}
		}
	}
}

// withKey is a sound certificate with this SubjectPublicKeyInfo.
func withKey(key []byte) []byte {
	name := seqOf(cons(0x31, seqOf(id("2.5.4.3"), text(0x0c, "A"))))
	algorithm := seqOf(id("1.3.101.112"))
	return seqOf(&node{tag: 0x30, kids: []*node{cons(0xa0, numberOf(2)), numberOf(1), algorithm, name,
		seqOf(text(0x17, "200101000000Z"), text(0x17, "400101000000Z")), name}, tail: key}, algorithm, bitsRaw(0, 1)).encode()
}

// The judgement is of foreign bytes: it must end, and must not depend on what
// is not read.
func FuzzAcceptable(f *testing.F) {
	for _, e := range refusedExamples(f) {
		f.Add(e.der)
	}
	f.Add(exampleWith())
	f.Fuzz(func(t *testing.T, der []byte) {
		before := bytes.Clone(der)
		err := Acceptable(der)
		if !bytes.Equal(before, der) {
			t.Fatal("it changed the certificate")
		}
		if err != nil && !errors.Is(err, ErrRefused) && !errors.Is(err, ErrUnproven) {
			t.Fatalf("an error of no kind: %v", err)
		}
		if err == nil && !errors.Is(Acceptable(append(before, 0)), ErrUnproven) {
			t.Fatal("a byte more is not noticed")
		}
	})
}

func TestAcceptableIsBounded(t *testing.T) {
	var unproven *UnprovenError
	if err := Acceptable(make([]byte, MaxJudged+1)); !errors.As(err, &unproven) || unproven.Code != DoubtSize {
		t.Error(err)
	}
	if err := Acceptable(nil); !errors.Is(err, ErrRefused) {
		t.Error(err)
	}
	if err := Acceptable([]byte("-----BEGIN CERTIFICATE-----")); !errors.As(err, &unproven) || unproven.Code != DoubtText {
		t.Error(err)
	}
}

func BenchmarkAcceptable(b *testing.B) {
	der := rootCA(b)
	for b.Loop() {
		if err := Acceptable(der); err != nil {
			b.Fatal(err)
		}
	}
}

// What a keystore says of an entry can keep JVMs out as well.
func TestUnloadableByWhatTheKeystoreSays(t *testing.T) {
	pkcs12, err := New(PKCS12, "", []Addition{{Alias: "ca", DER: rootCA(t)}})
	if err != nil {
		t.Fatal(err)
	}
	jks, err := New(JKS, "changeit", []Addition{{Alias: "ca", DER: rootCA(t)}})
	if err != nil {
		t.Fatal(err)
	}
	changed := func(data []byte, from, to string) []byte {
		if bytes.Count(data, []byte(from)) != 1 {
			t.Fatalf("%q is not there once", from)
		}
		return bytes.Replace(data, []byte(from), []byte(to), 1)
	}
	signed := func(data []byte) []byte {
		end := len(data) - sha1.Size
		digest := jksDigest("changeit", data[:end])
		return append(data[:end:end], digest[:]...)
	}
	name := "\x09\x14\x31\x06\x1e\x04\x00c\x00a"
	for _, c := range []struct {
		name string
		data []byte
		want string // the part that is refused; "" where JVMs load it
	}{
		{"sound PKCS#12", pkcs12, ""},
		{"sound JKS", jks, ""},
		{"type in another case", signed(changed(jks, "X.509", "x.509")), ""},
		{"type of no factory", signed(changed(jks, "X.509", "FOO.9")), "type"},
		{"name in UTF-8", changed(pkcs12, name, "\x09\x14\x31\x06\x0c\x04\x00c\x00a"), "friendlyName"},
		{"usage that is no OID", changed(pkcs12, "\x31\x06\x06\x04\x55\x1d\x25\x00", "\x31\x06\x0c\x04\x55\x1d\x25\x00"), "trustedKeyUsage"},
		{"key id that is no octets", changed(pkcs12, name, "\x09\x15\x31\x06\x1e\x04\x00c\x00a"), "localKeyId"},
	} {
		ks, err := Open(c.data)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		got := ""
		var refused *RefusedError
		if list := ks.Unloadable(); len(list) == 1 && errors.As(list[0].Err, &refused) && refused.Code == RefusedEntry && refused.Every() {
			got = refused.Part
		} else if len(list) > 0 {
			t.Errorf("%s: %+v", c.name, list)
		}
		if got != c.want {
			t.Errorf("%s: refused %q, want %q", c.name, got, c.want)
		}
		file := filepath.Join(t.TempDir(), "keystore")
		if err := os.WriteFile(file, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, jdk := range javatest.JDKs(t) {
			if _, err := jdk.TryDump(t, file, string(ks.Format()), nil); (err == nil) != (c.want == "") {
				t.Errorf("%s: Java %d: %v", c.name, jdk.Major, err)
			}
		}
	}
}
