package anchors_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
)

// debianWithJava is debian where the updater's hook keeps a keystore.
func debianWithJava(t *testing.T, test func(*testing.T)) {
	t.Helper()
	debian(t, func(t *testing.T) {
		if javaEntries(t) == nil {
			oracle.Missing(t, "ca-certificates-java")
		}
		test(t)
	})
}

func wantJavaEntry(t *testing.T, der []byte, want bool) {
	t.Helper()
	if got := slices.Contains(javaEntries(t), "debian:"+name(der)+".pem"); got != want {
		t.Errorf("Java has an entry: %v, want %v", got, want)
	}
}

// A run that is killed while the updater works leaves it to end its work, with
// all that it prints and with its hooks.
func TestKilledWhileTheUpdaterWorks(t *testing.T) {
	debianWithJava(t, func(t *testing.T) {
		p := pki(t)
		s := find(t, &host.Host{})
		cmd := child(t, adds(p.Root))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
			if _, err := os.Stat(debianBundle + ".new"); err == nil {
				break
			}
			if time.Now().After(end) {
				t.Fatal("no updater began")
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		out, err := s.Mend(context.Background()) // waits for the updater
		if err != nil || out.Ran {
			t.Errorf("something was left to be done: %v, %v", out.Ran, err)
		}
		wantInOrder(t, read(t, s))
		wantTrusted(t, read(t, s), p.Root, true)
		wantJavaEntry(t, p.Root.Raw, true)
	})
}

// What Java's hook missed, a later run makes up for, though the links that the
// updater tells its hooks of are there already.
func TestHookThatMissedAnEntry(t *testing.T) {
	debianWithJava(t, func(t *testing.T) {
		const hook = "/etc/ca-certificates/update.d/jks-keystore"
		p, second := pki(t), pki(t)
		s := find(t, &host.Host{})
		if err := os.Chmod(hook, 0o644); err != nil {
			t.Fatal(err)
		}
		apply(t, s, adds(p.Root, second.Root))
		if err := os.Chmod(hook, 0o755); err != nil {
			t.Fatal(err)
		}
		if !read(t, s).Waiting {
			t.Error("nothing waits")
		}
		if got := strings.Join(s.Repair(read(t, s)), " "); !strings.Contains(got, "/usr/sbin/update-ca-certificates --fresh") {
			t.Errorf("advice %s", got)
		}
		wantInOrder(t, apply(t, s, adds(p.Root)).Content)
		wantJavaEntry(t, p.Root.Raw, true)
		wantJavaEntry(t, second.Root.Raw, true)
	})
}

// A file that somebody deleted by hand, and that is wanted again, comes back in
// one run, whether Java still has it or not.
func TestFileComesBack(t *testing.T) {
	debianWithJava(t, func(t *testing.T) {
		p := pki(t)
		s := find(t, &host.Host{})
		apply(t, s, adds(p.Root))
		for _, gone := range []string{"", "from Java, too"} {
			if err := os.Remove(filepath.Join(debianLocal, name(p.Root.Raw)+".crt")); err != nil {
				t.Fatal(err)
			}
			if gone != "" {
				run(t, "keytool", "-delete", "-alias", "debian:"+name(p.Root.Raw)+".pem", "-keystore", debianJava, "-storepass", "changeit")
			}
			out := apply(t, s, adds(p.Root))
			wantInOrder(t, out.Content)
			wantTrusted(t, out.Content, p.Root, true)
			wantJavaEntry(t, p.Root.Raw, true)
		}
	})
}

// Behind an administrator's wrapper it is Debian's updater all the same, and
// what is taken away goes from its links and from Java.
func TestWrappedUpdater(t *testing.T) {
	debianWithJava(t, func(t *testing.T) {
		const updater = "/usr/sbin/update-ca-certificates"
		dir := t.TempDir()
		run(t, "cp", updater, dir)
		write(t, filepath.Join(dir, "wrapper"), []byte("#!/bin/sh\nexec "+dir+"/update-ca-certificates \"$@\"\n"))
		if err := os.Chmod(filepath.Join(dir, "wrapper"), 0o755); err != nil {
			t.Fatal(err)
		}
		run(t, "mount", "--bind", filepath.Join(dir, "wrapper"), updater)
		defer run(t, "umount", updater)
		p := pki(t)
		s := find(t, &host.Host{})
		apply(t, s, adds(p.Root))
		wantJavaEntry(t, p.Root.Raw, true)
		wantInOrder(t, apply(t, s, removes(p.Root)).Content)
		wantJavaEntry(t, p.Root.Raw, false)
		if left := ours(t, "/etc/ssl/certs"); len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}
