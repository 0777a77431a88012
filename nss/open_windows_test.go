package nss_test

import (
	"crypto/x509"
	"encoding/pem"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"

	"github.com/hktrust/hktrust/nss"
)

// A browser keeps its database open as SQLite opens files, sharing reading and
// writing. That keeps nobody from changing it.
func TestApplyWhileABrowserHasTheDatabaseOpen(t *testing.T) {
	dir := t.TempDir()
	if err := nss.Create(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"cert9.db", "key4.db"} {
		name, err := windows.UTF16PtrFromString(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		const rights, share = windows.GENERIC_READ | windows.GENERIC_WRITE, windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE
		h, err := windows.CreateFile(name, rights, share, nil, windows.OPEN_EXISTING, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer windows.CloseHandle(h)
	}
	db, err := nss.Open(dir, nss.Options{})
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode([]byte(labRootPEM))
	trust, err := nss.AnchorFor(x509.ExtKeyUsageServerAuth)
	if err != nil {
		t.Fatal(err)
	}
	add := []nss.Change{{Op: nss.Add, DER: block.Bytes, Nickname: "Lab Test Root 1", Trust: &trust}}
	if _, err := db.Apply(t.Context(), add); err != nil {
		t.Fatal(err)
	}
	contents, err := db.List(t.Context())
	if err != nil || len(contents.Entries) != 1 {
		t.Errorf("%+v, %v", contents, err)
	}
}
