package nss_test

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/hktrust/hktrust/nss"
)

// Trust a CA for TLS servers in a database, and take it back.
func ExampleDB_Apply() {
	ctx := context.Background()
	dir := filepath.Join(os.TempDir(), fmt.Sprint("nss-example-", os.Getpid()))
	defer os.RemoveAll(dir)
	if err := nss.Create(ctx, dir); err != nil {
		log.Fatal(err)
	}
	db, err := nss.Open(dir, nss.Options{})
	if err != nil {
		log.Fatal(err)
	}
	block, _ := pem.Decode([]byte(labRootPEM))
	trust, err := nss.AnchorFor(x509.ExtKeyUsageServerAuth)
	if err != nil {
		log.Fatal(err)
	}
	applied, err := db.Apply(ctx, []nss.Change{{Op: nss.Add, DER: block.Bytes, Nickname: "Lab Test Root 1", Trust: &trust}})
	if err != nil {
		log.Fatal(err)
	}
	show := func() {
		contents, err := db.List(ctx)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(contents.Entries), "certificates")
		for _, e := range contents.Entries {
			fmt.Println(e.Nickname, e.Trust.Flags())
		}
	}
	show()
	undo := nss.Change{Op: nss.Restore, DER: block.Bytes, State: applied[0].Before, Expect: &applied[0].After}
	if _, err := db.Apply(ctx, []nss.Change{undo}); err != nil {
		log.Fatal(err)
	}
	show()
	// Output:
	// 1 certificates
	// Lab Test Root 1 C,,
	// 0 certificates
}

const labRootPEM = `-----BEGIN CERTIFICATE-----
MIIBtDCCAVugAwIBAgIUTWYOyBYnb4IFCGD0HpnWS0MX7FkwCgYIKoZIzj0EAwIw
KDEMMAoGA1UECgwDTGFiMRgwFgYDVQQDDA9MYWIgVGVzdCBSb290IDEwHhcNMjYx
MTIyMDc0NjU0WhcNMzYxMTE5MDc0NjU0WjAoMQwwCgYDVQQKDANMYWIxGDAWBgNV
BAMMD0xhYiBUZXN0IFJvb3QgMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJ/M
LBxNdZKpKYth1te2UxS8ripD9OjZpVRFuBffy1veAU35GZGOWSdX5GmQ2/6hmrBR
glEtMcxAJih4sFzNevqjYzBhMB0GA1UdDgQWBBRR/IzaITzbr1AP0ueIxslWDJgq
QDAfBgNVHSMEGDAWgBRR/IzaITzbr1AP0ueIxslWDJgqQDAPBgNVHRMBAf8EBTAD
AQH/MA4GA1UdDwEB/wQEAwIBBjAKBggqhkjOPQQDAgNHADBEAiBVBmDxsbODmnbp
YxxqsT2Kf4fQcPozzN2GAP5DbLuopAIgXtb9jy68DGvVpDn7jV5Fv7z9LIsWoiV/
lW3QGyTHyng=
-----END CERTIFICATE-----`
