package truststore

import (
	"context"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// Programs read the bundle: an anchor file alone makes nothing trusted, and one
// that is gone leaves its certificate trusted, until the updater runs.
func TestVerifyGoesByTheBundle(t *testing.T) {
	file, bundled := testCA(t, "File"), testCA(t, "Bundled")
	root := debianImage(t, map[string][]byte{"/usr/local/share/ca-certificates/x.crt": file.Raw, systemBundle: bundled.Raw})
	m := &Machine{Host: &host.Host{Root: root}}
	store, err := anchors.Find(m.Host)
	if err != nil {
		t.Fatal(err)
	}
	snap, err := m.linuxStore(store).Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := anchorsOf(snap); len(got) != 1 || string(got[0]) != string(bundled.Raw) {
		t.Errorf("%d anchors", len(got))
	}
}

const systemBundle = "/etc/ssl/certs/ca-certificates.crt"

// debianImage is the files of a system with Debian's updater, and certificates,
// given as DER, by their paths.
func debianImage(t *testing.T, certificates map[string][]byte) string {
	t.Helper()
	root := t.TempDir()
	files := map[string][]byte{"/usr/sbin/update-ca-certificates": []byte("#!/bin/sh\n# --certsconf\n")}
	for path, der := range certificates {
		files[path] = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	for path, data := range files {
		path = filepath.Join(root, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// A variable that names the system's own bundle is cured where that is made, and
// the program is the one that heeds the variable.
func TestTheSystemsBundleIsCuredWhereItIsMade(t *testing.T) {
	issuing, _ := hkpost.BySlug("ecert-ssl-ca-3-17-2025")
	other := testCA(t, "Other").Raw
	root := debianImage(t, map[string][]byte{systemBundle: other, "/home/own.pem": other, "/usr/local/share/ca-certificates/x.crt": other})
	for file, want := range map[string]Cure{systemBundle: CureEnsure, "/home/own.pem": CureFile} {
		m := &Machine{Host: &host.Host{Root: root, Environ: map[string]string{
			"SSL_CERT_FILE": file, "GIT_SSL_CAINFO": file, "PIP_CERT": file, "AWS_CA_BUNDLE": file,
		}}}
		v, _ := m.Verify(context.Background(), [][]byte{issuing.DER()}, VerifyOptions{})
		seen := map[string]Verdict{}
		for _, one := range v.Verdicts {
			if one.Store.Kind == KindBundle {
				seen[one.Program] = one
			}
		}
		for _, program := range []string{"git", "pip", "AWS CLI"} {
			if _, ok := seen[program]; !ok {
				t.Errorf("%s: no verdict of %s", file, program)
			}
		}
		// Of these programs, Go alone takes a CA for a server.
		if got := seen["go"]; got.Cure != want || (want == CureEnsure) != (got.Remedy != nil && got.Remedy.Code == RemedyEnsure) {
			t.Errorf("%s: %+v", file, got)
		}
	}
}

// OpenSSL finds in the directory what the updater is going to put there.
func TestWhatIsAddedIsFound(t *testing.T) {
	added := testCA(t, "Added")
	snap := &Snapshot{
		Info: Info{Kind: KindSystem}, served: func(Entry) bool { return false },
		finds: func(string, Entry) bool { return false },
	}
	c := Change{Action: Add, SHA256: hkpost.FingerprintOf(added.Raw), DER: added.Raw, After: AnchorTrust("added")}
	after := snap.with([]Change{c})
	if list := anchorListOf(after).foundBy("openssl", after); len(list.ders) != 1 {
		t.Errorf("%d anchors", len(list.ders))
	}
}
