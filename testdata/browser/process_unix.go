//go:build unix

package browser

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process the leader of a group, so that its children can
// be ended with it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

func terminate(cmd *exec.Cmd) { cmd.Process.Signal(syscall.SIGTERM) }
