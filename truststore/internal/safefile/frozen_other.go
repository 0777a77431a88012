//go:build unix && !linux

package safefile

// frozen leaves it to the rename to tell of flags such as uchg.
func frozen(string) error { return nil }
