package safefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"golang.org/x/sys/unix"
)

const nobody = 65534

func asNobody() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody, NoSetGroups: false}}
}

// rootMade is a directory that a root test fills for its unprivileged child.
func rootMade(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("HKTRUST_SAFEFILE_DIR"); dir != "" {
		return dir
	}
	oracle.NeedRoot(t)
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HKTRUST_SAFEFILE_DIR", dir)
	return dir
}

func chown(t *testing.T, name string, uid, gid int) {
	t.Helper()
	if err := os.Chown(name, uid, gid); err != nil {
		t.Fatal(err)
	}
}

func TestUnprivilegedInForeignDirectory(t *testing.T) {
	dir := rootMade(t)
	name := filepath.Join(dir, "cacerts")
	if os.Geteuid() == 0 {
		write(t, name, "old")
		chown(t, name, nobody, nobody)
	}
	if !elsewhere(t, asNobody()) {
		wantContent(t, name, "old")
		wantFiles(t, name, "cacerts")
		return
	}
	_, err := edit1(name, Options{Backup: true}, to("new"))
	wantError(t, err, fs.ErrPermission, name)
	wantError(t, Writable(name), fs.ErrPermission, name)
	if _, err := edit1(name, Options{}, to("old")); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
}

func TestUnprivilegedOnForeignFile(t *testing.T) {
	dir := rootMade(t)
	foreign, group := filepath.Join(dir, "foreign"), filepath.Join(dir, "group")
	if os.Geteuid() == 0 {
		write(t, foreign, "old")
		write(t, group, "old")
		chown(t, dir, nobody, nobody)
		chown(t, group, nobody, 1234)
		if err := os.Chmod(group, 0o444); err != nil { // nor can it be written in place
			t.Fatal(err)
		}
	}
	if !elsewhere(t, asNobody()) {
		wantContent(t, foreign, "old")
		wantContent(t, group, "old")
		wantFiles(t, foreign, "foreign", "group")
		return
	}
	for _, name := range []string{foreign, group} {
		_, err := edit1(name, Options{Backup: true}, to("new"))
		wantError(t, err, fs.ErrPermission, name)
		wantError(t, Writable(name), fs.ErrPermission, name)
	}
}

func TestUnprivilegedOnOwnReadOnlyFile(t *testing.T) {
	dir := rootMade(t)
	name := filepath.Join(dir, "cacerts")
	if os.Geteuid() == 0 {
		write(t, name, "old")
		chown(t, dir, nobody, nobody)
		chown(t, name, nobody, nobody)
		if err := os.Chmod(name, 0o444); err != nil {
			t.Fatal(err)
		}
	}
	if !elsewhere(t, asNobody()) {
		return
	}
	if err := Writable(name); err != nil {
		t.Error(err)
	}
	if _, err := edit1(name, Options{Backup: true}, to("new")); err != nil {
		t.Error(err)
	}
	wantContent(t, name, "new")
	if info, err := os.Stat(name); err != nil || info.Mode() != 0o444 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// ownMounts runs the rest of a test where its mounts are seen by nobody else.
func ownMounts(t *testing.T) bool {
	namespace.Need(t)
	return elsewhere(t, namespace.Own())
}

func mount(t *testing.T, dir, options string, flags uintptr) {
	t.Helper()
	err := unix.Mount("tmpfs", dir, "tmpfs", flags, options)
	if errors.Is(err, fs.ErrPermission) {
		oracle.Missing(t, "the right to mount")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
}

func TestReadOnlyFileSystem(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "cacerts")
	mount(t, dir, "size=64k", 0)
	write(t, name, "old")
	mount(t, dir, "", unix.MS_REMOUNT|unix.MS_RDONLY)
	_, err := edit1(name, Options{Backup: true}, to("new"))
	wantError(t, err, syscall.EROFS, name)
	wantError(t, Writable(name), syscall.EROFS, name)
	if _, err := edit1(name, Options{}, to("old")); err != nil {
		t.Errorf("nothing to do: %v", err)
	}
	wantContent(t, name, "old")
}

func TestFullDisk(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "cacerts")
	mount(t, dir, "size=64k", 0)
	old := strings.Repeat("o", 40<<10)
	write(t, name, old)
	_, err := edit1(name, Options{Backup: true}, to(strings.Repeat("n", 40<<10)))
	wantError(t, err, syscall.ENOSPC, name)
	wantContent(t, name, old)
	wantFiles(t, name, "cacerts")
	if _, err := edit1(name, Options{Backup: true}, to("less")); err != nil {
		t.Error(err)
	}
}

// A file that can be replaced although another program is mounted over it
// cannot exist; one that cannot is bind-mounted, as containers do it.
func TestBindMountedFile(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	name := put(t, "old")
	other := put(t, "mounted")
	if err := unix.Mount(other, name, "", unix.MS_BIND, ""); err != nil {
		oracle.Missing(t, "the right to mount")
	}
	t.Cleanup(func() { unix.Unmount(name, unix.MNT_DETACH) })
	_, err := edit1(name, Options{Backup: true}, to("new"))
	wantError(t, err, syscall.EBUSY, name)
	wantContent(t, other, "mounted")
	wantFiles(t, name, "cacerts")
}

func TestImmutableFile(t *testing.T) {
	oracle.NeedRoot(t)
	name := put(t, "old")
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const immutable = 0x10 // FS_IMMUTABLE_FL of linux/fs.h
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, immutable); err != nil {
		oracle.Optional(t, "a file system with immutable files")
	}
	defer unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, 0)
	_, err = edit1(name, Options{Backup: true}, to("new"))
	wantError(t, err, fs.ErrPermission, name)
	wantError(t, Writable(name), fs.ErrPermission, name)
	wantContent(t, name, "old")
	wantFiles(t, name, "cacerts")
}
