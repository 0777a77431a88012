package ecert_test

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore/ecert"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

// The passwords of the fixtures, by what their names say.
const (
	pin     = "1234567890123456"
	chinese = "密碼測試"
)

// today is the day on which the fixtures are as their names say.
var today = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func passwordOf(name string) string {
	switch {
	case strings.HasSuffix(name, "-empty"):
		return ""
	case strings.HasSuffix(name, "-chinese"):
		return chinese
	}
	return pin
}

const fixtures = "../../testdata/ecert"

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(fixtures, name+".p12"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func certificate(t testing.TB, name string) *x509.Certificate {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(fixtures, name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// inspector knows the fixtures' hierarchy, of the shape of the real one.
func inspector(t testing.TB) *ecert.Inspector {
	t.Helper()
	in := &ecert.Inspector{Host: &host.Host{Clock: func() time.Time { return today }}}
	for _, row := range []struct {
		slug, issuer, successor, since string
		role                           hkpost.Role
		bad                            *hkpost.Bad
	}{
		{slug: "root-1", issuer: "root-1", role: hkpost.RoleRoot},
		{slug: "root-2", issuer: "root-2", role: hkpost.RoleRoot},
		{slug: "ca-1-10", issuer: "root-1", role: hkpost.RoleIssuing, bad: &hkpost.Bad{Reason: hkpost.ReasonRevoked, Date: "2016-11"}},
		{slug: "ca-1-15", issuer: "root-1", role: hkpost.RoleIssuing},
		{slug: "ca-2-17-old", issuer: "root-2", role: hkpost.RoleIssuing, successor: "ca-2-17", since: "2026-05-07"},
		{slug: "ca-2-17", issuer: "root-2", role: hkpost.RoleIssuing},
	} {
		cert := certificate(t, row.slug)
		c := hkpost.Certificate{
			Slug: row.slug, CommonName: cert.Subject.CommonName, Role: row.role, Issuer: row.issuer, Successor: row.successor,
			SHA256: hkpost.FingerprintOf(cert.Raw), KeySHA256: hkpost.FingerprintOf(cert.RawSubjectPublicKeyInfo),
			NotBefore: cert.NotBefore, NotAfter: cert.NotAfter,
		}
		if row.since != "" {
			c.SupersededOn, _ = time.Parse(time.DateOnly, row.since)
		}
		in.Authorities = append(in.Authorities, ecert.Authority{Certificate: c, Cert: cert, Bad: row.bad})
	}
	return in
}

func codes(findings []ecert.Finding) string {
	var all []string
	for _, f := range findings {
		all = append(all, string(f.Code))
	}
	return strings.Join(all, " ")
}
