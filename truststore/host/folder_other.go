//go:build !windows

package host

// knownFolder is "": only Windows keeps its folders apart from the environment.
func knownFolder(string) string { return "" }

// remoteDrive: only Windows has drives.
func remoteDrive(string) bool { return false }
