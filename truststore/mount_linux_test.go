package truststore_test

import (
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// readOnly makes a directory a read-only file system till the test ends.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount(dir, dir, "", syscall.MS_BIND, ""); err != nil {
		oracle.Missing(t, "the right to mount")
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
}

// smallDisk makes a directory a file system of 512 KiB till the test ends.
func smallDisk(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k,mode=755"); err != nil {
		oracle.Missing(t, "the right to mount")
	}
	t.Cleanup(func() { syscall.Unmount(dir, 0) })
}
