package hkpost_test

import (
	"crypto/x509"
	"math/big"
	"regexp"
	"testing"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

func TestBadRowsAreWellFormed(t *testing.T) {
	for _, b := range hkpost.BadCertificates() {
		c := bySlug(t, b.Slug)
		if !regexp.MustCompile(`^20\d\d-[01]\d(-[0-3]\d)?$`).MatchString(b.Date) || b.Source == "" || b.Reason == "" {
			t.Errorf("%s: %+v", b.Slug, b)
		}
		if _, bad := hkpost.KnownBadFingerprint(bySlug(t, b.Replacement).SHA256); bad {
			t.Errorf("%s is replaced by %s, which is bad too", b.Slug, b.Replacement)
		}
		if got, ok := hkpost.KnownBadFingerprint(c.SHA256); !ok || got != b {
			t.Errorf("%s is not found by its fingerprint", b.Slug)
		}
	}
}

// We do not hold the bytes of most bad certificates; a certificate that only
// has their issuer and serial number stands in for them.
func TestBadIsFoundByIssuerAndSerial(t *testing.T) {
	for _, b := range hkpost.BadCertificates() {
		c := bySlug(t, b.Slug)
		serial, ok := new(big.Int).SetString(c.Serial, 16)
		if !ok {
			t.Fatalf("%s: serial %q", c.Slug, c.Serial)
		}
		issuer := parsed(t, c.Issuer).RawSubject
		got, ok := hkpost.KnownBad(&x509.Certificate{Raw: []byte("another encoding"), RawIssuer: issuer, SerialNumber: serial})
		if !ok || got != b {
			t.Errorf("%s is not found by issuer and serial", b.Slug)
		}
		next := new(big.Int).Add(serial, big.NewInt(1))
		other := parsed(t, "globalsign-root-r3").RawSubject
		for _, x := range []*x509.Certificate{
			{RawIssuer: issuer, SerialNumber: next},
			{RawIssuer: other, SerialNumber: serial},
			{RawIssuer: issuer, SerialNumber: new(big.Int).Neg(serial)},
			{RawIssuer: issuer},
			{},
		} {
			if got, ok := hkpost.KnownBad(x); ok {
				t.Errorf("serial %v is taken for %s", x.SerialNumber, got.Slug)
			}
		}
	}
}

func TestReissueOfARevokedCertificateIsGood(t *testing.T) {
	for _, slug := range []string{
		"ecert-ssl-ca-3-17-2025", "ecert-ev-ssl-ca-3-17-2025", "root-ca-3", "root-ca-3-cross-by-globalsign-r3-2022",
		"ecert-ca-1-14", "ecert-ca-2-15-2015",
	} {
		if b, bad := hkpost.KnownBad(parsed(t, slug)); bad {
			t.Errorf("%s is taken for %s", slug, b.Slug)
		}
	}
	for slug, reason := range map[string]hkpost.BadReason{
		"ecert-ca-1-10-serial0479": hkpost.ReasonRevoked,
		"root-ca-1":                hkpost.ReasonRemoved,
	} {
		if b, bad := hkpost.KnownBad(parsed(t, slug)); !bad || b.Reason != reason {
			t.Errorf("%s: %+v", slug, b)
		}
	}
}
