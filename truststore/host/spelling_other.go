//go:build !windows

package host

// spelled: a file has the one name that it is asked for by.
func spelled(_, asked string) string { return asked }
