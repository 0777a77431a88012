package nss

import (
	"errors"
	"testing"

	"github.com/hktrust/hktrust/truststore/host"
)

func TestDirOf(t *testing.T) {
	linux, windows := &host.Host{OS: "linux"}, &host.Host{OS: "windows"}
	for _, tt := range []struct {
		host      *host.Host
		name, dir string
		err       error
	}{
		{linux, "/p", "/p", nil},
		{linux, "sql:/p", "/p", nil},
		{linux, "sql:/p/cert9.db", "/p", nil},
		{linux, "/p/key4.db", "/p", nil},
		{linux, "/p/pkcs11.txt", "/p", nil},
		{linux, "/p/a:b", "/p/a:b", nil},
		{linux, "dbm:/p", "/p", ErrLegacyDB},
		{linux, "/p/cert8.db", "/p", ErrLegacyDB},
		{linux, "extern:/p", "", ErrUnsupported},
		{linux, "sql:", "", ErrNoDatabase},
		{linux, "", "", ErrNoDatabase},
		{windows, `C:\p\cert9.db`, `C:\p`, nil},
		{windows, `sql:C:\p`, `C:\p`, nil},
	} {
		dir, err := DirOf(tt.host, tt.name)
		if dir != tt.dir || !errors.Is(err, tt.err) {
			t.Errorf("DirOf(%q) = %q, %v", tt.name, dir, err)
		}
	}
	if dir, err := DirOf(nil, "sql:x"); dir != "x" || err != nil {
		t.Errorf("%q, %v", dir, err)
	}
}
