package javaks

import (
	"strings"

	"github.com/hktrust/hktrust/truststore/host"
)

// environment expands the beginnings of patterns for one user.
type environment struct {
	host *host.Host
	user *host.User // nil if the search is for nobody's files
	own  bool       // the variables of this process are that user's
}

// newEnvironment returns what is known of the environment of a user, or of
// this process's user if there is none.
func newEnvironment(h *host.Host, me host.User, user *host.User) environment {
	own := user == nil || user.UID == me.UID && user.Home == me.Home
	return environment{host: h, user: user, own: own}
}

// expand returns a pattern as an absolute path: see [place]. It reports false
// where the pattern says nothing on this machine.
func (e environment) expand(pattern string) (string, bool) {
	first, rest, _ := strings.Cut(pattern, "/")
	switch {
	case first == "~" && e.user != nil:
		if first = e.user.Home; e.host.SamePath(first, e.host.Dir(first)) {
			return "", false // the whole machine is nobody's home, as in containers
		}
	case strings.HasPrefix(first, "$"):
		first = e.variable(strings.Trim(first, "${}"))
	default:
		return pattern, e.host.IsAbs(pattern)
	}
	return e.host.Join(first, rest), e.host.IsAbs(first)
}

// windowsFolder returns where Windows keeps what a variable names, for a tree
// whose environment is not known and for a user whose it is not; "" for other
// variables.
func windowsFolder(variable string) string {
	switch variable {
	case "ProgramFiles":
		return "C:/Program Files"
	case "ProgramFiles(x86)":
		return "C:/Program Files (x86)"
	case "ProgramData":
		return "C:/ProgramData"
	case "LOCALAPPDATA":
		return "~/AppData/Local"
	case "WINDIR":
		return "C:/Windows"
	}
	return ""
}

// variable returns the value of an environment variable, "" if it is not set
// or the environment is another user's.
func (e environment) variable(name string) string {
	if e.own {
		if value := strings.Trim(e.host.Getenv(name), `"`); value != "" {
			return value
		}
	}
	if e.host.GOOS() != "windows" {
		return ""
	}
	folder := windowsFolder(name)
	if below, ok := strings.CutPrefix(folder, "~"); ok {
		if e.user == nil {
			return ""
		}
		folder = e.host.Join(e.user.Home, below)
	}
	return folder
}
