// Package host is the machine as hktrust sees it: its file tree, users,
// environment, registry, commands and clock.
//
// A [Host] is a value. The zero Host is the machine this program runs on; a
// test or an image builder fills in what should be different. Everything that
// hktrust learns about a machine goes through a Host, so that one process can
// look at a chroot, at a fixture tree, or (in tests) at another operating
// system's layout.
//
// # Paths
//
// A path given to a Host is written as the described machine writes it
// ("/etc/ssl/certs", or `C:\Users\amy` where [Host.GOOS] is "windows").
// [Host.Resolve] follows symbolic links inside [Host.Root] and [Host.Real]
// tells where the file lies for the os package.
//
// # Other people's files
//
// When the process is elevated, a path that another user controls is never
// opened: Resolve, and so every method that touches a file, answers
// [*OtherUserError]. See [Host.Resolve] for the exact rule.
//
// A Host is neither changed nor copied after first use and may then be used by
// several goroutines at once.
package host

import (
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Host describes a machine. The zero value is this machine.
type Host struct {
	// Root is a directory that holds the machine's file tree, such as an
	// image being built; "" means the live machine. With a Root, symbolic
	// links resolve inside it, this process's environment is ignored, users
	// come from the tree's own /etc/passwd, and nothing is executed unless
	// Runner is set. A program on Windows has none: see [Host.NoRoot].
	Root string

	// OS is the described machine's operating system in GOOS terms;
	// "" means runtime.GOOS.
	OS string

	// Environ is the environment. Nil means this process's environment, or
	// an empty one where Root is set.
	Environ map[string]string

	// Account is the effective user. Nil means the user of this process,
	// who has no home where Root is set: name one for an image's root, say.
	Account *User

	// Accounts are the machine's local users. Nil means: look them up.
	Accounts []User

	// Registry reads the Windows registry. Nil means the live registry on
	// Windows and an empty one elsewhere.
	Registry Registry

	// Runner runs programs of the machine. Nil means [os/exec] on the live
	// machine, and a refusal where Root is set.
	Runner Runner

	// AsUser does work on behalf of another user, in a child process that
	// runs as that user. Nil means that other users' files are left alone.
	AsUser UserRunner

	// Clock tells the time. Nil means time.Now.
	Clock func() time.Time

	mounts struct { // the mount table, read once
		sync.Once
		table []mount
	}
	homes struct { // whose home lies where, looked up once
		sync.Once
		owners []User
	}
}

// GOOS returns the operating system of the machine, as runtime.GOOS names it.
func (h *Host) GOOS() string {
	if h.OS != "" {
		return h.OS
	}
	return runtime.GOOS
}

// Now returns the current time.
func (h *Host) Now() time.Time {
	if h.Clock != nil {
		return h.Clock()
	}
	return time.Now()
}

// Getenv returns the value of an environment variable, "" if it is not set.
// For an elevated process of Windows, variables that name folders ("APPDATA",
// "ProgramFiles") are answered from what Windows knows: whoever starts such a
// process may have set them to lead elsewhere.
func (h *Host) Getenv(key string) string {
	if h.Environ != nil {
		return h.Environ[key]
	}
	if h.Root != "" {
		return ""
	}
	if runtime.GOOS == "windows" && h.Elevated() {
		if folder := knownFolder(strings.ToUpper(key)); folder != "" {
			return folder
		}
	}
	return os.Getenv(key)
}

// NoRoot reports whether a file tree below a Root cannot stand for the machine:
// where a program of Windows looks at a Windows, whose paths begin with a drive
// and no name on a disk may hold a colon.
func (h *Host) NoRoot() bool { return runtime.GOOS == "windows" && h.GOOS() == "windows" }

// Live reports whether h is the running machine rather than a tree below Root.
func (h *Host) Live() bool { return h.Root == "" }
