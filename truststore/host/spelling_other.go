//go:build !windows

package host

// spelled: a file has the one name that it is asked for by.
func spelled(_, asked string) string { return asked }

// leadsTo: nothing but a symbolic link leads elsewhere.
func leadsTo(path string) (string, error) { return path, nil }
