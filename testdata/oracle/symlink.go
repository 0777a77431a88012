package oracle

import (
	"io/fs"
	"os"
	"testing"
)

// Symlink makes a symbolic link, and skips the test where there are none:
// Windows wants a privilege for them, and Wine says that it made one without
// doing so.
func Symlink(t testing.TB, target, name string) {
	t.Helper()
	err := os.Symlink(target, name)
	if err == nil {
		var info fs.FileInfo
		if info, err = os.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return
		}
	}
	if err != nil && !os.IsPermission(err) && !os.IsNotExist(err) {
		t.Fatalf("symbolic link %s: %v", name, err)
	}
	Optional(t, "symbolic links")
}
