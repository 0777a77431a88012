//go:build !darwin

package host

func onRemoteMount(string) bool { return false }
