//go:build unix

package host

import "os"

// Rename renames a file inside a directory, replacing the one that has the new
// name. On Unix that needs a sync of the directory to last.
func Rename(root *os.Root, from, to string) error { return root.Rename(from, to) }
