package nss

import (
	"context"
	"testing"
)

func FuzzReadProfileStore(f *testing.F) {
	f.Add([]byte("SQLite format 3\x00"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = ReadProfileStore(context.Background(), data)
		var c ProfileCertificate
		_, _ = c.readSettings(data)
	})
}

func FuzzReadCRLSet(f *testing.F) {
	f.Add([]byte("\x02\x00{}" + "0123456789abcdef0123456789abcdef\x01\x00\x00\x00\x01\x05"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = ReadCRLSet(data) })
}
