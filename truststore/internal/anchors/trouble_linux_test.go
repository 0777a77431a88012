package anchors_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/anchors"
	"golang.org/x/sys/unix"
)

// The way administrators remove a certificate leaves Debian's links and Java's
// entry. For one of ours, that is mended; for theirs, it is said.
func TestDebianLeftovers(t *testing.T) {
	debian(t, func(t *testing.T) {
		s := find(t, &host.Host{})
		p, theirs := pki(t), pki(t)
		java := javaEntries(t)
		before := listing(t, "/etc/ssl/certs", debianLocal)
		many := []string{"theirs", "Theirs too", "theirs (3)", "theirs-4", "theirs-5", "theirs-6"}
		for _, file := range many {
			write(t, debianLocal+"/"+file+".crt", theirs.Root.PEM())
		}
		apply(t, s, adds(p.Root))
		for _, file := range append(many, name(p.Root.Raw)) {
			if err := os.Remove(filepath.Join(debianLocal, file+".crt")); err != nil {
				t.Fatal(err)
			}
		}
		run(t, "update-ca-certificates")
		c := read(t, s)
		wantTrusted(t, c, p.Root, false)
		mine, others := 0, 0
		for _, f := range c.Findings {
			switch {
			case f.Code == anchors.LinkDangling && f.Ours:
				mine++
			case f.Code == anchors.LinkDangling:
				others++
			}
		}
		if !c.Waiting || mine == 0 || others == 0 {
			t.Errorf("waiting %v, findings %+v", c.Waiting, c.Findings)
		}
		out, err := s.Mend(context.Background())
		if err != nil || !out.Ran || out.Content.Waiting {
			t.Fatalf("outcome %+v, %v", out, err)
		}
		if left := ours(t, "/etc/ssl/certs"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
		if java == nil {
			return
		}
		if now := minus(javaEntries(t), java); len(now) != len(many) {
			t.Errorf("Java has besides %v", now)
		}

		// Java alone has it still: somebody removed the link by hand, too.
		apply(t, s, adds(p.Root))
		link := "/etc/ssl/certs/" + name(p.Root.Raw) + ".pem"
		for _, file := range []string{filepath.Join(debianLocal, name(p.Root.Raw)+".crt"), link} {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
		run(t, "update-ca-certificates", "--fresh")
		if c := read(t, s); !c.Waiting || !slices.ContainsFunc(c.Findings, func(f anchors.Finding) bool { return f.Code == anchors.JavaStale }) {
			t.Errorf("waiting %v, findings %+v", c.Waiting, c.Findings)
		}
		if out, err := s.Mend(context.Background()); err != nil || out.Content.Waiting {
			t.Fatalf("outcome %+v, %v", out, err)
		}
		if now := minus(javaEntries(t), java); len(now) != len(many) {
			t.Errorf("Java has besides %v", now)
		}

		// However many they are, a line ends them that fits on a screen.
		c = read(t, s)
		i := slices.IndexFunc(c.Findings, func(f anchors.Finding) bool { return f.Code == anchors.JavaStale })
		if i < 0 || !strings.Contains(c.Findings[i].Path, ", … (") {
			t.Fatalf("findings %+v", c.Findings)
		}
		cure := s.Cure(c, c.Findings[i])
		if n := len(strings.Join(cure, " ")); n > 400 {
			t.Errorf("%d characters: %q", n, cure)
		}
		run(t, cure[0], cure[1:]...)
		gone, err := s.Orphans()
		if err != nil {
			t.Fatal(err)
		}
		if now, want := javaEntries(t), slices.DeleteFunc(slices.Clone(java), gone); !slices.Equal(now, want) {
			t.Errorf("Java has besides %v, and lacks %v", minus(now, want), minus(want, now))
		}
		after := listing(t, "/etc/ssl/certs", debianLocal)
		delete(before, debianJava)
		delete(after, debianJava)
		wantSame(t, before, after)
	})
}

func minus(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// While a package is being installed, Java's keystore stays behind. That is
// said, and the next run sees to it.
func TestDpkgAtWork(t *testing.T) {
	debian(t, func(t *testing.T) {
		if javaEntries(t) == nil {
			oracle.Missing(t, "ca-certificates-java")
		}
		s := find(t, &host.Host{})
		p := pki(t)
		lock, err := os.OpenFile("/var/lib/dpkg/lock-frontend", os.O_RDWR|os.O_CREATE, 0o640)
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.FcntlFlock(lock.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
			t.Fatal(err)
		}
		_, err = s.Apply(context.Background(), adds(p.Root))
		var failure *anchors.UpdaterError
		if !errors.Is(err, anchors.ErrBusy) || !errors.As(err, &failure) || !slices.Equal(failure.Unproven, []string{debianJava}) {
			t.Errorf("error %v", err)
		}
		c := read(t, s)
		wantTrusted(t, c, p.Root, true)
		if !c.Waiting {
			t.Error("nothing waits")
		}
		lock.Close()
		out, err := s.Mend(context.Background())
		if err != nil || out.Content.Waiting {
			t.Errorf("outcome %+v, %v", out, err)
		}
		if !slices.Contains(javaEntries(t), "debian:"+name(p.Root.Raw)+".pem") {
			t.Error("Java has no entry")
		}

		// In a package's own script, dpkg sees to it afterwards.
		inScript := find(t, &host.Host{Environ: map[string]string{"DPKG_MAINTSCRIPT_PACKAGE": "x", "DPKG_MAINTSCRIPT_NAME": "postinst", "DPKG_RUNNING_VERSION": "1.21.22"}})
		out = apply(t, inScript, removes(p.Root))
		if !out.Deferred || !out.Ran {
			t.Errorf("outcome %+v", out)
		}
		run(t, "dpkg", "--triggers-only", "--pending")
		wantInOrder(t, read(t, s))
	})
}

// A disk that is full leaves the store as it was.
func TestFullDisk(t *testing.T) {
	debian(t, func(t *testing.T) {
		withoutJava(t)
		s := find(t, &host.Host{})
		p := pki(t)
		before, was := listing(t, debianLocal), bundle(t, debianBundle)
		for _, dir := range []string{"/usr/local/share/ca-certificates", "/etc/ssl/certs"} {
			small := t.TempDir()
			run(t, "mount", "-t", "tmpfs", "-o", "size=300k,mode=755", "tmpfs", small)
			run(t, "cp", "-a", dir+"/.", small)
			run(t, "mount", "--bind", small, dir)
			fill(t, filepath.Join(dir, "filler"))
			_, err := s.Apply(context.Background(), adds(p.Root))
			if err == nil {
				t.Errorf("%s: no error", dir)
			}
			t.Logf("%s: %v", dir, err)
			now := bundle(t, debianBundle)
			for id, n := range was {
				if now[id] != n {
					t.Errorf("%s: a certificate stands %d times in the bundle", dir, now[id])
				}
			}
			if len(ours(t, debianLocal)) > 0 {
				t.Errorf("%s: left %v", dir, ours(t, debianLocal))
			}
			if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
				t.Fatal(err)
			}
			wantInOrder(t, apply(t, s, adds(p.Root)).Content)
			wantInOrder(t, apply(t, s, removes(p.Root)).Content)
			wantSame(t, before, listing(t, debianLocal))
			run(t, "umount", dir)
			run(t, "umount", small)
		}
	})
}

// fill writes until there is no room.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 1<<10)
	for {
		if _, err := f.Write(block); err != nil {
			return
		}
	}
}

// What an updater starts, and what keeps its output open, is not waited for,
// and does not keep the lock.
func TestHookThatStartsAService(t *testing.T) {
	debian(t, func(t *testing.T) {
		withoutJava(t)
		write(t, "/etc/ca-certificates/update.d/service", []byte("#!/bin/sh\nsleep 60 >/dev/null 2>&1 &\n"))
		if err := os.Chmod("/etc/ca-certificates/update.d/service", 0o755); err != nil {
			t.Fatal(err)
		}
		s := find(t, &host.Host{})
		p := pki(t)
		apply(t, s, adds(p.Root))
		s.Wait = time.Second
		apply(t, s, removes(p.Root))
	})
}

// What others must be able to read stays so, whatever the caller's mask.
func TestMaskOfTheCaller(t *testing.T) {
	debian(t, func(t *testing.T) {
		old := syscall.Umask(0o077)
		defer syscall.Umask(old)
		s := find(t, &host.Host{})
		p := pki(t)
		modes := func() map[string]os.FileMode {
			out := map[string]os.FileMode{}
			for _, file := range []string{debianBundle, debianJava, debianLocal} {
				if info, err := os.Stat(file); err == nil {
					out[file] = info.Mode()
				}
			}
			return out
		}
		before := modes()
		wantInOrder(t, apply(t, s, adds(p.Root)).Content)
		for file, mode := range modes() {
			if before[file] != mode {
				t.Errorf("%s had mode %v, has %v", file, before[file], mode)
			}
		}
	})
}
