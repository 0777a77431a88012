//go:build !goexperiment.runtimesecret

package ecert

import "runtime/debug"

// secretly runs f and gives back to the system what memory it no longer needs:
// the system keeps nothing of it. Memory that shares a page with something in
// use stays as it is.
func secretly(f func()) {
	f()
	debug.FreeOSMemory()
}
