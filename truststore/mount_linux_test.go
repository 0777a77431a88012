package truststore_test

import (
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
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

// Two drives take turns at one place. What lies on the other is not the store
// that was changed, nor does it show that that one is gone.
func TestTwoDrivesAtOnePlace(t *testing.T) {
	oracle.NeedRoot(t)
	w := newWorld(t)
	drive := mkdir(t, w.dir, "drive")
	smallDisk(t, drive)
	store := w.keystore("drive", "cacerts")
	original := read(t, store)
	m := w.machine("test", store)
	goal := ownGoal(javatest.NewPKI(t).Root)
	ensure(t, m, goal, truststore.ExitOK)

	smallDisk(t, drive)
	write(t, store, original) // the other drive's
	r := undo(t, m, truststore.ExitFailed)
	wantFinding(t, r, truststore.CodeUndoDue)
	wantBytes(t, store, original)
	w.wantReceipts(1)

	if err := syscall.Unmount(drive, 0); err != nil {
		t.Fatal(err)
	}
	undo(t, m, truststore.ExitOK)
	wantBytes(t, store, original)
	w.wantReceipts(0)
}
