//go:build linux

package anchors_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// Whatever a file holds, reading it ends, and every certificate that package
// pem finds is found.
func FuzzRead(f *testing.F) {
	p := pki(f)
	f.Add(p.Root.PEM())
	f.Add(p.Root.Raw)
	f.Add([]byte("[p11-kit-object-v1]\ntrusted: true\n" + string(p.Root.PEM())))
	f.Add(bytes.ReplaceAll(p.Root.PEM(), []byte("CERTIFICATE"), []byte("TRUSTED CERTIFICATE")))
	trusted := append(bytes.Clone(p.Root.Raw), 0x30, 0x0c, 0x30, 0x0a, 0x06, 0x08, 0x2b, 6, 1, 5, 5, 7, 3, 1)
	f.Add(pem.EncodeToMemory(&pem.Block{Type: "TRUSTED CERTIFICATE", Bytes: trusted}))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		blocks, err := anchors.Certificates(data)
		if want := certificates(data); err == nil && !slices.EqualFunc(blocks, want, bytes.Equal) {
			t.Errorf("%d certificates, package pem finds %d", len(blocks), len(want))
		}
		for _, parse := range []func([]byte) ([]anchors.Object, error){anchors.ParseDebian, anchors.ParseP11Kit, anchors.ParsePersisted} {
			objects, err := parse(data)
			if err == nil && len(objects) > len(data) {
				t.Errorf("%d certificates in %d bytes", len(objects), len(data))
			}
			for _, o := range objects {
				anchors.SubjectHash(o.DER())
			}
		}
	})
}

// certificates are what package pem finds.
func certificates(data []byte) [][]byte {
	var out [][]byte
	for {
		var b *pem.Block
		if b, data = pem.Decode(data); b == nil {
			return out
		}
		if b.Type == "CERTIFICATE" {
			out = append(out, b.Bytes)
		}
	}
}

// What we write is read as what it was.
func TestTrustedCertificates(t *testing.T) {
	p := pki(t)
	for _, purposes := range [][]x509.ExtKeyUsage{
		nil, {x509.ExtKeyUsageServerAuth}, {x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageEmailProtection}, {x509.ExtKeyUsageCodeSigning},
	} {
		data, err := anchors.Encode(p.Root.Raw, purposes)
		if err != nil {
			t.Fatal(err)
		}
		objects, err := anchors.ParseP11Kit(data)
		if err != nil || len(objects) != 1 || !bytes.Equal(objects[0].DER(), p.Root.Raw) || !slices.Equal(objects[0].Purposes(), purposes) {
			t.Errorf("%v: %v, %+v", purposes, err, objects)
		}
	}
}

// A large file is read in a time that grows with its size.
func TestManyCertificates(t *testing.T) {
	i := debianImage(t)
	i.file("/etc/ssl/certs/ca-certificates.crt", bytes.Repeat(pki(t).Root.PEM(), 20_001))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := find(t, i.host).Read(ctx); err == nil {
		t.Error("no error")
	}
	i.file("/etc/ssl/certs/ca-certificates.crt", bytes.Repeat([]byte("-----BEGIN CERTIFICATE-----\n"), 200_000))
	if _, err := find(t, i.host).Read(ctx); err != nil {
		t.Error(err)
	}
}
