//go:build unix

package truststore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// bob owns a home in the tree of bobsMachine; no such user need exist.
var bob = host.User{Name: "bob", UID: 54331, GID: 54332, Home: "/home/bob"}

// bobsMachine is a file tree with root's and bob's home, and root looking at it.
func bobsMachine(t *testing.T) (m *truststore.Machine, home string) {
	t.Helper()
	oracle.NeedRoot(t)
	root := t.TempDir()
	for _, dir := range []string{filepath.Dir(root), root} { // bob may look into it
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	home = filepath.Join(root, bob.Home)
	for _, dir := range []string{filepath.Join(root, "etc"), filepath.Join(root, "root"), home} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	put(t, "root:x:0:0:root:/root:/bin/sh\nbob:x:54331:54332::/home/bob:/bin/sh\n", root, "etc/passwd")
	return &truststore.Machine{
		Host: &host.Host{Root: root, AsUser: asBob, Account: &host.User{Home: "/root"}}, Owner: "test", AllUsers: true,
	}, home
}

// asBob runs this test binary as the user, as the command does.
func asBob(ctx context.Context, u host.User, request []byte) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = []string{childVariable + "=" + childAsUser}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(u.UID), Gid: uint32(u.GID)}}
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(request), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	return stdout.Bytes(), nil
}

// giveBob makes everything in his home his.
func giveBob(t *testing.T, home string) {
	t.Helper()
	err := filepath.WalkDir(home, func(path string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, bob.UID, bob.GID))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wantBobs wants everything in his home to be his, and nothing but his.
func wantBobs(t *testing.T, stage, home string) {
	t.Helper()
	err := filepath.WalkDir(home, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		if st := info.Sys().(*syscall.Stat_t); int(st.Uid) != bob.UID || int(st.Gid) != bob.GID {
			t.Errorf("%s: %s belongs to %d:%d", stage, path, st.Uid, st.Gid)
		}
		if info.Mode().IsRegular() && info.Mode().Perm() != 0o600 && strings.HasSuffix(path, ".db") {
			t.Errorf("%s: %s has mode %s", stage, path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Root serves a user's browsers through a child that is that user.
func TestNSSOfAnotherUser(t *testing.T) {
	m, home := bobsMachine(t)
	g, pki := newerNSS(t), javatest.NewPKI(t)
	profile := g.newDB(t, filepath.Join(home, ".mozilla/firefox/p"))
	firefoxProfile(t, profile, "153.7.0")
	put(t, "[Profile0]\nName=p\nIsRelative=1\nPath=p\n", home, ".mozilla/firefox/profiles.ini")
	chromiumUsed(t, home, "156.0.8078.79")
	giveBob(t, home)
	original := objects(t, profile)

	r := check(t, m, serverGoal(t), truststore.ExitOK)
	if len(r.Stores) != 2 {
		t.Fatalf("stores %+v", r.Stores)
	}
	for _, s := range r.Stores {
		if s.Info.Owner == nil || s.Info.Owner.Name != "bob" {
			t.Errorf("%s: owner %+v", s.Info.Path, s.Info.Owner)
		}
	}
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	wantBobs(t, "ensure", home)
	made := filepath.Join(home, ".local/share/pki/nssdb")
	wantFlags(t, made, pki.Root.Certificate, "C,,")
	name := truststore.EntryName(pki.Root.Certificate)
	if got := g.flags(t, profile, name); got != "C,," {
		t.Errorf("listed as %s", got)
	}
	check(t, m, ownGoal(pki.Root), truststore.ExitOK)
	if r := ensure(t, m, ownGoal(pki.Root), truststore.ExitOK); r.Changed {
		t.Error("changed twice")
	}
	giveBob(t, home) // certutil ran as root
	undo(t, m, truststore.ExitOK)
	wantBobs(t, "undo", home)
	if got := objects(t, profile); got != original {
		t.Errorf("undo leaves\n%s\nwhere there was\n%s", got, original)
	}
	wantFlags(t, made, pki.Root.Certificate, "-")
}

// What keeps trust from being written in a user's database reaches root.
func TestNSSOfAnotherUserWithPassword(t *testing.T) {
	m, home := bobsMachine(t)
	g, pki := newerNSS(t), javatest.NewPKI(t)
	profile := g.newDB(t, filepath.Join(home, "db"))
	setPassword(t, g, profile, "Secr3t!pw")
	giveBob(t, home)
	m.Select = []truststore.Selector{{Kind: truststore.KindNSS, Path: "/home/bob/db", Dir: true}}
	before := tree(t, home)
	r := ensure(t, m, ownGoal(pki.Root), truststore.ExitPerson)
	wantPlanned(t, r, pki.Root.Certificate, "!", truststore.CodePasswordRequired)
	if r.Stores[0].Status != truststore.StatusBlocked {
		t.Errorf("status %s", r.Stores[0].Status)
	}
	wantUntouched(t, before, home)
	ensure(t, withPassword(m, "Secr3t!pw"), ownGoal(pki.Root), truststore.ExitOK)
	wantBobs(t, "ensure", home)
	undo(t, m, truststore.ExitOK)
	wantBobs(t, "undo", home)
}

// What bob may not read is unknown, and hides nothing else.
func TestNSSOfAnotherUserUnreadable(t *testing.T) {
	m, home := bobsMachine(t)
	g, pki := newerNSS(t), javatest.NewPKI(t)
	root := filepath.Join(home, ".mozilla/firefox")
	good, bad := g.newDB(t, filepath.Join(root, "good")), g.newDB(t, filepath.Join(root, "bad"))
	put(t, "[Profile0]\nName=good\nIsRelative=1\nPath=good\n[Profile1]\nName=bad\nIsRelative=1\nPath=bad\n", root, "profiles.ini")
	giveBob(t, home)
	if err := os.Lchown(bad, 0, 0); err != nil { // and of mode 0700
		t.Fatal(err)
	}
	before := tree(t, bad)
	r := ensure(t, m, ownGoal(pki.Root), truststore.ExitPartly)
	if !errors.Is(r.Err, fs.ErrPermission) {
		t.Error(r.Err)
	}
	wantUntouched(t, before, bad)
	if got := g.flags(t, good, truststore.EntryName(pki.Root.Certificate)); got != "C,," {
		t.Errorf("the good one lists %s", got)
	}
}

// A link that bob plants makes root write nowhere else.
func TestNSSPlantedLink(t *testing.T) {
	m, home := bobsMachine(t)
	g, pki := newerNSS(t), javatest.NewPKI(t)
	target := g.newDB(t, filepath.Join(filepath.Dir(filepath.Dir(home)), "etc/pki/nssdb"))
	put(t, "[Profile0]\nName=p\nIsRelative=0\nPath=/etc/pki/nssdb\n", home, ".mozilla/firefox/profiles.ini")
	symlink(t, "/etc/pki/nssdb", filepath.Join(home, ".mozilla/firefox/q"))
	giveBob(t, home)
	m.Scope = truststore.ScopeUser
	before := tree(t, target)
	r, err := m.Ensure(context.Background(), ownGoal(pki.Root))
	if sound(t, r, err); r.Changed {
		t.Errorf("changed: %+v", r.Stores)
	}
	wantUntouched(t, before, target)
}
