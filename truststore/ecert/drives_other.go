//go:build !windows

package ecert

// liveDrives knows no letters: only Windows has them.
func liveDrives() ([]string, bool) { return nil, false }
