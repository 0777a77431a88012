package anchors

import (
	"bytes"
	"crypto/x509"
	"slices"
	"strings"
	"sync"

	"github.com/hktrust/hktrust/truststore/host"
)

// family is how one family of distributions keeps its store.
type family struct {
	name string

	dir        string // of anchor files
	makesDir   bool   // dir may be missing and is then made: the updater alone tells
	ext        string // of our files there
	recursive  bool   // the updater looks into subdirectories
	onlyExt    bool   // the updater takes files with ext alone
	neutral    string // directory of certificates that are known but not trusted
	distrust   []string
	distribute []string // directories of the distribution's own anchors
	conf       string   // list of the distribution's anchors, with "!" before deselected ones

	updaters []string // absolute paths
	args     []string
	script   string // words that the updater, which then is a script, contains
	release  string // systems by their IDs in os-release, separated by "|", whose updater it is whatever it contains
	packaged string // what the package manager writes when it installs the updater
	again    string // option to do everything anew, and to tell all hooks

	bundles []bundle
	hashed  string   // directory that OpenSSL looks certificates up in
	files   []string // that OpenSSL reads beside that directory, by builds of it; where none is, it reads the directory alone
	links   string   // what the updater puts before the names of its links there
	java    javaStore

	marker   string // path that tells of a declarative system
	declares string // what adds a certificate to its configuration, with FILE for the path
}

// bundle is a file of anchors and what programs take them for.
type bundle struct {
	path    string
	purpose x509.ExtKeyUsage
}

// anyBundle is for a bundle that says nothing of purposes.
func anyBundle(path string) []bundle { return []bundle{{path, x509.ExtKeyUsageAny}} }

// extracted are the bundles of p11-kit's trust extract.
func extracted(dir string) []bundle {
	return []bundle{
		{dir + "/tls-ca-bundle.pem", x509.ExtKeyUsageServerAuth},
		{dir + "/email-ca-bundle.pem", x509.ExtKeyUsageEmailProtection},
		{dir + "/objsign-ca-bundle.pem", x509.ExtKeyUsageCodeSigning},
	}
}

// families are in the order in which they are looked for: a directory of
// Debian's can be on any machine, put there by a program that asked nobody.
var families = sync.OnceValue(func() []family {
	return []family{
		{ // Fedora, Red Hat, CentOS, Alma, Rocky, Amazon, Oracle
			name: "redhat",
			dir:  "/etc/pki/ca-trust/source/anchors", ext: ".pem", neutral: "/etc/pki/ca-trust/source",
			// p11-kit up to 0.23 heeds blacklist alone, from 0.24 on blocklist alone.
			distrust:   []string{"/etc/pki/ca-trust/source/blocklist", "/etc/pki/ca-trust/source/blacklist"},
			distribute: []string{"/usr/share/pki/ca-trust-source", "/usr/share/pki/ca-trust-source/anchors"},
			updaters:   []string{"/usr/bin/update-ca-trust", "/bin/update-ca-trust", "/usr/sbin/update-ca-trust"}, args: []string{"extract"},
			bundles: extracted("/etc/pki/ca-trust/extracted/pem"),
			hashed:  "/etc/pki/ca-trust/extracted/pem/directory-hash",
			java:    javaStore{path: "/etc/pki/ca-trust/extracted/java/cacerts"},
		},
		{ // SUSE, openSUSE
			name: "suse",
			dir:  "/etc/pki/trust/anchors", ext: ".pem", neutral: "/etc/pki/trust",
			distrust:   []string{"/etc/pki/trust/blocklist", "/etc/pki/trust/blacklist"},
			distribute: []string{"/usr/share/pki/trust", "/usr/share/pki/trust/anchors"},
			// Without -f, a bundle that is newer than its directory is passed over.
			updaters: []string{"/usr/sbin/update-ca-certificates"}, args: []string{"-f"},
			bundles: []bundle{{"/var/lib/ca-certificates/ca-bundle.pem", x509.ExtKeyUsageServerAuth}},
			hashed:  "/var/lib/ca-certificates/pem",
			java:    javaStore{path: "/var/lib/ca-certificates/java-cacerts"},
		},
		{ // Arch, Manjaro
			name: "arch",
			dir:  "/etc/ca-certificates/trust-source/anchors", ext: ".crt", neutral: "/etc/ca-certificates/trust-source",
			distrust:   []string{"/etc/ca-certificates/trust-source/blocklist", "/etc/ca-certificates/trust-source/blacklist"},
			distribute: []string{"/usr/share/ca-certificates/trust-source", "/usr/share/ca-certificates/trust-source/anchors"},
			updaters:   []string{"/usr/bin/update-ca-trust", "/usr/sbin/update-ca-trust"},
			bundles:    extracted("/etc/ca-certificates/extracted"),
			hashed:     "/etc/ca-certificates/extracted/cadir",
			java:       javaStore{path: "/etc/ssl/certs/java/cacerts"},
		},
		{ // Debian, Ubuntu, Mint, Gentoo, Void
			name: "debian",
			dir:  "/usr/local/share/ca-certificates", makesDir: true, ext: ".crt", recursive: true, onlyExt: true,
			distribute: []string{"/usr/share/ca-certificates"}, conf: "/etc/ca-certificates.conf",
			updaters: []string{"/usr/sbin/update-ca-certificates", "/usr/bin/update-ca-certificates"}, script: "--certsconf",
			release: "debian|ubuntu|gentoo|void", packaged: "/var/lib/dpkg/info/ca-certificates.list", again: "--fresh",
			bundles: anyBundle("/etc/ssl/certs/ca-certificates.crt"),
			hashed:  "/etc/ssl/certs", files: []string{"/usr/lib/ssl/cert.pem", "/etc/ssl/cert.pem"},
			java: javaStore{
				path: "/etc/ssl/certs/java/cacerts", alias: "debian:",
				hook: "/etc/ca-certificates/update.d/jks-keystore", settings: "/etc/default/cacerts",
			},
		},
		{ // Alpine, Wolfi: a program of their own that knows no options
			name: "alpine",
			dir:  "/usr/local/share/ca-certificates", makesDir: true, ext: ".crt",
			distribute: []string{"/usr/share/ca-certificates"}, conf: "/etc/ca-certificates.conf",
			updaters: []string{"/usr/sbin/update-ca-certificates", "/usr/bin/update-ca-certificates"}, release: "alpine|wolfi|chainguard",
			bundles: anyBundle("/etc/ssl/certs/ca-certificates.crt"),
			hashed:  "/etc/ssl/certs", links: "ca-cert-",
		},
		{
			name: "nixos", marker: "/etc/NIXOS",
			declares: "security.pki.certificateFiles = [ FILE ];",
			bundles:  anyBundle("/etc/ssl/certs/ca-bundle.crt"),
		},
		{
			name: "guix", marker: "/gnu/store",
			// A package of certificates, as "X.509 Certificates" in Guix's manual asks for.
			declares: `(packages (cons (package (name "local-ca") (version "1") (source (local-file "FILE" "ca.pem")) ` +
				`(build-system copy-build-system) (arguments '(#:install-plan '(("ca.pem" "etc/ssl/certs/")))) ` +
				`(home-page #f) (synopsis "CA") (description "CA") (license #f)) %base-packages))`,
			bundles: anyBundle("/etc/ssl/certs/ca-certificates.crt"),
		},
	}
})

// isHere reports whether the family's directory, or its marker, is there.
func (f *family) isHere(h *host.Host) bool {
	if f.marker != "" {
		_, err := h.Stat(f.marker)
		return err == nil
	}
	return h.IsDir(f.dir)
}

// maxUpdater bounds the size of an updater that is a script.
const maxUpdater = 8 << 20

// findUpdater returns the path of the family's updater, "" if there is none.
func (f *family) findUpdater(h *host.Host) (string, error) {
	for _, path := range f.updaters {
		if !h.IsFile(path) {
			continue
		}
		if f.script == "" {
			return path, nil
		}
		text, err := h.ReadFile(path, maxUpdater)
		if err != nil {
			return "", err
		}
		if bytes.HasPrefix(text, []byte("#!")) && bytes.Contains(text, []byte(f.script)) || f.installed(h) {
			return path, nil
		}
	}
	return "", nil
}

// installed reports whether the system itself is one of the family's: an
// administrator's wrapper around the updater does not say what it runs.
func (f *family) installed(h *host.Host) bool {
	return h.IsFile(f.packaged) || slices.ContainsFunc(h.Distribution(), func(id string) bool {
		return slices.Contains(strings.Split(f.release, "|"), id)
	})
}

// takes reports whether the updater reads a file of that name.
func (f *family) takes(name string) bool { return !f.onlyExt || strings.HasSuffix(name, f.ext) }
