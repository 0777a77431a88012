//go:build goexperiment.runtimesecret

package ecert

import (
	"runtime"
	"runtime/secret"
)

// secretly runs f so that the runtime erases what f allocated and dropped.
func secretly(f func()) {
	secret.Do(f)
	runtime.GC()
}
