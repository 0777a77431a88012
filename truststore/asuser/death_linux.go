package asuser

import "syscall"

// endWithParent has the child killed when its parent dies.
func endWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
