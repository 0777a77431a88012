package javaks

import (
	"bytes"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// refusedExample is a line of testdata/javacerts/refused.txt.
type refusedExample struct {
	class string
	code  Refusal
	der   []byte
}

func refusedExamples(t testing.TB) []refusedExample {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "javacerts", "refused.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var list []refusedExample
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		der, err := hex.DecodeString(f[2])
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, refusedExample{f[0], Refusal(f[1]), der})
	}
	return list
}

// Go takes each of these certificates; one of them in a keystore, and no JVM
// can load that.
func TestAcceptableRefusesWhatOnlyGoTakes(t *testing.T) {
	for _, e := range refusedExamples(t) {
		var refused *RefusedError
		if err := Acceptable(e.der); !errors.As(err, &refused) || !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", e.class, err)
		} else if refused.Code != e.code {
			t.Errorf("%s: %v has code %s", e.class, err, refused.Code)
		}
	}
}

// What JDKs and Debian ship, and what Hongkong Post has issued, is taken.
func TestAcceptableTakesRealAuthorities(t *testing.T) {
	judged := 0
	for _, c := range hkpost.Certificates() {
		if c.DER() == nil {
			continue // known by its fingerprint alone
		}
		judged++
		if err := Acceptable(c.DER()); err != nil {
			t.Errorf("%s: %v", c.Slug, err)
		}
	}
	for _, jdk := range javatest.JDKs(t) {
		data, err := os.ReadFile(jdk.Cacerts())
		if err != nil {
			t.Fatal(err)
		}
		ks, err := Open(data)
		if err != nil {
			t.Fatal(err)
		}
		judged += len(ks.Entries())
		for _, u := range ks.Unloadable() {
			t.Errorf("%s: %s: %v", jdk.Cacerts(), u.Entry.Alias, u.Err)
		}
	}
	bundle, _ := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		judged++
		if err := Acceptable(block.Bytes); err != nil {
			t.Errorf("%v\n%x", err, block.Bytes)
		}
	}
	if judged < 100 {
		t.Errorf("%d certificates only", judged)
	}
}

// exampleWith is a sound certificate with these extensions.
func exampleWith(extensions ...*node) []byte {
	name := seqOf(cons(0x31, seqOf(id("2.5.4.3"), text(0x0c, "A"))))
	algorithm := seqOf(id("1.3.101.112"))
	return seqOf(
		seqOf(cons(0xa0, numberOf(2)), numberOf(1), algorithm, name, seqOf(text(0x17, "200101000000Z"), text(0x17, "400101000000Z")), name,
			seqOf(algorithm, bitsRaw(0, make([]byte, 32)...)), cons(0xa3, seqOf(extensions...))),
		algorithm, bitsRaw(0, make([]byte, 64)...),
	).encode()
}

// criticalExtension is an Extension that holds one element.
func criticalExtension(oid string, content *node) *node {
	return seqOf(id(oid), prim(1, 0xff), &node{tag: 4, kids: []*node{content}})
}

// alternativeName is a certificate with a critical subjectAltName of one name.
func alternativeName(name *node) []byte {
	return exampleWith(criticalExtension("2.5.29.17", seqOf(name)))
}

// constrainedName is a certificate with critical nameConstraints that permit one
// name.
func constrainedName(name *node) []byte {
	return exampleWith(criticalExtension("2.5.29.30", seqOf(cons(0xa0, seqOf(name)))))
}

// mappedWithMask is an IPv4 network as one of IPv6, whose mask begins like this.
func mappedWithMask(mask byte) []byte {
	b := append(bytes.Clone(mappedPrefix[:]), 1, 2, 3, 4)
	return append(append(b, bytes.Repeat([]byte{mask}, 12)...), 255, 255, 0, 0)
}

// Releases differ; what one refuses is not fit for a machine's JVMs.
func TestAcceptableWhereReleasesDiffer(t *testing.T) {
	octets := prim(4, 5, 0)
	for range 31 {
		octets = cons(0x24, octets)
	}
	cases := []struct {
		name    string
		der     []byte
		refused []int
	}{
		{"otherName without a tag", alternativeName(cons(0xa0, id("1.2.3"), text(0x0c, "x"))), []int{21, 25}},
		{"ediPartyName of an assigner alone", alternativeName(cons(0xa5, cons(0x80, text(0x0c, "x")))), []int{21, 25}},
		{"ediPartyName whose party is no string", alternativeName(cons(0xa5, cons(0x81, prim(5)))), []int{21, 25}},
		{"IPv4 in IPv6 with a mask of IPv6", constrainedName(prim(0x87, mappedWithMask(0)...)), []int{17, 21}},
		{"IPv4 in IPv6 with a mask of IPv4", constrainedName(prim(0x87, mappedWithMask(0xff)...)), nil},
		{"host with a label of 64", alternativeName(text(0x86, "http://"+strings.Repeat("a", 64)+".b/")), []int{17, 21}},
		{"host of 254", alternativeName(text(0x86, "http://"+strings.Repeat("a.", 126)+"aa/")), []int{17, 21}},
		{"constraint with a hyphen at the end", constrainedName(text(0x86, "a-.b")), []int{17, 21}},
		{"host with a dot at the end", alternativeName(text(0x86, "http://a.b./")), []int{17, 21, 25}},
		{"OBJECT IDENTIFIER of 4097 bytes", exampleWith(criticalExtension("1.2.3", prim(5)), seqOf(prim(6, bytes.Repeat([]byte{1}, 4097)...), prim(4))), []int{17, 21, 25}},
		{"OBJECT IDENTIFIER of 4096 bytes", exampleWith(seqOf(prim(6, bytes.Repeat([]byte{1}, 4096)...), prim(4))), nil},
		{"extension in 31 segments", exampleWith(seqOf(id("1.2.3"), octets)), []int{17, 21}},
	}
	var ders [][]byte
	for _, c := range cases {
		ders = append(ders, c.der)
		for _, release := range Releases {
			if got, want := errors.Is(AcceptableTo(release, c.der), ErrRefused), slices.Contains(c.refused, release); got != want {
				t.Errorf("%s: refused by Java %d: %v, should be %v", c.name, release, got, want)
			}
		}
		if got := Acceptable(c.der); (got != nil) != (c.refused != nil) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	for _, jdk := range javatest.Newest(t) {
		if !slices.Contains(Releases[:], jdk.Major) {
			continue
		}
		for i, v := range jdk.JudgeCertificates(t, ders) {
			if v.Loads() == slices.Contains(cases[i].refused, jdk.Major) {
				t.Errorf("%s: Java %s says %+v", cases[i].name, jdk.Version, v)
			}
		}
	}
}
