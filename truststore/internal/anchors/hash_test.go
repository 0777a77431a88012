//go:build linux

package anchors_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// The hash must be OpenSSL's own, for the names that CAs have and for those
// that OpenSSL treats in a special way.
func TestSubjectHashIsOpenSSLs(t *testing.T) {
	openssl := oracle.Need(t, "openssl")
	var ders [][]byte
	for _, file := range distributed(t) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := pem.Decode(data); b != nil {
			ders = append(ders, b.Bytes)
		}
	}
	for _, subject := range oddSubjects(t) {
		ders = append(ders, withSubject(t, subject))
	}
	dir := t.TempDir()
	for i, der := range ders {
		write(t, filepath.Join(dir, fmt.Sprint(i)+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	run(t, openssl, "rehash", dir)
	theirs := map[string]string{}
	links, _ := filepath.Glob(filepath.Join(dir, "*.[0-9]"))
	for _, link := range links {
		file, err := os.Readlink(link)
		if err != nil {
			t.Fatal(err)
		}
		theirs[file], _, _ = strings.Cut(filepath.Base(link), ".")
	}
	for i, der := range ders {
		hash, err := anchors.SubjectHash(der)
		if got, want := fmt.Sprintf("%08x", hash), theirs[fmt.Sprint(i)+".pem"]; err != nil || got != want {
			t.Errorf("certificate %d: %s, %v; OpenSSL says %q", i-len(ders), got, err, want)
		}
	}
}

// distributed are the distribution's certificates, of which a handful will do.
func distributed(t *testing.T) []string {
	files, _ := filepath.Glob("/usr/share/ca-certificates/mozilla/*.crt")
	if len(files) == 0 {
		oracle.Missing(t, "ca-certificates")
	}
	return files
}

// oddSubjects are names as DER.
func oddSubjects(t *testing.T) [][]byte {
	t.Helper()
	cn := asn1.ObjectIdentifier{2, 5, 4, 3}
	type attribute struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	value := func(tag int, text string) asn1.RawValue { return asn1.RawValue{Tag: tag, Bytes: []byte(text)} }
	var out [][]byte
	for _, v := range []asn1.RawValue{
		value(asn1.TagUTF8String, "  Two\t \n Spaces  "), value(asn1.TagUTF8String, "香港郵政 ÄÖ İ"), value(asn1.TagPrintableString, "MiXeD"),
		value(asn1.TagIA5String, "a@B.c"), value(asn1.TagT61String, "caf\xe9"), value(asn1.TagBMPString, "\x00A\x9d\x99\x00 \x00 \x00b"),
		value(28, "\x00\x00\x00X\x00\x01\xf6\x00"), value(asn1.TagNumericString, "12 34"), value(asn1.TagUTF8String, ""),
		value(asn1.TagUTF8String, "   "), value(asn1.TagBitString, "\x00Ab"),
	} {
		der, err := asn1.Marshal([][]attribute{{{cn, v}}})
		if err != nil {
			t.Fatal(err)
		}
		// The inner sequences are sets.
		out = append(out, asSets(t, der))
	}
	return out
}

// asSets turns SEQUENCE OF SEQUENCE OF into SEQUENCE OF SET OF.
func asSets(t *testing.T, der []byte) []byte {
	t.Helper()
	var rdns []asn1.RawValue
	if _, err := asn1.Unmarshal(der, &rdns); err != nil {
		t.Fatal(err)
	}
	for i := range rdns {
		rdns[i].Tag, rdns[i].FullBytes = asn1.TagSet, nil
	}
	out, err := asn1.Marshal(rdns)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func withSubject(t *testing.T, subject []byte) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), RawSubject: subject, NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
	}
	issuer := &x509.Certificate{Subject: pkix.Name{CommonName: "x"}}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestSubjectHashOfGarbage(t *testing.T) {
	for _, der := range [][]byte{nil, {0x30}, []byte("-----BEGIN"), {0x30, 0x02, 0x30, 0x00}} {
		if hash, err := anchors.SubjectHash(der); err == nil {
			t.Errorf("%x has hash %x", der, hash)
		}
	}
}
