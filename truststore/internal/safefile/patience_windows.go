package safefile

import (
	"time"

	"golang.org/x/sys/windows"
)

// patience is how long a file is waited for that another program has open, and
// retryOpen the pause between two tries. Virus scanners and indexers open each
// new file for a moment.
const (
	patience  = 2 * time.Second
	retryOpen = 20 * time.Millisecond
)

// patiently repeats op while it fails because another program has a file open.
func patiently(op func() error) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(retryOpen) {
		err := op()
		if !inUse(err) || !time.Now().Before(deadline) {
			return err
		}
	}
}

// replaceable reports that a program has the file open and does not share its
// deletion.
func replaceable(name string) error {
	if err := mayOpen(name, windows.DELETE); inUse(err) {
		return err
	}
	return nil // whatever else is wrong, the rename will tell
}
