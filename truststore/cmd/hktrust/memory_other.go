//go:build !linux

package main

// keepMemoryPrivate does nothing: macOS writes core dumps for those alone who
// ask for them, and lets none but debuggers that are signed for it read another
// process; Windows has no such switch for a process of its own user.
func keepMemoryPrivate() {}
