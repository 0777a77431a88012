package nss

import (
	"strconv"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// profileInUse reports whether a Mozilla program is using a profile.
//
// On Unix the program holds a POSIX lock on .parentlock and makes a link named
// lock that leads nowhere and is called "address:+pid"; both files stay behind
// when it ends. The "+" says that the POSIX lock is the one that counts; it is
// missing where the file system knows no locks. On Windows the program keeps
// parent.lock open and lets nobody else open it.
func profileInUse(h *host.Host, dir string) bool {
	if h.GOOS() == "windows" {
		return exclusivelyOpen(h, h.Join(dir, "parent.lock"))
	}
	locked, known := posixLocked(h, h.Join(dir, ".parentlock"))
	if locked {
		return true
	}
	_, holder, ok := strings.Cut(lockText(h, h.Join(dir, "lock")), ":")
	pid, plus := strings.CutPrefix(holder, "+")
	return ok && !(plus && known) && alive(h, pid)
}

// chromiumInUse reports whether a Chromium browser is using a user data
// directory: SingletonLock is then a link called "hostname-pid".
func chromiumInUse(h *host.Host, config string) bool {
	text := lockText(h, h.Join(config, singletonLock))
	return alive(h, text[strings.LastIndexByte(text, '-')+1:])
}

// singletonLock is the lock of a Chromium user data directory.
const singletonLock = "SingletonLock"

// lockedSince is when a lock that is a link was made; the zero Time where it is
// not told.
func lockedSince(h *host.Host, lock string) time.Time {
	info, err := h.Lstat(lock)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// earlier is the earlier of two times, of which either may not be known.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// lockText returns the text of a lock that is a link to a name that does not
// exist: resolving the link ends at that name.
func lockText(h *host.Host, path string) string {
	resolved, err := h.Resolve(path)
	if err != nil || h.Base(resolved) == h.Base(path) {
		return ""
	}
	return h.Base(resolved)
}

// alive reports whether a process runs, by its number in decimal.
func alive(h *host.Host, text string) bool {
	pid, err := strconv.ParseUint(text, 10, 31)
	if err != nil || pid == 0 {
		return false
	}
	if h.GOOS() == "linux" {
		return h.IsDir("/proc/" + strconv.FormatUint(pid, 10))
	}
	return h.Live() && processAlive(int(pid))
}
