//go:build !linux

package namespace

import "syscall"

// Own does nothing where there are no mount namespaces; [Need] skips tests there.
func Own() *syscall.SysProcAttr { return nil }
