package safefile

import (
	"os"
	"testing"

	"github.com/hktrust/hktrust/testdata/namespace"
)

// A container's root is a union file system: a file of its image is copied as
// it is first linked or written to.
func TestEditFileOfAnImage(t *testing.T) {
	if !namespace.Enter(t) {
		return
	}
	const file = "/etc/passwd"
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Edit(t.Context(), file, Options{Backup: true}, func(old []byte) ([]byte, error) {
		return append(old, "# more\n"...), nil
	})
	if err != nil || !out.Changed {
		t.Fatalf("%+v, %v", out, err)
	}
	backup, err := os.ReadFile(out.BackupMade)
	if err != nil || string(backup) != string(old) {
		t.Errorf("the backup %s is not the file as it was (%v)", out.BackupMade, err)
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != string(old)+"# more\n" {
		t.Errorf("the file now is %q, %v", now, err)
	}
}
