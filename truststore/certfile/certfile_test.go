package certfile

import (
	"bytes"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// openssl runs the real openssl in a directory that holds one.pem, two.pem and
// three.pem, certificates whose common names are those, and their keys.
type openssl struct {
	t   testing.TB
	bin string
	dir string
}

func newOpenssl(t testing.TB) openssl {
	o := openssl{t, oracle.Need(t, "openssl"), t.TempDir()}
	for _, name := range []string{"one", "two", "three"} {
		o.run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
			"-subj", "/CN="+name, "-days", "2", "-keyout", name+".key", "-out", name+".pem")
	}
	return o
}

func (o openssl) run(args ...string) []byte {
	o.t.Helper()
	cmd := exec.Command(o.bin, args...)
	cmd.Dir = o.dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		o.t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out
}

func (o openssl) file(names ...string) []byte {
	o.t.Helper()
	var all []byte
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(o.dir, name))
		if err != nil {
			o.t.Fatal(err)
		}
		all = append(all, data...)
	}
	return all
}

func (o openssl) der(name string) []byte {
	return o.run("x509", "-in", name+".pem", "-outform", "DER")
}

// p7b is a bundle of all three certificates.
func (o openssl) p7b(form string) []byte {
	return o.run("crl2pkcs7", "-nocrl", "-certfile", "one.pem", "-certfile", "two.pem", "-certfile", "three.pem", "-outform", form)
}

func names(certs []*x509.Certificate) string {
	var out []string
	for _, c := range certs {
		out = append(out, c.Subject.CommonName)
	}
	return strings.Join(out, " ")
}

// bundle is what openssl's p7b holds: a SET, in openssl's order.
const bundle = "one two three"

func utf16With(order binary.AppendByteOrder, text []byte) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\uFEFF" + string(text))) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

func indent(text []byte) []byte {
	return []byte("    " + strings.ReplaceAll(string(text), "\n", "\r\n    "))
}

func TestParseWhatOpensslMakes(t *testing.T) {
	o := newOpenssl(t)
	one, two, three := o.file("one.pem"), o.file("two.pem"), o.file("three.pem")
	o.run("x509", "-in", "two.pem", "-trustout", "-addtrust", "serverAuth", "-out", "trusted.pem")
	o.run("cms", "-sign", "-in", "one.key", "-signer", "two.pem", "-inkey", "two.key", "-certfile", "three.pem",
		"-outform", "DER", "-stream", "-nodetach", "-binary", "-out", "stream.cms")
	o.run("x509", "-in", "one.pem", "-text", "-out", "text.pem")

	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"PEM":                      {one, "one"},
		"several PEM":              {o.file("one.pem", "two.pem", "three.pem"), "one two three"},
		"the same twice":           {o.file("two.pem", "one.pem", "two.pem"), "two one"},
		"with text":                {o.file("text.pem"), "one"},
		"X509 CERTIFICATE":         {bytes.ReplaceAll(one, []byte("CERTIFICATE"), []byte("X509 CERTIFICATE")), "one"},
		"TRUSTED CERTIFICATE":      {o.file("trusted.pem"), "two"},
		"with its key":             {o.file("one.key", "one.pem"), "one"},
		"byte order mark":          {append([]byte("\uFEFF"), one...), "one"},
		"joined with marks":        {slices.Concat([]byte("\uFEFF"), one, []byte("\uFEFF"), two), "one two"},
		"joined without newline":   {slices.Concat(bytes.TrimSpace(one), two), "one two"},
		"UTF-16 of PowerShell":     {utf16With(binary.LittleEndian, one), "one"},
		"UTF-16, big-endian":       {utf16With(binary.BigEndian, one), "one"},
		"indented, CR LF":          {indent(slices.Concat(one, two)), "one two"},
		"after a zero":             {append([]byte("01 the certificate\n"), one...), "one"},
		"DER":                      {o.der("one"), "one"},
		"DER and a newline":        {append(o.der("one"), '\n'), "one"},
		"several DER":              {slices.Concat(o.der("one"), o.der("three"), o.der("one")), "one three"},
		"p7b, DER":                 {o.p7b("DER"), bundle},
		"p7b, PEM":                 {o.p7b("PEM"), bundle},
		"p7b as CMS":               {bytes.ReplaceAll(o.p7b("PEM"), []byte("PKCS7"), []byte("CMS")), bundle},
		"p7b called a certificate": {bytes.ReplaceAll(o.p7b("PEM"), []byte("PKCS7"), []byte("CERTIFICATE")), bundle},
		"p7b and PEM":              {slices.Concat(three, o.p7b("PEM")), "three one two"},
		"p7b, BER":                 {o.file("stream.cms"), "two three"},
	} {
		certs, err := Parse(c.in)
		got := strings.Fields(names(certs))
		want := strings.Fields(c.want)
		if strings.HasPrefix(name, "p7b") { // a SET has no order
			slices.Sort(got)
			slices.Sort(want)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestParseSaysWhatItIsInstead(t *testing.T) {
	o := newOpenssl(t)
	o.run("pkcs12", "-export", "-in", "one.pem", "-inkey", "one.key", "-passout", "pass:secret", "-out", "one.p12")
	o.run("pkcs8", "-topk8", "-in", "one.key", "-passout", "pass:secret", "-out", "one.enc")
	o.run("req", "-new", "-key", "one.key", "-subj", "/CN=one", "-out", "one.csr")
	pkcs8 := o.run("pkey", "-in", "one.key", "-outform", "DER")
	sec1 := o.run("ec", "-in", "one.key", "-outform", "DER")
	encrypted := o.run("pkcs8", "-topk8", "-in", "one.key", "-passout", "pass:secret", "-outform", "DER")
	csr := o.run("req", "-in", "one.csr", "-outform", "DER")

	for name, c := range map[string]struct {
		in   []byte
		want Kind
	}{
		"nothing":            {nil, Empty},
		"blank":              {[]byte("\uFEFF \r\n\n"), Empty},
		"web page":           {[]byte("\r\n<!DOCTYPE html><html><body>403</body></html>"), WebPage},
		"text":               {[]byte("see www.hongkongpost.gov.hk"), Unknown},
		"zeros":              {make([]byte, 64), Unknown},
		"a SEQUENCE":         {[]byte{0x30, 0x00}, Unknown},
		"public key":         {o.run("pkey", "-in", "one.key", "-pubout", "-outform", "DER"), Unknown},
		"PKCS#12":            {o.file("one.p12"), PKCS12},
		"key, PEM":           {o.file("one.key"), PrivateKey},
		"encrypted key, PEM": {o.file("one.enc"), PrivateKey},
		"key, PKCS#8":        {pkcs8, PrivateKey},
		"key, SEC 1":         {sec1, PrivateKey},
		"encrypted key":      {encrypted, PrivateKey},
		"JKS":                {[]byte("\xFE\xED\xFE\xED\x00\x00\x00\x02\x00\x00\x00\x00"), JavaKeystore},
		"JCEKS":              {[]byte("\xCE\xCE\xCE\xCE\x00\x00\x00\x02\x00\x00\x00\x00"), JavaKeystore},
		"request, PEM":       {o.file("one.csr"), CertificateRequest},
		"request, DER":       {csr, CertificateRequest},
		"PKCS#7 of nothing":  {emptySignedData, NoCertificates},
		"enveloped": {o.run("cms", "-encrypt", "-in", "one.key", "-outform", "DER", "two.pem"),
			NoCertificates},
	} {
		certs, err := Parse(c.in)
		var not *NotCertificateError
		if !errors.As(err, &not) || not.Kind != c.want || certs != nil {
			t.Errorf("%s: %d certificates, %v; want %q", name, len(certs), err, c.want)
		} else if not.Error() == "" {
			t.Errorf("%s: no text for %q", name, not.Kind)
		}
	}
}

// emptySignedData is a SignedData without certificates.
var emptySignedData = []byte{
	0x30, 0x23, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02, 0xA0, 0x16,
	0x30, 0x14, 0x02, 0x01, 0x01, 0x31, 0x00,
	0x30, 0x0B, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01, 0x31, 0x00,
}

// junkInside adds an element after the signature of a certificate of more
// than 255 bytes.
func junkInside(der []byte) []byte {
	out := append(slices.Clone(der), 5, 0)
	binary.BigEndian.PutUint16(out[2:], uint16(len(out)-4))
	return out
}

// A bundle of which a part is damaged must not pass for a smaller one.
func TestParseRefusesDamage(t *testing.T) {
	o := newOpenssl(t)
	one, der, p7b := o.file("one.pem"), o.der("one"), o.p7b("DER")
	lines := bytes.SplitAfter(one, []byte("\n"))
	for name, in := range map[string][]byte{
		"PEM without its end":  slices.Concat(o.file("two.pem"), bytes.Join(lines[:3], nil)),
		"PEM with a bad line":  slices.Concat(lines[0], []byte("MII*\n"), bytes.Join(lines[2:], nil), o.file("two.pem")),
		"PEM of a part":        slices.Concat(lines[0], lines[1], lines[len(lines)-2]),
		"PEM of nothing":       []byte("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
		"DER and junk":         append(slices.Clone(der), "junk"...),
		"DER with junk inside": junkInside(der),
		"DER and half another": slices.Concat(der, o.der("two")[:100]),
		"nested":               bytes.Repeat([]byte{0x30, 0x80}, MaxSize/2),
		"nested PKCS#7":        append(slices.Clone(p7b[:15]), bytes.Repeat([]byte{0x30, 0x80}, 1000)...),
		"pairs without end":    append([]byte{0x30, 0x80, 0x06, 0x09}, append(slices.Clone(p7b[6:15]), bytes.Repeat([]byte{5, 0}, 1<<18)...)...),
	} {
		if certs, err := Parse(in); err == nil || certs != nil {
			t.Errorf("%s: %q, %v; want an error", name, names(certs), err)
		}
	}
	for name, whole := range map[string][]byte{"DER": der, "p7b": p7b} {
		for n := range whole[:len(whole)-1] {
			if certs, err := Parse(whole[:n]); err == nil {
				t.Fatalf("%s cut off at byte %d: %q", name, n, names(certs))
			}
		}
	}
	if _, err := Parse(bytes.Repeat([]byte{0x30, 0x80}, 4<<20)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("8 MiB of nested BER: %v", err)
	}
}

// No error may show anything of a private key.
func TestErrorsKeepKeysSecret(t *testing.T) {
	o := newOpenssl(t)
	key := o.file("one.key")
	for _, in := range [][]byte{key, key[:len(key)/2], bytes.ReplaceAll(key, []byte("PRIVATE KEY"), []byte("CERTIFICATE"))} {
		_, err := Parse(in)
		if err == nil {
			t.Fatal("no error for a key")
		}
		for line := range strings.Lines(string(key)) {
			if strings.Contains(err.Error(), strings.TrimSpace(line)) {
				t.Errorf("error shows the key: %v", err)
			}
		}
	}
}

func TestWriteP7B(t *testing.T) {
	o := newOpenssl(t)
	certs, err := Parse(o.file("three.pem", "one.pem"))
	if err != nil {
		t.Fatal(err)
	}
	p7b, err := WriteP7B(certs)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.dir, "out.p7b"), p7b, 0o600); err != nil {
		t.Fatal(err)
	}
	out := o.run("pkcs7", "-inform", "DER", "-in", "out.p7b", "-print_certs")
	var printed []*x509.Certificate
	for {
		var block *pem.Block
		if block, out = pem.Decode(out); block == nil {
			break
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		printed = append(printed, c)
	}
	if got := names(printed); got != "three one" {
		t.Errorf("openssl reads %q", got)
	}
	if back, err := Parse(p7b); err != nil || names(back) != "three one" {
		t.Errorf("Parse reads %q, %v", names(back), err)
	}
	if _, err := WriteP7B(nil); err == nil {
		t.Error("a bundle of nothing was written")
	}
}

func FuzzParse(f *testing.F) {
	o := newOpenssl(f)
	f.Add(o.file("one.pem", "two.key"))
	f.Add(o.der("one"))
	f.Add(o.p7b("DER"))
	f.Add(o.p7b("PEM"))
	f.Add([]byte{0x30, 0x80, 0x30, 0x80, 0x00, 0x00, 0x00, 0x00})
	f.Add([]byte("\xFF\xFE-\x00-\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		certs, err := Parse(data)
		if (err == nil) != (len(certs) > 0) {
			t.Fatalf("%d certificates, error %v", len(certs), err)
		}
		if err != nil {
			return
		}
		p7b, err := WriteP7B(certs)
		if err != nil {
			t.Fatal(err)
		}
		if len(p7b) > MaxSize {
			return
		}
		again, err := Parse(p7b)
		if err != nil || !slices.EqualFunc(certs, again, (*x509.Certificate).Equal) {
			t.Fatalf("%d certificates through a bundle: %d, %v", len(certs), len(again), err)
		}
	})
}
