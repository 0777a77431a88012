//go:build !unix

package javaks

import "io/fs"

// deviceOf returns a number for the file system that a file lies on. On Windows
// another one is behind a link, which is not followed.
func deviceOf(fs.FileInfo) uint64 { return 0 }
