package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	debianrelease "github.com/hktrust/hktrust/testdata/debian"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"golang.org/x/sys/unix"
)

// TestSystemTrouble: a hook that fails while the updater says that all went well, a
// package manager at work, a disk that is full. Each is told, and ends in no success;
// the next run mends.
func TestSystemTrouble(t *testing.T) {
	const hook = "/etc/ca-certificates/update.d/jks-keystore"
	oracle.NeedFile(t, "ca-certificates-java", hook)
	if !namespace.Enter(t, "/usr/share") {
		return
	}
	few(t, "/")
	if err := os.MkdirAll(debianrelease.Local, 0o755); err != nil {
		t.Fatal(err)
	}
	shell(t, "cd /mnt && cp -a "+debianrelease.Local+" local && mount -t tmpfs -o size=64k,mode=755 tmpfs "+debianrelease.Local+
		" && cp -a local/. "+debianrelease.Local)
	before := debianrelease.ProgramsRead(t)
	inJava := func() int {
		data, err := os.ReadFile(debianrelease.Cacerts)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Count(data, []byte("debian:hktrust-"))
	}
	ensure := []string{"ensure", "--store", "system", "--cert", javatest.NewPKI(t).Root.File(t)}

	works, err := os.ReadFile(hook)
	if err != nil {
		t.Fatal(err)
	}
	write(t, hook, "#!/bin/sh\nexit 3\n")
	// The bundle has it by then: that is told, too.
	if out := asRoot(t, 1, ensure...); !strings.Contains(out, "updater did not do its work") || !strings.Contains(out, "Written: "+debianrelease.Local) {
		t.Errorf("of a failing hook is said\n%s", out)
	}
	write(t, hook, string(works))
	lock, err := os.OpenFile("/var/lib/dpkg/lock-frontend", os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.FcntlFlock(lock.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
		t.Fatal(err)
	}
	asRoot(t, 6, ensure...)
	lock.Close()
	asRoot(t, 0, ensure...)
	if n := inJava(); n != 1 {
		t.Errorf("Java has %d entries of ours", n)
	}

	shell(t, "cat /dev/zero >"+debianrelease.Local+"/filler 2>/dev/null || true")
	second := []string{"ensure", "--store", "system", "--cert", javatest.NewPKI(t).Root.File(t)}
	asRoot(t, 1, second...)
	if left, _ := filepath.Glob(debianrelease.Local + "/hktrust-*"); len(left) != 1 {
		t.Errorf("on a full disk there is %v", left)
	}
	if err := os.Remove(debianrelease.Local + "/filler"); err != nil {
		t.Fatal(err)
	}
	asRoot(t, 0, second...)
	asRoot(t, 0, "undo")
	if now := debianrelease.ProgramsRead(t); now != before {
		t.Errorf("programs read\n%s\nand read before\n%s", now, before)
	}
	if n := inJava(); n > 0 {
		t.Errorf("after undo Java has %d entries of ours", n)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
