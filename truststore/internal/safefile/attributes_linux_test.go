package safefile

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
	"golang.org/x/sys/unix"
)

// accessListOf is the attribute of an access list that gives user 1234 the
// right to read (acl(5), linux/posix_acl_xattr.h).
func accessListOf(group uint16) string {
	const none = 0xffffffff
	b := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{1, 6, none}, {2, 4, 1234}, {4, group, none}, {0x10, 4, none}, {0x20, 0, none}} {
		b = binary.LittleEndian.AppendUint16(b, e.tag)
		b = binary.LittleEndian.AppendUint16(b, e.perm)
		b = binary.LittleEndian.AppendUint32(b, e.id)
	}
	return string(b)
}

func setAttribute(t *testing.T, name, key, value string) {
	t.Helper()
	if err := unix.Setxattr(name, key, []byte(value), 0); err != nil {
		oracle.Optional(t, "a file system with "+key+": "+err.Error())
	}
}

func attribute(name, key string) string {
	b := make([]byte, 1<<16)
	n, err := unix.Getxattr(name, key, b)
	if err != nil {
		return "(" + err.Error() + ")"
	}
	return string(b[:n])
}

func TestEditKeepsAttributes(t *testing.T) {
	oracle.NeedRoot(t)
	name := put(t, "old")
	if err := os.Chown(name, 1234, 5678); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o640|os.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"user.comment":     "中文",
		"security.selinux": "system_u:object_r:cert_t:s0\x00",
		accessList:         accessListOf(0),
	}
	for key, value := range want {
		setAttribute(t, name, key, value)
	}
	before, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := edit1(name, Options{Backup: true}, to("new")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{name, name + BackupSuffix} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		st := info.Sys().(*syscall.Stat_t)
		if st.Uid != 1234 || st.Gid != 5678 || info.Mode() != before.Mode() {
			t.Errorf("%s: owner %d:%d, mode %v, want 1234:5678, %v", path, st.Uid, st.Gid, info.Mode(), before.Mode())
		}
		for key, value := range want {
			if got := attribute(path, key); got != value {
				t.Errorf("%s: %s is %q, want %q", path, key, got, value)
			}
		}
	}
	after, _ := os.Stat(name)
	if os.SameFile(before, after) {
		t.Error("the file was written in place")
	}
	if backup, _ := os.Stat(name + BackupSuffix); !os.SameFile(before, backup) {
		t.Error("the backup is a copy, want the file that was")
	}
}

// A directory may give new files an access list that the edited one never had.
func TestEditInheritsNoAccessList(t *testing.T) {
	name := put(t, "old")
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	setAttribute(t, filepath.Dir(name), "system.posix_acl_default", accessListOf(4))
	if _, err := edit1(name, Options{}, to("new")); err != nil {
		t.Fatal(err)
	}
	if got, want := attribute(name, accessList), "("+unix.ENODATA.Error()+")"; got != want {
		t.Errorf("access list %q, want none", got)
	}
	if info, err := os.Stat(name); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// vfat has neither hard links nor owners; a tree of another kind that lacks
// links is not at hand on every machine, so the copy is called directly.
func TestBackupByCopy(t *testing.T) {
	oracle.NeedRoot(t)
	name := put(t, "old")
	if err := os.Chown(name, 1234, 5678); err != nil {
		t.Fatal(err)
	}
	dir, err := openDirectory(filepath.Dir(name))
	if err != nil {
		t.Fatal(err)
	}
	defer dir.close()
	e := &edit{dir: dir, name: name, base: "cacerts"}
	now, err := dir.read("cacerts", 100)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.copyBackup(now, "cacerts"+BackupSuffix, now.attrs.apply); err != nil {
		t.Fatal(err)
	}
	wantContent(t, name+BackupSuffix, "old")
	wantFiles(t, name, "cacerts", "cacerts"+BackupSuffix)
	info, err := os.Stat(name + BackupSuffix)
	if err != nil {
		t.Fatal(err)
	}
	if st := info.Sys().(*syscall.Stat_t); st.Uid != 1234 || st.Gid != 5678 || info.Mode() != 0o644 {
		t.Errorf("owner %d:%d, mode %v", st.Uid, st.Gid, info.Mode())
	}
	if err := e.copyBackup(now, "cacerts", now.attrs.apply); err == nil {
		t.Error("an existing file was overwritten")
	}
}
