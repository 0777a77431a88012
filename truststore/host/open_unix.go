//go:build unix

package host

import "syscall"

// openNonblock keeps the opening of a pipe without a writer from waiting.
const openNonblock = syscall.O_NONBLOCK
