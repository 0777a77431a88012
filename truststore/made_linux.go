package truststore

import (
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// fileIdentity is a file's number and when it was made: the number of a deleted
// file is soon another's. That of the file system would not do, it changes from
// one start of the machine to the next.
func fileIdentity(path string, _ fs.FileInfo) string {
	const wanted = unix.STATX_INO | unix.STATX_BTIME
	var stat unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, wanted, &stat); err != nil || stat.Mask&wanted != wanted {
		return "" // the number alone proves nothing
	}
	return fmt.Sprintf("%d %d.%09d", stat.Ino, stat.Btime.Sec, stat.Btime.Nsec)
}
