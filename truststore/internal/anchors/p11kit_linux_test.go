package anchors_test

import (
	"crypto/x509"
	"os"
	"slices"
	"strings"
	"testing"

	debianrelease "github.com/hktrust/hktrust/testdata/debian"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// updateCATrust does with the real trust what Fedora's program of that name
// does.
const updateCATrust = `#!/bin/sh
set -e
cd /etc/pki/ca-trust/extracted
trust extract --format=openssl-bundle --filter=certificates --overwrite --comment openssl/ca-bundle.trust.crt
trust extract --format=pem-bundle --filter=ca-anchors --overwrite --comment --purpose server-auth pem/tls-ca-bundle.pem
trust extract --format=pem-bundle --filter=ca-anchors --overwrite --comment --purpose email pem/email-ca-bundle.pem
trust extract --format=pem-bundle --filter=ca-anchors --overwrite --comment --purpose code-signing pem/objsign-ca-bundle.pem
trust extract --format=java-cacerts --filter=ca-anchors --overwrite --purpose server-auth java/cacerts
trust extract --format=pem-directory-hash --filter=ca-anchors --overwrite --purpose server-auth pem/directory-hash
`

// trustModule points p11-kit at the directories of Fedora.
const trustModule = `module: p11-kit-trust.so
priority: 1
trust-policy: yes
x-trust-lookup: pkcs11:library-description=PKCS%2311%20Kit%20Trust%20Module
disable-in: p11-kit-proxy
x-init-reserved: paths=/etc/pki/ca-trust/source:/usr/share/pki/ca-trust-source
`

// fedora lays out a machine of the Red Hat family around Debian's p11-kit, with
// a certificate of the distribution's own.
func fedora(t *testing.T, builtin ...javatest.Certificate) *anchors.Store {
	t.Helper()
	for _, dir := range []string{"extracted/pem", "extracted/openssl", "extracted/java", "source/anchors", "source/blocklist", "source/blacklist"} {
		if err := os.MkdirAll("/etc/pki/ca-trust/"+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, "/usr/share/p11-kit/modules/p11-kit-trust.module", []byte(trustModule))
	var all []byte
	for _, c := range builtin {
		all = append(all, "[p11-kit-object-v1]\ntrusted: true\nx-distrusted: false\n"...)
		all = append(all, c.PEM()...)
	}
	write(t, "/usr/share/pki/ca-trust-source/ca-bundle.trust.p11-kit", all)
	write(t, "/usr/bin/update-ca-trust", []byte(updateCATrust))
	if err := os.Chmod("/usr/bin/update-ca-trust", 0o755); err != nil {
		t.Fatal(err)
	}
	run(t, "/usr/bin/update-ca-trust")
	s := find(t, &host.Host{})
	if s.Family() != "redhat" {
		t.Fatalf("found %s", s.Family())
	}
	return s
}

// p11kit runs a test with the p11-kit of this machine, and with those of other
// releases of Debian: 0.23 of bullseye heeds other names than later ones.
func p11kit(t *testing.T, test func(*testing.T)) {
	t.Run("here", func(t *testing.T) {
		oracle.Need(t, "trust")
		if namespace.Enter(t, "/usr/share", "/usr/bin") {
			test(t)
		}
	})
	for _, suite := range debianrelease.Releases() {
		t.Run(suite, func(t *testing.T) {
			if debianrelease.Enter(t, suite) {
				test(t)
			}
		})
	}
}

// trustList are the labels of what p11-kit has, with its word for the trust.
func trustList(t *testing.T) string { return run(t, "trust", "list", "--filter=certificates") }

func TestP11Kit(t *testing.T) {
	p11kit(t, func(t *testing.T) {
		builtin, p := pki(t).Root, pki(t)
		s := fedora(t, builtin)
		c := read(t, s)
		wantInOrder(t, c)
		wantTrusted(t, c, builtin, true)
		before := listing(t, "/etc/pki")

		changes := append(adds(p.Root), adds(p.Issuing)...)
		changes[1].Neutral = true
		out := apply(t, s, changes)
		wantInOrder(t, out.Content)
		wantTrusted(t, out.Content, p.Root, true)
		wantTrusted(t, out.Content, p.Issuing, false)
		if cert, _ := out.Content.Certificate(p.Issuing.SHA256()); len(cert.Files) != 1 || !cert.Files[0].Neutral || !cert.Files[0].Ours {
			t.Errorf("the issuing CA is known by %+v", cert.Files)
		}
		if list := trustList(t); !strings.Contains(list, "Test Issuing CA\n    trust: unspecified") || strings.Count(list, "Test Root\n    trust: anchor") != 2 {
			t.Errorf("p11-kit has\n%s", list)
		}
		for _, b := range []string{"pem/tls-ca-bundle.pem", "pem/email-ca-bundle.pem", "pem/objsign-ca-bundle.pem"} {
			if n := bundle(t, "/etc/pki/ca-trust/extracted/"+b)[p.Root.SHA256()]; n != 1 {
				t.Errorf("%s has the root %d times", b, n)
			}
		}
		if out := apply(t, s, changes); out.Ran || slices.Contains(out.Changed, true) {
			t.Errorf("a second time: %+v", out)
		}
		undo := removes(p.Root, p.Issuing)
		out = apply(t, s, undo)
		wantInOrder(t, out.Content)
		after := listing(t, "/etc/pki")
		for path := range before { // Java's file has dates
			if strings.HasSuffix(path, "java/cacerts") {
				delete(before, path)
				delete(after, path)
			}
		}
		wantSame(t, before, after)
	})
}

// An anchor for TLS servers alone is none for mail and programs; made wider, it
// is.
func TestP11KitPurposes(t *testing.T) {
	p11kit(t, func(t *testing.T) {
		p := pki(t)
		s := fedora(t, pki(t).Root)
		changes := adds(p.Root)
		changes[0].Purposes = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		c := apply(t, s, changes).Content
		wantInOrder(t, c)
		cert, _ := c.Certificate(p.Root.SHA256())
		if !slices.Equal(cert.Trusted, changes[0].Purposes) || !slices.Equal(cert.Files[0].Purposes, changes[0].Purposes) {
			t.Errorf("trusted for %v, file for %v", cert.Trusted, cert.Files[0].Purposes)
		}
		changes[0].Purposes = append(changes[0].Purposes, x509.ExtKeyUsageEmailProtection)
		c = apply(t, s, changes).Content
		wantInOrder(t, c)
		if cert, _ := c.Certificate(p.Root.SHA256()); !slices.Equal(cert.Trusted, changes[0].Purposes) {
			t.Errorf("trusted for %v", cert.Trusted)
		}
		wantInOrder(t, apply(t, s, removes(p.Root)).Content)
	})
}

// What an administrator distrusts stays so, by the name that this p11-kit heeds
// and by the one that it does not.
func TestP11KitDistrust(t *testing.T) {
	p11kit(t, func(t *testing.T) {
		block, black := pki(t).Root, pki(t).Root
		s := fedora(t, block, black)
		for dir, cert := range map[string]javatest.Certificate{"blocklist": block, "blacklist": black} {
			write(t, "/etc/pki/ca-trust/source/"+dir+"/theirs.pem", cert.PEM())
		}
		run(t, "/usr/bin/update-ca-trust")
		c := read(t, s)
		ignored := 0
		for _, cert := range []javatest.Certificate{block, black} {
			got, _ := c.Certificate(cert.SHA256())
			if len(got.DistrustedBy) != 1 {
				t.Errorf("distrusted by %v", got.DistrustedBy)
			}
			if len(got.Trusted) > 0 {
				ignored++
			}
			if _, err := s.Apply(t.Context(), adds(cert)); err == nil {
				t.Error("overridden")
			}
		}
		if ignored != 1 || len(c.Findings) != 1 || c.Findings[0].Code != anchors.DistrustIgnored {
			t.Errorf("%d are trusted; findings %+v", ignored, c.Findings)
		}
	})
}
