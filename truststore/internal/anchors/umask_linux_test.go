package anchors_test

import (
	"os"
	"syscall"
	"testing"
)

// What we write is for all to read, whatever the caller's mask.
func TestUmask(t *testing.T) {
	p := pki(t)
	i := debianImage(t)
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	apply(t, find(t, i.host), adds(p.Root))
	for _, path := range []string{debianLocal, debianLocal + "/" + name(p.Root.Raw) + ".crt"} {
		if info, err := os.Stat(i.at(path)); err != nil || info.Mode().Perm()&0o044 != 0o044 {
			t.Errorf("%s: %v, %v", path, err, info.Mode())
		}
	}
}
