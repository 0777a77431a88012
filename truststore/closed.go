package truststore

import (
	"fmt"
	"io/fs"

	"github.com/hktrust/hktrust/truststore/host"
)

// closedAt tells of a file or directory that other users are kept out of.
func closedAt(path string, info fs.FileInfo) Finding {
	return finding(CodeStoreUnreadable, "path", path, "mode", fmt.Sprintf("%04o", info.Mode().Perm()))
}

// closedToOthers tells of the file at path, or the directory on the way to it,
// that keeps the programs of other users out of a store that is for all.
func closedToOthers(h *host.Host, path string) []Finding {
	if h.GOOS() == "windows" {
		return nil
	}
	at, err := h.Resolve(path)
	if err != nil {
		return nil
	}
	for at != h.Dir(at) { // an image's own top is not the machine's
		info, err := h.Stat(at)
		if err != nil {
			return nil // reading it says so
		}
		needed := fs.FileMode(0o004)
		if info.IsDir() {
			needed = 0o001
		}
		if info.Mode().Perm()&needed == 0 {
			return []Finding{closedAt(at, info)}
		}
		at = h.Dir(at)
	}
	return nil
}
