//go:build !linux

package host

// Volume tells the file system at path from others that are mounted there at
// another time. It is known on Linux alone.
func (h *Host) Volume(string) string { return "" }
