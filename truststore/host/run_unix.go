//go:build unix

package host

import (
	"os/exec"
	"syscall"
)

// killDescendants puts the program into a process group of its own, which is
// killed as a whole. The interrupt key of a terminal does not reach it.
func killDescendants(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
}
