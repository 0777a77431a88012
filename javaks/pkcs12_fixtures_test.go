package javaks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
)

// p12Fixture is a file of testdata/pkcs12, which testdata/gen makes.
type p12Fixture struct {
	file       string
	protection javaks.Protection
	entries    string // kinds and aliases, in the order of the file
	password   string // "" stands for changeit
}

var (
	whole     = javaks.Protection{Integrity: true, Certificates: true}
	macOnly   = javaks.Protection{Integrity: true}
	encrypted = javaks.Protection{Certificates: true}
	clear     = javaks.Protection{}
)

const (
	twoTrusted   = "T:Ca One T:第二"
	twoUntrusted = "C: C:"
	empty        = "(empty)" // a password of no characters
)

var p12Fixtures = []p12Fixture{
	{"keytool-default", whole, twoTrusted, ""},
	{"keytool-passwordless", clear, twoTrusted, ""},
	{"keytool-mac-only", macOnly, twoTrusted, ""},
	{"keytool-encrypted-only", encrypted, twoTrusted, ""},
	{"keytool-legacy-rc2-40", whole, twoTrusted, ""},
	{"keytool-3des", whole, twoTrusted, ""},
	{"keytool-rc2-128", whole, twoTrusted, ""},
	{"keytool-aes128-sha1", whole, twoTrusted, ""},
	{"keytool-aes128-sha512", whole, twoTrusted, ""},
	{"keytool-aes256-sha224", whole, twoTrusted, ""},
	{"keytool-aes256-sha384", whole, twoTrusted, ""},
	{"keytool-mac-sha512-224", whole, twoTrusted, ""},
	{"keytool-mac-sha512-256", whole, twoTrusted, ""},
	{"keytool-key-and-trusted", whole, "K:server C:server T:ca", ""},
	{"keytool-keys-and-secret", whole, "K:server K:client S:secret C:server C:client T:ca", ""},
	{"keytool-key-only", whole, "K:server C:server", ""},
	{"keytool-emptied", macOnly, "", ""},
	{"keytool-emptied-passwordless", clear, "", ""},
	{"openssl-nokeys", whole, twoUntrusted, ""},
	{"openssl-nokeys-nomac", clear, twoUntrusted, ""},
	{"openssl-aes192", whole, twoUntrusted, ""},
	{"openssl-pbes2-3des", whole, twoUntrusted, ""},
	{"openssl-2des", whole, twoUntrusted, ""},
	{"openssl-legacy", whole, twoUntrusted, ""},
	{"openssl-empty-password", whole, twoUntrusted, empty},
	{"openssl-empty-password-legacy", whole, twoUntrusted, empty},
	{"openssl-chinese-password", whole, twoUntrusted, "密碼測試"},
	{"openssl-chinese-password-legacy", whole, twoUntrusted, "密碼測試"},
	{"openssl-key", whole, "C:leaf C: K:leaf", ""},
	{"openssl-key-in-clear", clear, "C:leaf", ""},
	{"go-pbmac1", whole, "T:ca1 T:ca2", ""},
}

func (f p12Fixture) secret() string {
	switch f.password {
	case "":
		return "changeit"
	case empty:
		return ""
	}
	return f.password
}

func (f p12Fixture) read(t testing.TB) []byte { return p12(t, f.file) }

func p12(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "pkcs12", name+".p12"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// short writes entries as the table above does.
func short(entries []javaks.Entry) string {
	letters := map[javaks.Kind]string{
		javaks.TrustedCertificate: "T", javaks.ChainCertificate: "C",
		javaks.PrivateKey: "K", javaks.SecretKey: "S", javaks.Hidden: "H",
	}
	var list []string
	for _, e := range entries {
		list = append(list, letters[e.Kind]+":"+e.Alias)
	}
	return strings.Join(list, " ")
}
