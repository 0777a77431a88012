package nss

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"

	"github.com/hktrust/hktrust/truststore/host"
)

// exclusivelyOpen reports whether another process keeps a file open and lets
// nobody share it.
func exclusivelyOpen(h *host.Host, path string) bool {
	if !h.IsFile(path) {
		return false
	}
	resolved, err := h.Resolve(path)
	if err != nil {
		return false
	}
	f, err := os.Open(h.Real(resolved))
	if err != nil {
		return errors.Is(err, windows.ERROR_SHARING_VIOLATION)
	}
	f.Close()
	return false
}

// posixLocked answers that Windows has no POSIX locks.
func posixLocked(*host.Host, string) (locked, known bool) { return false, false }

// processAlive is asked where links are locks, which is not on Windows.
func processAlive(int) bool { return false }

// isNotDir reports whether a path leads through something that is no
// directory. ERROR_PATH_NOT_FOUND says so and matches fs.ErrNotExist.
func isNotDir(err error) bool { return errors.Is(err, windows.ERROR_DIRECTORY) }
