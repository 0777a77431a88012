package javaks_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/javaks"
)

func TestPKCS12TruncatedAnywhere(t *testing.T) {
	for _, f := range append(slices.Clone(p12Fixtures), p12Fixture{file: "nss-ber"}, p12Fixture{file: "keytool-rc4-128"}) {
		data := f.read(t)
		for n := range data {
			if _, err := javaks.Open(data[:n], f.secret()); !errors.Is(err, cutOff(n)) {
				t.Fatalf("%s, %d bytes: %v", f.file, n, err)
			}
		}
	}
}

// A changed byte gives a typed error or a keystore that works.
func TestPKCS12ChangedAnywhere(t *testing.T) {
	add := javaks.Edit{Add: []javaks.Addition{{Alias: "extra", DER: extra(t)}}}
	for _, name := range []string{"keytool-passwordless", "openssl-nokeys-nomac", "openssl-key-in-clear", "keytool-emptied-passwordless"} {
		data := p12(t, name)
		for i, original := range data {
			for _, value := range []byte{0x00, 0x30, 0x7F, 0x80, 0x84, 0xFF, original ^ 1, original - 1} {
				data[i] = value
				ks, err := javaks.Open(data)
				if err == nil && ks.EditError() == nil {
					_, _, err = ks.Edit(add)
				}
				if err != nil && !typed(err) {
					t.Fatalf("%s, byte %d = %#x: %v", name, i, value, err)
				}
			}
			data[i] = original
		}
	}
}

func typed(err error) bool {
	return slices.ContainsFunc([]error{
		javaks.ErrDamaged, javaks.ErrPasswordRequired, javaks.ErrWrongPassword, javaks.ErrUnsupported, javaks.ErrTooLarge,
	}, func(target error) bool { return errors.Is(err, target) })
}

func TestPKCS12BadStructure(t *testing.T) {
	head := "\x30\x80\x02\x01\x03\x30\x80"
	for name, data := range map[string]string{
		"length of 4 GiB":       "\x30\x84\xff\xff\xff\xff\x02\x01\x03\x30\x00",
		"length of 127 octets":  "\x30\x80\x02\x01\x03\x30\xff" + strings.Repeat("\xff", 200),
		"8 MB of 30 80":         head + strings.Repeat("\x30\x80", 4<<20),
		"8 MB of 24 80":         head + strings.Repeat("\x24\x80", 4<<20),
		"8 MB of ends":          head + strings.Repeat("\x00", 8<<20),
		"8 MB of empty strings": head + strings.Repeat("\x04\x00", 4<<20),
		"nothing inside":        "\x30\x03\x02\x01\x03",
	} {
		done := make(chan error)
		go func() {
			_, err := javaks.Open([]byte(data))
			done <- err
		}()
		select {
		case err := <-done:
			if !errors.Is(err, javaks.ErrDamaged) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: hangs", name)
		}
	}
}

// keytool deletes such certificates without a word when it adds another.
func TestPKCS12KeepsUntrustedCertificates(t *testing.T) {
	original := p12(t, "openssl-nokeys-nomac")
	ks := open(t, original, "")
	out, _ := edit(t, ks, javaks.Edit{Add: []javaks.Addition{{Alias: "extra", DER: extra(t)}}})
	for _, e := range ks.Entries() {
		if e.Kind != javaks.ChainCertificate || !bytes.Contains(out, e.Chain[0]) {
			t.Errorf("lost %+v", e)
		}
	}
}
