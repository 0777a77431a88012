package chain

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"math/big"
	"testing"
	"time"
)

func issued(t testing.TB, subject pkix.Name) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(0x1234), Subject: subject,
		NotBefore: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), NotAfter: time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC),
	}, &x509.Certificate{Subject: subject}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// The fields are those that crypto/x509 finds, where it can read a certificate.
func TestReadFieldsEqualsX509(t *testing.T) {
	der := issued(t, pkix.Name{Country: []string{"HK"}, Organization: []string{"O"}, CommonName: "香港郵政"})
	checkFields(t, der)
	f, err := ReadFields(append(der, 0))
	if err != nil || f.Label() != "香港郵政" || !f.SelfIssued() {
		t.Errorf("%q, self-issued %v: %v", f.Label(), f.SelfIssued(), err)
	}
}

// checkFields compares with crypto/x509, unless that cannot read der.
func checkFields(t *testing.T, der []byte) {
	t.Helper()
	want, err := x509.ParseCertificate(der)
	if err != nil {
		return
	}
	f, err := ReadFields(der)
	switch {
	case err != nil:
		t.Errorf("%v: %x", err, der)
	case !bytes.Equal(f.RawIssuer, want.RawIssuer), !bytes.Equal(f.RawSubject, want.RawSubject), !bytes.Equal(f.RawPublicKeyInfo, want.RawSubjectPublicKeyInfo):
		t.Errorf("other bytes than crypto/x509: %x", der)
	case new(big.Int).SetBytes(f.Serial).Cmp(want.SerialNumber) != 0, !f.NotBefore.Equal(want.NotBefore), !f.NotAfter.Equal(want.NotAfter):
		t.Errorf("serial %x, from %v to %v: %x", f.Serial, f.NotBefore, f.NotAfter, der)
	}
}

// Programs hold certificates that crypto/x509 does not parse.
func TestReadFieldsWhereX509CannotParse(t *testing.T) {
	der := issued(t, pkix.Name{CommonName: "Odd"})
	for name, change := range map[string]func([]byte) []byte{
		"negative serial":   func(b []byte) []byte { return bytes.Replace(b, []byte{2, 2, 0x12, 0x34}, []byte{2, 2, 0xff, 0x34}, 1) },
		"brainpoolP256r1":   replacing("2a8648ce3d030107", "2b2403030208010b"),
		"version 8":         replacing("a003020102", "a003020107"),
		"long length":       func(b []byte) []byte { return append([]byte{0x30, 0x83, 0, b[2], b[3]}, b[4:]...) },
		"no time":           replacing(hex.EncodeToString([]byte("200102030405Z")), hex.EncodeToString([]byte("200102030405x"))),
		"string of no type": replacing("13034f6464", "1a034f6464"),
	} {
		t.Run(name, func(t *testing.T) {
			odd := change(bytes.Clone(der))
			if _, err := x509.ParseCertificate(odd); err == nil || bytes.Equal(odd, der) {
				t.Fatalf("crypto/x509 parses it: %x", odd)
			}
			f, err := ReadFields(odd)
			if err != nil {
				t.Fatal(err)
			}
			if f.Label() != "Odd" || len(f.Serial) != 2 || f.NotAfter.Year() != 2060 || len(f.RawPublicKeyInfo) == 0 {
				t.Errorf("%q, serial %x, until %v", f.Label(), f.Serial, f.NotAfter)
			}
			if name == "no time" != f.NotBefore.IsZero() {
				t.Errorf("from %v", f.NotBefore)
			}
		})
	}
}

func replacing(old, with string) func([]byte) []byte {
	from, err1 := hex.DecodeString(old)
	to, err2 := hex.DecodeString(with)
	if err := errors.Join(err1, err2); err != nil {
		panic(err)
	}
	return func(b []byte) []byte { return bytes.ReplaceAll(b, from, to) }
}

func TestLabel(t *testing.T) {
	for _, c := range []struct {
		subject pkix.Name
		want    string
	}{
		{pkix.Name{CommonName: "C", OrganizationalUnit: []string{"U"}, Organization: []string{"O"}}, "C"},
		{pkix.Name{OrganizationalUnit: []string{"U"}, Organization: []string{"O"}}, "U"},
		{pkix.Name{Organization: []string{"O"}, Country: []string{"HK"}}, "O"},
		{pkix.Name{Country: []string{"HK"}}, ""},
	} {
		f, err := ReadFields(issued(t, c.subject))
		if err != nil || f.Label() != c.want {
			t.Errorf("%v: %q, %v", c.subject, f.Label(), err)
		}
	}
}

func TestReadFieldsOfNothing(t *testing.T) {
	der := issued(t, pkix.Name{CommonName: "Cut"})
	for n := range der {
		if _, err := ReadFields(der[:n]); !errors.Is(err, ErrNoCertificate) {
			t.Fatalf("of the first %d bytes: %v", n, err)
		}
	}
}

func FuzzReadFields(f *testing.F) {
	f.Add(issued(f, pkix.Name{CommonName: "A"}))
	f.Add([]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, der []byte) {
		if fields, err := ReadFields(der); err == nil {
			fields.Label()
		}
		checkFields(t, der)
	})
}
