package anchors_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// settled is a certificate in OpenSSL's own form.
func settled(t *testing.T, cert javatest.Certificate, options ...string) []byte {
	t.Helper()
	cmd := exec.Command(oracle.Need(t, "openssl"), append([]string{"x509", "-trustout"}, options...)...)
	cmd.Stdin = bytes.NewReader(cert.PEM())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func oldName(cert javatest.Certificate) []byte {
	return bytes.ReplaceAll(cert.PEM(), []byte(" CERTIFICATE"), []byte(" X509 CERTIFICATE"))
}

// hashed puts a certificate where OpenSSL looks for it.
func (i *image) hashed(cert javatest.Certificate, content []byte) {
	i.t.Helper()
	hash, err := anchors.SubjectHash(cert.Raw)
	if err != nil {
		i.t.Fatal(err)
	}
	i.file(fmt.Sprintf("/etc/ssl/certs/%08x.0", hash), content)
}

// What settings of trust mean to p11-kit is what is read of them here: the bundles
// have each certificate, or have it not, as its file is understood.
func TestP11KitSettings(t *testing.T) {
	p11kit(t, func(t *testing.T) {
		s := fedora(t, pki(t).Root)
		certs := map[string]javatest.Certificate{}
		for name, options := range map[string][]string{
			"none":          nil,
			"alias":         {"-setalias", "x"},
			"server":        {"-addtrust", "serverAuth"},
			"mail":          {"-addtrust", "emailProtection"},
			"any":           {"-addtrust", "anyExtendedKeyUsage"},
			"not-server":    {"-addreject", "serverAuth"},
			"not-mail":      {"-addreject", "emailProtection"},
			"both":          {"-addtrust", "serverAuth", "-addreject", "serverAuth"},
			"server-alone":  {"-addtrust", "serverAuth", "-addreject", "emailProtection"},
			"any-but-mail":  {"-addtrust", "anyExtendedKeyUsage", "-addreject", "emailProtection"},
			"unknown-usage": {"-addtrust", "1.2.3.4"},
		} {
			certs[name] = pki(t).Root
			write(t, filepath.Join(s.Dir(), name+".pem"), settled(t, certs[name], options...))
		}
		write(t, filepath.Join(s.Dir(), "old.pem"), oldName(pki(t).Root))
		run(t, "/usr/bin/update-ca-trust")
		c := read(t, s)
		for _, f := range c.Findings {
			if f.Code != anchors.FileUnreadable || filepath.Base(f.Path) != "old.pem" {
				t.Errorf("found %s %s", f.Code, f.Path)
			}
		}
		for name, root := range certs {
			cert, _ := c.Certificate(root.SHA256())
			for file, purpose := range map[string]x509.ExtKeyUsage{
				"tls": x509.ExtKeyUsageServerAuth, "email": x509.ExtKeyUsageEmailProtection, "objsign": x509.ExtKeyUsageCodeSigning,
			} {
				has := bundle(t, "/etc/pki/ca-trust/extracted/pem/"+file+"-ca-bundle.pem")[root.SHA256()] > 0
				read := slices.ContainsFunc(cert.Files, func(f anchors.File) bool {
					return f.Purposes == nil || slices.Contains(f.Purposes, purpose)
				})
				if read != has {
					t.Errorf("%s: read as an anchor for %s: %v; p11-kit: %v", name, file, read, has)
				}
			}
		}
	})
}

// A refusal among the distribution's own files stands, too, and one that nothing
// tells of any more is found when it is seen that ours does not count.
func TestRefusals(t *testing.T) {
	p, q := pki(t), pki(t)
	i := debianImage(t, q.Root)
	refused := settled(t, p.Root, "-addreject", "serverAuth")
	i.file("/usr/share/ca-certificates/local/refused.crt", refused)
	i.file("/etc/ca-certificates.conf", []byte("local/refused.crt\n"))
	i.file(debianBundle, refused, q.Root.PEM())
	s := find(t, i.host)
	c := read(t, s)
	wantTrusted(t, c, p.Root, false)
	if cert, _ := c.Certificate(p.Root.SHA256()); len(cert.DistrustedBy) != 1 {
		t.Errorf("distrusted by %v", cert.DistrustedBy)
	}
	wantRefused(t, i, adds(p.Root), anchors.ErrDistrusted)

	if err := os.Remove(i.at("/usr/share/ca-certificates/local/refused.crt")); err != nil {
		t.Fatal(err)
	}
	if out := apply(t, s, adds(p.Root)); !out.Pending {
		t.Error("a file beside a refusal tells already")
	}
	i.file(debianBundle, refused, q.Root.PEM(), p.Root.PEM())
	if out := apply(t, s, adds(p.Root)); !out.Pending {
		t.Error("a copy behind a refusal tells already")
	}
	i.file(debianBundle, q.Root.PEM(), p.Root.PEM())
	i.hashed(p.Root, p.Root.PEM())
	if out := apply(t, s, adds(p.Root)); out.Pending {
		t.Error("it does not tell")
	}
}

// A file of ours to which somebody gave OpenSSL's form is told, and written anew.
func TestOursInOtherForm(t *testing.T) {
	p := pki(t)
	i := debianImage(t)
	for what, odd := range map[string][]byte{"old": oldName(p.Root), "settled": settled(t, p.Root, "-addtrust", "serverAuth")} {
		i.file(debianLocal+"/"+name(p.Root.Raw)+".crt", odd)
		i.file(debianBundle, odd)
		i.hashed(p.Root, odd)
		s := find(t, i.host)
		c := read(t, s)
		if len(c.Findings) != 1 || c.Findings[0].Code != anchors.FileOdd || c.Waiting {
			t.Errorf("%s: found %+v, waits: %v", what, c.Findings, c.Waiting)
		}
		out := apply(t, s, adds(p.Root))
		if data, _ := os.ReadFile(i.at(debianLocal + "/" + name(p.Root.Raw) + ".crt")); !bytes.Equal(data, p.Root.PEM()) || !out.Pending {
			t.Errorf("%s: pending %v, written\n%s", what, out.Pending, data)
		}
	}
}

// Who reads a certificate depends on its name, what precedes it and, for GnuTLS, on
// what follows.
func TestInBundle(t *testing.T) {
	p, q := pki(t).Root, pki(t).Root
	refused, served := settled(t, p, "-addreject", "serverAuth"), settled(t, p, "-addtrust", "serverAuth")
	all := anchors.Readers{OpenSSL: true, GnuTLS: true, Node: true, Go: true}
	for what, test := range map[string]struct {
		data []byte
		want anchors.Readers
	}{
		"plain":             {p.PEM(), all},
		"settled":           {served, anchors.Readers{OpenSSL: true}},
		"refused":           {refused, anchors.Readers{}},
		"refused, plain":    {slices.Concat(refused, p.PEM()), anchors.Readers{GnuTLS: true, Node: true, Go: true}},
		"plain, refused":    {slices.Concat(p.PEM(), refused), all},
		"settled, plain":    {slices.Concat(served, p.PEM()), all},
		"old name":          {slices.Concat(oldName(p), refused), anchors.Readers{OpenSSL: true, GnuTLS: true, Node: true}},
		"old name, another": {slices.Concat(oldName(p), q.PEM()), anchors.Readers{OpenSSL: true, Node: true}},
		"marked":            {slices.Concat([]byte("\xef\xbb\xbf"), p.PEM()), anchors.Readers{OpenSSL: true, GnuTLS: true, Node: true}},
	} {
		seen := anchors.InBundle(test.data)
		if len(seen) == 0 || !bytes.Equal(seen[0].DER, p.Raw) || seen[0].Readers != test.want {
			t.Errorf("%s: %+v", what, seen)
		}
	}
}
