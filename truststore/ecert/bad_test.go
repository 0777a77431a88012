package ecert_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore/ecert"
	"github.com/hktrust/hktrust/truststore/host"
)

// What is cut off anywhere says that it is damaged, or less; never that all is well.
func TestTruncatedEverywhere(t *testing.T) {
	password := pin
	for _, name := range []string{"windows", "bouncycastle-3des", "openssl"} {
		whole, inspector := fixture(t, name), inspector(t)
		for n := range len(whole) {
			in := inspector.Bytes(bytes.Clone(whole[:n]), &password)
			if in.Err == nil || !in.Faults() {
				t.Fatalf("%s cut to %d bytes: %s", name, n, codes(in.Findings))
			}
		}
	}
}

// A file with a changed byte is not taken for the same as before, unless the byte
// says nothing (parameters of algorithms that have none).
func TestEveryFewthByteChanged(t *testing.T) {
	password := pin
	whole, inspector := fixture(t, "windows"), inspector(t)
	for n := 0; n < len(whole); n += 5 {
		data := bytes.Clone(whole)
		data[n] ^= 0x55
		in := inspector.Bytes(data, &password)
		if !in.Faults() && n < len(whole)-80 {
			t.Fatalf("byte %d: %s", n, codes(in.AllFindings()))
		}
	}
}

// oid returns an OBJECT IDENTIFIER's content, given as bytes.
func addOID(b *cryptobyte.Builder, octets ...byte) {
	b.AddASN1(asn1.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(octets) })
}

var (
	pkcs7Data      = []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01}
	pkcs7Encrypted = []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x06}
	pbe3DES        = []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x01, 0x03}
	shroudedKey    = []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x0C, 0x0A, 0x01, 0x02}
	sha256OID      = []byte{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}
	context0       = asn1.Tag(0).ContextSpecific().Constructed()
)

func addPBE(b *cryptobyte.Builder, iterations int64) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, pbe3DES...)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(make([]byte, 8))
			b.AddASN1Int64(iterations)
		})
	})
}

// crafted is a file of one encrypted content, one key and a MAC, with these
// iteration counts; 0 leaves the part out.
func crafted(content, key, mac int64) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		addData(b, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				if content > 0 {
					addEncrypted(b, content)
				}
				if key > 0 {
					addData(b, func(b *cryptobyte.Builder) { addKey(b, key) })
				}
			})
		})
		if mac > 0 {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { addOID(b, sha256OID...) })
					b.AddASN1OctetString(make([]byte, 32))
				})
				b.AddASN1OctetString(make([]byte, 8))
				b.AddASN1Int64(mac)
			})
		}
	})
	return b.BytesOrPanic()
}

func addData(b *cryptobyte.Builder, value cryptobyte.BuilderContinuation) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, pkcs7Data...)
		b.AddASN1(context0, func(b *cryptobyte.Builder) { b.AddASN1(asn1.OCTET_STRING, value) })
	})
}

func addEncrypted(b *cryptobyte.Builder, iterations int64) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		addOID(b, pkcs7Encrypted...)
		b.AddASN1(context0, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(0)
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					addOID(b, pkcs7Data...)
					addPBE(b, iterations)
					b.AddASN1(asn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(make([]byte, 16)) })
				})
			})
		})
	})
}

func addKey(b *cryptobyte.Builder, iterations int64) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addOID(b, shroudedKey...)
			b.AddASN1(context0, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					addPBE(b, iterations)
					b.AddASN1OctetString(make([]byte, 16))
				})
			})
		})
	})
}

// An iteration count decides how long a program works for a stranger.
func TestIterationCounts(t *testing.T) {
	password := pin
	for name, data := range map[string][]byte{
		"content":        crafted(1<<31, 0, 0),
		"key":            crafted(0, 1<<31, 0),
		"MAC":            crafted(0, 0, 1<<31),
		"MAC, 2^62":      crafted(0, 0, 1<<62),
		"all below 2^22": crafted(4_999_999, 4_999_999, 0),
	} {
		in := inspector(t).Bytes(data, &password)
		if got := codes(in.Findings); !slices.Contains(strings.Fields(got), "too-costly") || !errors.Is(in.Err, javaks.ErrTooLarge) {
			t.Errorf("%s: %s, %v", name, got, in.Err)
		}
	}
}

func TestOtherFormats(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":         {},
		"zeroes":        make([]byte, 4096),
		"pem":           []byte("-----BEGIN CERTIFICATE-----\n"),
		"base64":        []byte("MIIKWgIBAzCCChYGCSqGSIb3DQEHAaCCCgcEggoDMIIJ/zCC"),
		"java-keystore": {0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2},
		"certificate":   certificate(t, "personal").Raw,
		"sqlite":        []byte("SQLite format 3\x00"),
		"pdf":           []byte("%PDF-1.7"),
		"zip":           []byte("PK\x03\x04"),
		"html":          []byte("<!DOCTYPE html><html>"),
		"unknown":       []byte("a letter to my aunt"),
	} {
		in := inspector(t).Bytes(data, nil)
		if codes(in.Findings) != "not-pkcs12" || in.Findings[0].Args["looks"] != name {
			t.Errorf("%s: %+v", name, in.Findings)
		}
	}
}

// What cannot be read as a file is said, and nothing is waited for.
func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Mkdir(path("directory.p12"), 0o755); err != nil {
		t.Fatal(err)
	}
	huge, err := os.Create(path("huge.p12"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(huge.Truncate(1<<30), huge.Close()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path("good.p12"), fixture(t, "openssl"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink("good.p12", path("link.p12")), os.Symlink("nowhere", path("dangling.p12"))); err != nil {
		t.Skip(err)
	}
	password := pin
	for name, want := range map[string]string{
		"directory.p12":       "file.not-regular",
		"huge.p12":            "file.too-large",
		"missing.p12":         "file.not-found",
		"dangling.p12":        "file.not-found",
		"good.p12/deeper.p12": "file.not-found",
		"good.p12":            "protection.new",
		"link.p12":            "protection.new",
	} {
		in := inspector(t).File(t.Context(), path(name), &password)
		if codes(in.Findings) != want || in.Path != path(name) {
			t.Errorf("%s: %s, %v", name, codes(in.Findings), in.Err)
		}
	}
}

// A file that is being written is not half understood.
func TestFileThatChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "changing.p12")
	one, other := fixture(t, "openssl"), fixture(t, "windows")
	ctx, stop := context.WithCancel(t.Context())
	written := make(chan error)
	go func() {
		var err error
		for i := 0; ctx.Err() == nil && err == nil; i++ {
			data := one
			if i%2 == 0 {
				data = other
			}
			err = os.WriteFile(file, data, 0o600)
		}
		written <- err
	}()
	password := pin
	// An empty file, or one written in part, may have been there for a while.
	allowed := []string{"file.changing", "file.not-found", "not-pkcs12", "damaged"}
	for _, whole := range [][]byte{one, other} {
		allowed = append(allowed, codes(inspector(t).Bytes(whole, &password).Findings))
	}
	for range 50 {
		in := inspector(t).File(t.Context(), file, &password)
		if got := codes(in.Findings); !slices.Contains(allowed, got) {
			t.Errorf("%s, %v", got, in.Err)
		}
	}
	stop()
	if err := <-written; err != nil {
		t.Fatal(err)
	}
}

// An inspection that is called off ends.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in := inspector(t).File(ctx, filepath.Join(t.TempDir(), "any.p12"), nil)
	if got := codes(in.Findings); got != "interrupted" && got != "file.not-found" {
		t.Error(got)
	}
}

// An elevated process opens no file of another user's home.
func TestOtherUsersFile(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, "ecert.p12")
	if err := os.WriteFile(file, fixture(t, "openssl"), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 || os.Chown(home, 12345, 12345) != nil {
		t.Skip("only root has other users' files")
	}
	in := (&ecert.Inspector{Host: &host.Host{Accounts: []host.User{{Name: "amy", UID: 12345, GID: 12345, Home: home}}}}).File(t.Context(), file, nil)
	if got := codes(in.Findings); got != "file.other-user" || errors.Is(in.Err, fs.ErrNotExist) {
		t.Errorf("%s, %v", got, in.Err)
	}
}
