package truststore_test

import (
	"os"
	"path/filepath"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// homeMachine is a machine whose only user is this process's, with the given
// home directory. The tree is the directory above: so root, too, has a ledger
// of the test's own.
func homeMachine(home string) *truststore.Machine {
	return &truststore.Machine{
		Host: &host.Host{
			Root:    filepath.Dir(home),
			Account: &host.User{UID: os.Geteuid(), GID: os.Getegid(), Home: "/" + filepath.Base(home)},
		},
		Owner: "test",
	}
}
