package truststore_test

import (
	"os"
	"syscall"
	"testing"

	"github.com/hktrust/hktrust/truststore/host"
)

func mkfifo(t testing.TB, _ string) {
	t.Helper()
	t.Skip("Windows has no such files")
}

func owner(t testing.TB, _ string) string {
	t.Helper()
	t.Skip("Windows has no such owners")
	return ""
}

func identity(os.FileInfo) string { return "" }

func credential(host.User) *syscall.SysProcAttr { return nil }

func killed(*os.ProcessState) bool { return false }
