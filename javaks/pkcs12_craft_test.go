package javaks

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Files that no program at hand writes, made from the package's own parts.

// craftPKCS12 writes a file of the given contents; a nil MAC makes none.
func craftPKCS12(t testing.TB, m *mac, key secret, contents ...content) []byte {
	t.Helper()
	s := &pkcs12Store{mac: m, key: unlocking{mac: key}}
	data, err := s.encode(contents, newWork())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func craftBag(t testing.TB, alias string, der []byte) bag {
	t.Helper()
	b, err := newTrustedBag(alias, der)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// craftMAC returns a MacData with SHA-256 and the given iteration count.
func craftMAC(t testing.TB, iterations int64) []byte {
	t.Helper()
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addOID(b, dotted("2.16.840.1.101.3.4.2.1"))
				b.AddASN1NULL()
			})
			b.AddASN1OctetString(make([]byte, sha256.Size))
		})
		b.AddASN1OctetString(make([]byte, 20))
		b.AddASN1Int64(iterations)
	})
	return b.BytesOrPanic()
}

// craftPBE returns the AlgorithmIdentifier of pbeWithSHAAnd3-KeyTripleDES-CBC.
func craftPBE(iterations int64) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, dotted("1.2.840.113549.1.12.1.3"))
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(make([]byte, 8))
			b.AddASN1Int64(iterations)
		})
	})
	return b.BytesOrPanic()
}

// craftEncrypted returns an encrypted content.
func craftEncrypted(t testing.TB, algorithm []byte, key secret, bags ...bag) content {
	t.Helper()
	c, err := newEncryptedContent(key)
	if err != nil {
		t.Fatal(err)
	}
	if c.encryption.scheme, err = parsePBE(algorithm); err != nil {
		t.Fatal(err)
	}
	c.bags = bags
	return c
}

func crafted(t testing.TB, data []byte, passwords ...string) *pkcs12Store {
	t.Helper()
	s, err := openPKCS12(data, passwords)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*pkcs12Store)
}

func testCertificates(t testing.TB) [][]byte {
	t.Helper()
	extra, err := os.ReadFile(filepath.Join("..", "testdata", "jks", "extra.der"))
	if err != nil {
		t.Fatal(err)
	}
	store, err := os.ReadFile(filepath.Join("..", "testdata", "pkcs12", "keytool-passwordless.p12"))
	if err != nil {
		t.Fatal(err)
	}
	all := [][]byte{extra}
	for _, e := range crafted(t, store).entries() {
		all = append(all, e.Chain[0])
	}
	return all
}

// The empty password without a terminator is another password than the empty
// one with it, and OpenSSL writes both.
func TestPKCS12EmptyPasswordWithoutTerminator(t *testing.T) {
	certificates := testCertificates(t)
	data := CraftUnterminated(t, certificates[0])
	out, added, err := edited(crafted(t, data), Edit{Add: []Addition{{Alias: "two", DER: certificates[1]}}})
	if err != nil || len(added) != 1 {
		t.Fatal(added, err)
	}
	s := crafted(t, out, "")
	if len(s.entries()) != 2 || s.key.mac.bmp != nil || s.contents[0].encryption.secret.bmp != nil {
		t.Errorf("entries %v, MAC and encryption under %x and %x", s.entries(), s.key.mac.bmp, s.contents[0].encryption.secret.bmp)
	}
}

func TestPKCS12TwoPasswords(t *testing.T) {
	m, err := parseMAC(craftMAC(t, 10))
	if err != nil {
		t.Fatal(err)
	}
	data := craftPKCS12(t, m, secrets("changeit")[0],
		craftEncrypted(t, craftPBE(10), secrets("other")[0], craftBag(t, "one", testCertificates(t)[0])))
	if _, err := openPKCS12(data, nil); !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

func TestPKCS12IterationLimits(t *testing.T) {
	for iterations, want := range map[int64]error{
		-1: ErrDamaged, 0: ErrDamaged, 5_000_001: ErrTooLarge, 1 << 31: ErrTooLarge, 1 << 62: ErrTooLarge,
	} {
		if _, err := parseMAC(craftMAC(t, iterations)); !errors.Is(err, want) {
			t.Errorf("MAC of %d iterations: %v", iterations, err)
		}
		if _, err := parsePBE(craftPBE(iterations)); !errors.Is(err, want) {
			t.Errorf("encryption of %d iterations: %v", iterations, err)
		}
	}
	m, err := parseMAC(craftMAC(t, maxIterations))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.verify(secret{}, nil, limitedWork(maxIterations-1)); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// Many contents of a permitted count each are too much together.
func TestPKCS12TotalWorkIsBounded(t *testing.T) {
	var contents []content
	for range 100 {
		contents = append(contents, craftEncrypted(t, craftPBE(1000), secrets("changeit")[0]))
	}
	data := craftPKCS12(t, nil, secret{}, contents...)
	const each = 3 * 1000 // key and IV
	if _, err := openPKCS12With(data, []string{"changeit"}, ErrWrongPassword, limitedWork(100*each)); err != nil {
		t.Error(err)
	}
	if _, err := openPKCS12With(data, []string{"changeit"}, ErrWrongPassword, limitedWork(99*each)); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

func TestPKCS12CountsAreBounded(t *testing.T) {
	small := bag{raw: []byte("\x30\x05\x06\x01\x2a\xa0\x00")}
	full := content{changed: true, bags: slices.Repeat([]bag{small}, maxBags)}
	if _, err := openPKCS12(craftPKCS12(t, nil, secret{}, full), nil); err != nil {
		t.Error(err)
	}
	if _, err := openPKCS12(craftPKCS12(t, nil, secret{}, full, content{changed: true, bags: []bag{small}}), nil); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	many := slices.Repeat([]content{{changed: true}}, maxContents+1)
	if _, err := openPKCS12(craftPKCS12(t, nil, secret{}, many...), nil); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
}

// Where Java keeps one of two names, the other does not come to light by our
// removal of the first.
func TestPKCS12Hidden(t *testing.T) {
	certificates := testCertificates(t)
	data := craftPKCS12(t, nil, secret{}, content{changed: true, bags: []bag{
		craftBag(t, "Same", certificates[0]), craftBag(t, "other", certificates[1]), craftBag(t, "same", certificates[2]),
	}})
	s := crafted(t, data)
	kinds := func(s *pkcs12Store) string {
		var all []string
		for _, e := range s.entries() {
			all = append(all, e.Alias+" "+string(e.Kind))
		}
		return strings.Join(all, ", ")
	}
	if got := kinds(s); got != "Same hidden, other trusted-certificate, same trusted-certificate" {
		t.Error(got)
	}
	out, _, err := edited(s, Edit{Remove: []Removal{{SHA256: sha256.Sum256(certificates[2])}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := kinds(crafted(t, out)); got != "other trusted-certificate" {
		t.Error(got)
	}
	// What is hidden is not there: an addition makes it an anchor.
	_, added, err := edited(s, Edit{Add: []Addition{{Alias: "new", DER: certificates[0]}}})
	if err != nil || len(added) != 1 {
		t.Error(added, err)
	}
}

// A private key that a trusted certificate hides does not come to light either.
func TestPKCS12HiddenKey(t *testing.T) {
	der := testCertificates(t)[0]
	key := craftBag(t, "same", der)
	key.raw = bytes.Replace(key.raw, []byte(oidCertBag), []byte(oidShroudedKeyBag), 1)
	data := craftPKCS12(t, nil, secret{}, content{changed: true, bags: []bag{key, craftBag(t, "same", der)}})
	_, _, err := edited(crafted(t, data), Edit{Remove: []Removal{{SHA256: sha256.Sum256(der)}}})
	if !errors.Is(err, ErrUnsupported) {
		t.Error(err)
	}
}

// What surrounds the bags stays, known or not.
func TestPKCS12KeepsWhatItDoesNotKnow(t *testing.T) {
	certificates := testCertificates(t)
	key := secrets("changeit")[0]
	foreign := []byte("\x30\x0b\x06\x04\x2a\x03\x04\x05\xa0\x03\x04\x01\x07")
	c := craftEncrypted(t, craftPBE(10), key, craftBag(t, "one", certificates[0]), bag{raw: foreign})
	c.encryption.attributes = []byte("\xa1\x02\x05\x00")
	data := craftPKCS12(t, nil, secret{}, c)
	s := crafted(t, data)
	out, _, err := edited(s, Edit{Add: []Addition{{Alias: "two", DER: certificates[1]}}})
	if err != nil {
		t.Fatal(err)
	}
	got := crafted(t, out).contents[0]
	if string(got.bags[1].raw) != string(foreign) || string(got.encryption.attributes) != string(c.encryption.attributes) {
		t.Errorf("%x, %x", got.bags[1].raw, got.encryption.attributes)
	}
}

func TestPKCS12RefusesOtherContentTypes(t *testing.T) {
	raw, err := encodeContentInfo(dotted("1.2.840.113549.1.7.3"), func(b *cryptobyte.Builder) { b.AddASN1NULL() })
	if err != nil {
		t.Fatal(err)
	}
	_, err = openPKCS12(craftPKCS12(t, nil, secret{}, content{raw: raw}), nil)
	if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "1.2.840.113549.1.7.3") {
		t.Error(err)
	}
}
