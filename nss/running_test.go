package nss

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"

	"github.com/hktrust/hktrust/truststore/host"
)

func TestProfileInUse(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  bool
	}{
		{"never started", nil, false},
		{"left behind", map[string]string{"/p/lock": "->127.0.1.1:+77", "/p/.parentlock": ""}, false},
		{"left behind, number taken", map[string]string{"/p/lock": "->127.0.1.1:+77", "/p/.parentlock": "", "/proc/77/": ""}, false},
		{"file system without locks", map[string]string{"/p/lock": "->127.0.1.1:77", "/p/.parentlock": "", "/proc/77/": ""}, true},
		{"no lock file", map[string]string{"/p/lock": "->127.0.1.1:+77", "/proc/77/": ""}, true},
		{"no such process", map[string]string{"/p/lock": "->127.0.1.1:77"}, false},
		{"no number", map[string]string{"/p/lock": "->127.0.1.1:+../../..", "/proc/": ""}, false},
		{"number too large", map[string]string{"/p/lock": "->127.0.1.1:99999999999999999999", "/proc/": ""}, false},
		{"empty number", map[string]string{"/p/lock": "->127.0.1.1:", "/proc/": ""}, false},
		{"not a link", map[string]string{"/p/lock": "127.0.1.1:+77", "/proc/77/": ""}, false},
		{"a link to itself", map[string]string{"/p/lock": "->lock", "/proc/77/": ""}, false},
	}
	for _, tt := range tests {
		h := machine(t, tt.files)
		if got := profileInUse(h, "/p"); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// The lock that counts is the one that the kernel keeps.
func TestProfileInUsePOSIXLock(t *testing.T) {
	h := machine(t, map[string]string{"/p/.parentlock": "", "/p/lock": "->127.0.1.1:+" + strconv.Itoa(1<<30)})
	release := lockElsewhere(t, h.Real("/p/.parentlock"))
	if !profileInUse(h, "/p") {
		t.Error("a locked profile is not in use")
	}
	release()
	if profileInUse(h, "/p") {
		t.Error("a released profile is in use")
	}
}

// lockElsewhere locks a file in another process until release is called.
func lockElsewhere(t *testing.T, path string) (release func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHoldLock$")
	cmd.Env = append(os.Environ(), "HOLD_LOCK="+path)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	release = func() { in.Close(); cmd.Wait() }
	t.Cleanup(release)
	if _, err := io.ReadFull(out, make([]byte, len("locked"))); err != nil {
		t.Fatalf("the other process: %v", err)
	}
	return release
}

// TestHoldLock is that other process.
func TestHoldLock(t *testing.T) {
	path := os.Getenv("HOLD_LOCK")
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	must(t, setLock(f))
	fmt.Print("locked")
	io.Copy(io.Discard, os.Stdin)
}

func TestAliveOnThisMachine(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links are no locks there")
	}
	ended := exec.Command("true")
	must(t, ended.Run())
	for _, system := range []string{runtime.GOOS, "freebsd"} {
		h := &host.Host{OS: system}
		if !alive(h, strconv.Itoa(os.Getpid())) {
			t.Errorf("%s: this process is not alive", system)
		}
		if alive(h, strconv.Itoa(ended.Process.Pid)) {
			t.Errorf("%s: an ended process is alive", system)
		}
	}
}
