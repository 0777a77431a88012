//go:build !windows

package winstore

// liveAPI is nil: this is not Windows.
func liveAPI() api { return nil }
