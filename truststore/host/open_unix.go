//go:build unix

package host

import (
	"os"
	"syscall"
)

// openToRead opens a file, and does not wait for who writes to a pipe.
func openToRead(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
