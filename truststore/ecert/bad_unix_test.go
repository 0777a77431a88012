//go:build unix

package ecert_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/truststore/ecert"
	"github.com/hktrust/hktrust/truststore/host"
)

// Nobody writes to the pipe, and the device has no end.
func TestPipesAndDevices(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.p12")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, "/dev/zero", "/dev/null"} {
		if in := inspector(t).File(t.Context(), path, nil); codes(in.Findings) != "file.not-regular" {
			t.Errorf("%s: %s", path, codes(in.Findings))
		}
	}
}

// A drive that is gone answers reading with an I/O error; so does /proc/self/mem
// at address 0.
func TestReadingFails(t *testing.T) {
	const path = "/proc/self/mem"
	if _, err := os.Stat(path); err != nil {
		t.Skip("NOT TESTED: ", err)
	}
	in := inspector(t).File(t.Context(), path, nil)
	if codes(in.Findings) != "file.read-failed" {
		t.Errorf("%s, %v", codes(in.Findings), in.Err)
	}
}

func TestFindPassesOverLinksPipesAndWhatIsHuge(t *testing.T) {
	drive, elsewhere := t.TempDir(), t.TempDir()
	place(t, drive, "good.p12")
	place(t, elsewhere, "secret.p12")
	err := syscall.Mkfifo(filepath.Join(drive, "pipe.pfx"), 0o600)
	if err == nil {
		err = os.Symlink(filepath.Join(elsewhere, "secret.p12"), filepath.Join(drive, "out.p12"))
	}
	if err == nil {
		err = os.Symlink(elsewhere, filepath.Join(drive, "folder"))
	}
	if err == nil {
		err = os.Truncate(place(t, drive, "huge.p12"), 1<<30)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := (&ecert.Finder{Host: &host.Host{}, Dirs: []string{drive}}).Find(t.Context())
	if got := names(s); got != "good.p12" || !s.Complete() {
		t.Errorf("found %s", got)
	}
	if got := skipped(s); got != "file.not-regular:pipe.pfx file.too-large:huge.p12 find.link:out.p12" {
		t.Errorf("skipped %s", got)
	}
}
