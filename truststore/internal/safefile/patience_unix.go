//go:build unix

package safefile

import "os"

// patiently: nothing has to be waited for where open files can be replaced.
func patiently(op func() error) error { return op() }

// replaceable: it does not matter on Unix who has a file open.
func replaceable(string) error { return nil }

// Rename renames a file inside a directory, replacing the one that has the new
// name. On Unix that needs a sync of the directory to last.
func Rename(root *os.Root, from, to string) error { return root.Rename(from, to) }
