package hkpost_test

import (
	"crypto/x509"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

func TestBuiltinTrust(t *testing.T) {
	for _, test := range []struct {
		carrier     hkpost.Carrier
		version     string
		root        string
		ok, assumed bool
	}{
		{hkpost.NSS, "3.42.1", "root-ca-3", false, false},
		{hkpost.NSS, "3.43", "root-ca-3", true, false},
		{hkpost.NSS, "3.5", "root-ca-3", false, false}, // 5 < 43
		{hkpost.NSS, "3.87.1", "root-ca-3", true, false},
		{hkpost.NSS, "3.125.1", "root-ca-3", true, false},
		{hkpost.NSS, "3.126", "root-ca-3", true, true},
		{hkpost.NSS, "3.87.1", "root-ca-1", true, false},
		{hkpost.NSS, "3.93", "root-ca-1", false, false},
		{hkpost.NSS, "3.125.1", "root-ca-2", false, false},
		{hkpost.Firefox, "66.0.5", "root-ca-3", false, false},
		{hkpost.Firefox, "67.0", "root-ca-3", true, false},
		{hkpost.Firefox, "153.7.0esr", "root-ca-3", true, false},
		{hkpost.Firefox, "154.0", "root-ca-3", true, true},
		{hkpost.Firefox, "1000", "root-ca-3", true, true},
		{hkpost.Firefox, "", "root-ca-3", false, false},
		{hkpost.Firefox, "nightly", "root-ca-3", false, false},
		{hkpost.Thunderbird, "128.5.0", "root-ca-3", true, false},
		{hkpost.ChromeLinux, "113.0.5672.126", "root-ca-3", false, false},
		{hkpost.ChromeLinux, "114.0.5735.90", "root-ca-3", true, false},
		{hkpost.ChromeLinux, "156.0.8078.79", "root-ca-3", true, false},
		{hkpost.ChromeLinux, "157.0.8100.1", "root-ca-3", true, true},
		{hkpost.Debian, "20190110", "root-ca-3", false, false},
		{hkpost.Debian, "20230311+deb12u1", "root-ca-3", true, false},
		{hkpost.Debian, "20250419~deb12u2", "root-ca-3", true, false},
		{hkpost.Windows, "", "root-ca-3", true, true},
		{hkpost.Apple, "26.1", "root-ca-3", true, true},
		{"openjdk", "25", "root-ca-3", false, false},
		{hkpost.Firefox, "153", "ecert-ssl-ca-3-17-2025", false, false},
	} {
		b, assumed, ok := hkpost.BuiltinTrust(test.carrier, test.version, bySlug(t, test.root).SHA256)
		if ok != test.ok || assumed != test.assumed {
			t.Errorf("%s %q, %s: ok %v, assumed %v; want %v, %v",
				test.carrier, test.version, test.root, ok, assumed, test.ok, test.assumed)
		}
		if ok && b.Carrier != test.carrier {
			t.Errorf("%s: row of %s", test.carrier, b.Carrier)
		}
	}
}

// Mozilla trusts Root CA 3 for TLS servers only, and nobody but Microsoft has
// Root CA 2: this is why a mail program needs help and a browser does not.
func TestBuiltinPurposes(t *testing.T) {
	for _, b := range hkpost.Builtins(bySlug(t, "root-ca-3").SHA256) {
		if !slices.Equal(b.Purposes, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}) {
			t.Errorf("%s: %v", b.Carrier, b.Purposes)
		}
	}
	rows := hkpost.Builtins(bySlug(t, "root-ca-2").SHA256)
	if len(rows) != 1 || rows[0].Carrier != hkpost.Windows || rows[0].Purposes != nil {
		t.Errorf("Root CA 2: %+v", rows)
	}
}

func TestBuiltinRowsAreWellFormed(t *testing.T) {
	type key struct {
		carrier hkpost.Carrier
		root    hkpost.Fingerprint
	}
	seen := map[key]bool{}
	for _, c := range hkpost.Certificates() {
		for _, b := range hkpost.Builtins(c.SHA256) {
			if seen[key{b.Carrier, b.Root}] {
				t.Errorf("%s has two rows for %s", b.Carrier, c.Slug)
			}
			seen[key{b.Carrier, b.Root}] = true
			if c.Role != hkpost.RoleRoot || b.Source == "" || b.AsOf == "" || b.AsOf > hkpost.CatalogueDate {
				t.Errorf("%s: %+v", c.Slug, b)
			}
		}
	}
	if len(seen) == 0 {
		t.Error("no rows")
	}
}

func FuzzBuiltinTrust(f *testing.F) {
	for _, v := range []string{"", ".", "67", "67.0b3", "99999999999999999999.1", "1.2.3.4.5.6.7.8.9.10", "153.7.0esr"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, version string) {
		root := bySlug(t, "root-ca-3").SHA256
		if _, assumed, ok := hkpost.BuiltinTrust(hkpost.Firefox, version, root); assumed && !ok {
			t.Error("assumed what is not there")
		}
	})
}
