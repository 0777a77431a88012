package truststore_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore"
)

// A store that we made goes with what we put in, after any number of our own
// edits; another file that somebody has put in its place since is theirs, also
// when it is as empty as ours would be.
func TestUndoDeletesOnlyTheStoreThatWasMade(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files are not told apart there")
	}
	for _, c := range []struct {
		name        string
		replace, in bool // by another file; one that has our certificates
		stays       bool
	}{
		{name: "ours"},
		{name: "an empty one of theirs", replace: true, stays: true},
		{name: "one of theirs with the same certificates", replace: true, in: true, stays: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			dir := mkdir(t, w.dir, "opt")
			store := filepath.Join(dir, "truststore.jks")
			m := w.machine("test", store)
			m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: store}}
			m.Create = true
			goal := serverGoal(t)
			first := goal
			first.Want = goal.Want[:1]
			ensure(t, m, first, truststore.ExitOK)
			ensure(t, m, goal, truststore.ExitOK) // another edit, another file
			if c.replace {
				content := read(t, store)
				if !c.in {
					empty, err := javaks.New(javaks.JKS, "changeit", nil)
					if err != nil {
						t.Fatal(err)
					}
					content = empty
				}
				// The number of the deleted file may be given to the new one.
				if err := os.Remove(store); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Millisecond)
				write(t, store, content)
			}
			m.Create = false
			undo(t, m, truststore.ExitOK)
			if _, err := os.Stat(store); (err == nil) != c.stays {
				t.Errorf("after undo: %v", err)
			}
			w.wantReceipts(0)
		})
	}
}
