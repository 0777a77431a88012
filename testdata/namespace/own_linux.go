package namespace

import "syscall"

// Own makes a process start in a mount namespace of its own, from which nothing
// reaches the machine.
func Own() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
}
