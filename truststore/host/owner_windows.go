package host

import (
	"io/fs"
	"os"
	"slices"
)

// ownerOf answers that files have no numeric owner on Windows.
func ownerOf(fs.FileInfo) (uid int, ok bool) { return 0, false }

// ownsProfile reports whether a profile folder is no link and belongs to the
// account with a security identifier, or to the machine's administrators.
func ownsProfile(path, sid string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || info.Mode()&(fs.ModeSymlink|fs.ModeIrregular) != 0 {
		return false
	}
	list, err := accessListAt(path)
	return err == nil && (list.owner == sid || slices.Contains(keepers, list.owner) || list.owner == fileKeeperOfWine)
}

func groupOf(fs.FileInfo) (gid int, ok bool) { return 0, false }
