package host

import "os/exec"

// killDescendants: Windows knows no process groups; the program alone is
// killed.
func killDescendants(*exec.Cmd) {}
