//go:build unix

package truststore_test

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/truststore/host"
)

func mkfifo(t testing.TB, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
}

// owner describes whose a file is, and its mode.
func owner(t testing.TB, path string) string {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d %s", st.Uid, st.Gid, info.Mode())
}

// identity tells a file from another one of the same content.
func identity(info os.FileInfo) string {
	st := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d #%d", st.Uid, st.Gid, st.Ino)
}

// credential lets a child run as the user, without supplementary groups.
func credential(u host.User) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(u.UID), Gid: uint32(u.GID)}}
}

// killed reports whether a process ended by SIGKILL.
func killed(state *os.ProcessState) bool {
	return state.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
}
