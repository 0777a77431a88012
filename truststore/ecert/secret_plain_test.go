//go:build linux && !goexperiment.runtimesecret

package ecert_test

// runtimeErases: the runtime is built to erase secrets.
const runtimeErases = false
