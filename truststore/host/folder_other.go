//go:build !windows

package host

// knownFolder is "": only Windows keeps its folders apart from the environment.
func knownFolder(string) string { return "" }
