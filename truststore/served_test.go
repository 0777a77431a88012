package truststore

import (
	"context"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// Programs read the bundle: an anchor file alone makes nothing trusted, and one
// that is gone leaves its certificate trusted, until the updater runs.
func TestVerifyGoesByTheBundle(t *testing.T) {
	file, bundled := testCA(t, "File"), testCA(t, "Bundled")
	root := t.TempDir()
	for path, der := range map[string][]byte{
		"/usr/local/share/ca-certificates/x.crt": file.Raw, "/etc/ssl/certs/ca-certificates.crt": bundled.Raw,
		"/usr/sbin/update-ca-certificates": nil,
	} {
		data := []byte("#!/bin/sh\n# --certsconf\n")
		if der != nil {
			data = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
		}
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
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
