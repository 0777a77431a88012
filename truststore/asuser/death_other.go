//go:build unix && !linux

package asuser

import "syscall"

// endWithParent does nothing where the system has no parent-death signal: the
// child notices the end of its standard input.
func endWithParent(*syscall.SysProcAttr) {}
