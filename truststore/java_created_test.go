//go:build unix

package truststore_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/truststore"
)

// A store of the machine that is made can be read by those who are to trust
// from it, whatever the umask; one in a home is its user's alone.
func TestCreatedStoreCanBeRead(t *testing.T) {
	w := newWorld(t)
	for place, want := range map[string]os.FileMode{"opt": 0o644, "home": 0o600} {
		store := filepath.Join(mkdir(t, w.dir, place), "jssecacerts")
		m := w.machine("test")
		m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: store}}
		m.Create = true
		ensure(t, m, serverGoal(t), truststore.ExitOK)
		if info, err := os.Stat(store); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", place, info.Mode(), err, want)
		}
	}
}
