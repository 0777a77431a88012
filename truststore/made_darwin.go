package truststore

import (
	"fmt"
	"io/fs"
	"syscall"
)

// fileIdentity is a file's number and when it was made: the number of a deleted
// file is soon another's.
func fileIdentity(_ string, info fs.FileInfo) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%d %d.%09d", stat.Ino, stat.Birthtimespec.Sec, stat.Birthtimespec.Nsec)
}
