package truststore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore"
)

// An administrator may give Debian's shared keystore a password of its own;
// Debian's hook then reads it where we do.
func TestDebiansOwnPassword(t *testing.T) {
	i := newImage(t)
	cacerts := i.java("/usr/lib/jvm/one")
	keystore, err := javaks.New(javaks.JKS, "its own", nil)
	if err != nil {
		t.Fatal(err)
	}
	shared := i.path("/etc/ssl/certs/java/cacerts")
	if err := os.MkdirAll(filepath.Dir(shared), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, shared, keystore)
	if err := os.Remove(cacerts); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/ssl/certs/java/cacerts", cacerts); err != nil {
		t.Fatal(err)
	}
	ensure(t, i.machine(), serverGoal(t), truststore.ExitPerson)
	if err := os.MkdirAll(i.path("/etc/default"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, i.path("/etc/default/cacerts"), []byte("# settings\ncacerts_updates=yes\nstorepass='its own'\n"))
	if r := ensure(t, i.machine(), serverGoal(t), truststore.ExitOK); !r.Changed {
		t.Error("nothing was changed")
	}
	undo(t, i.machine(), truststore.ExitOK)
	wantBytes(t, shared, keystore)
}
