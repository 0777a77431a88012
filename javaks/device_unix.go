//go:build unix

package javaks

import (
	"io/fs"
	"syscall"
)

// deviceOf returns a number for the file system that a file lies on.
func deviceOf(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Dev)
	}
	return 0
}
