//go:build unix

package host

import "os"

func processElevated() bool { return os.Geteuid() == 0 }
