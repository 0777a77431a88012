//go:build unix

package host

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A pipe without a writer, put where a keystore is looked for, must not stop
// the program.
func TestReadFileDoesNotWaitForAPipe(t *testing.T) {
	h := ordinary(t, tree{"dir/": "", "link": "-> /dir/pipe"})
	must(t, syscall.Mkfifo(filepath.Join(h.Root, "dir/pipe"), 0o600))
	for _, path := range []string{"/dir/pipe", "/link"} {
		if got, err := h.ReadFile(path, 100); !errors.Is(err, ErrNotRegular) {
			t.Errorf("ReadFile(%q) = %q, %v", path, got, err)
		}
	}
}

func TestReadFileOfASocketOrDevice(t *testing.T) {
	dir := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(dir, "socket"))
	must(t, err)
	defer listener.Close()
	h := &Host{Account: &User{UID: 1000}}
	if got, err := h.ReadFile(filepath.Join(dir, "socket"), 100); err == nil {
		t.Errorf("socket: %q", got)
	}
	if got, err := h.ReadFile(os.DevNull, 100); !errors.Is(err, ErrNotRegular) {
		t.Errorf("device: %q, %v", got, err)
	}
}
