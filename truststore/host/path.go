package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// maxLinks is how many symbolic links one path may lead through; Linux's own
// limit (MAXSYMLINKS).
const maxLinks = 40

// ErrInsecurePath means that, for an elevated process, a directory on the way
// to a file can be changed by anyone, so that the file could be exchanged
// between a check and its use.
var ErrInsecurePath = errors.New("a directory on the path can be changed by other users")

// OtherUserError means that a path belongs to a user other than the elevated
// one that asked for it. Work on it must be done as that user, see
// [Host.AsUser].
type OtherUserError struct {
	Path string // as asked for
	User User   // whose it is
}

func (e *OtherUserError) Error() string {
	return fmt.Sprintf("%s belongs to user %s", e.Path, e.User.label())
}

// Join joins path elements with the machine's separator.
func (h *Host) Join(elem ...string) string {
	if h.GOOS() != "windows" {
		return path.Join(elem...)
	}
	elem = slices.DeleteFunc(slices.Clone(elem), func(e string) bool { return e == "" })
	volume, rest := cutVolume(h.slashed(strings.Join(elem, "/")))
	return strings.ReplaceAll(volume+path.Join(rest), "/", `\`)
}

// Dir returns all but the last element of path; a root is its own directory.
func (h *Host) Dir(name string) string { return h.Join(name, "..") }

// Base returns the last element of path.
func (h *Host) Base(name string) string { return path.Base(h.slashed(name)) }

// IsAbs reports whether path is absolute on the machine.
func (h *Host) IsAbs(path string) bool {
	p := h.slashed(path)
	if h.GOOS() != "windows" {
		return strings.HasPrefix(p, "/")
	}
	return strings.HasPrefix(p, "//") || (len(p) >= 3 && p[1] == ':' && p[2] == '/')
}

// Real returns where the os package finds path: the path itself on the live
// machine, a path below Root otherwise. It follows no links and checks
// nothing; use it on what [Host.Resolve] returned.
func (h *Host) Real(path string) string {
	if h.Root == "" {
		return filepath.FromSlash(h.slashed(path))
	}
	return filepath.Join(h.Root, filepath.FromSlash(h.slashed(path)))
}

// Resolve returns path with every symbolic link followed, inside Root if one
// is set. The file itself need not exist; its directory must. On a live Windows
// each name is spelled as on the disk, so that one file has one path, and the
// drive is a capital.
//
// An elevated Host (see [Host.Elevated]) is refused a path that somebody else
// controls: one inside another user's home directory, one that leads through
// a directory or link owned by another user or ends at another user's file in
// a directory that everybody may write to ([*OtherUserError]), or one that
// leads through such a directory that is not sticky ([ErrInsecurePath]). The
// homes are compared by name alone; nothing inside them is opened.
//
// On Windows, where a process cannot become another user, other users' profile
// folders may be entered, but a link inside one is [ErrInsecurePath]. Somebody
// may still put a link there after it was looked at.
func (h *Host) Resolve(path string) (string, error) {
	w := walk{host: h, asked: path, guarded: h.Elevated()}
	return w.resolve(path)
}

// ResolveNew is Resolve for a path that is to be made, together with whatever is
// missing on the way. A link that leads to nothing yet is followed to where its
// target is to be.
func (h *Host) ResolveNew(path string) (string, error) {
	w := walk{host: h, asked: path, guarded: h.Elevated(), unmade: true}
	return w.resolve(path)
}

// resolveUnguarded follows links inside Root and asks nobody. It is for what
// the guard itself must know: the users and whose their homes are.
func (h *Host) resolveUnguarded(path string) (string, error) {
	w := walk{host: h, asked: path}
	return w.resolve(path)
}

// walk is one resolution of one path.
type walk struct {
	host    *Host
	asked   string
	guarded bool
	unmade  bool // what is missing on the way is to be made
	links   int
}

func (w *walk) resolve(path string) (string, error) {
	h := w.host
	if !h.IsAbs(path) {
		return "", &fs.PathError{Op: "resolve", Path: path, Err: errors.New("path is not absolute")}
	}
	root, rest := h.split(path)
	at := root
	for len(rest) > 0 {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			at = h.Dir(at)
			continue
		}
		next := h.Join(at, name)
		if h.Live() {
			next = h.Join(at, spelled(h.Real(next), name))
		}
		if err := w.outsideHomes(next); err != nil {
			return "", err
		}
		info, err := os.Lstat(h.Real(next))
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) && (len(rest) == 0 || w.unmade) {
				at = next
				continue
			}
			return "", &fs.PathError{Op: "resolve", Path: w.asked, Err: unwrapPath(err)}
		}
		if err := w.mayPass(next, info); err != nil {
			return "", err
		}
		if info.Mode().IsRegular() && len(rest) > 0 {
			return "", &fs.PathError{Op: "resolve", Path: w.asked, Err: syscall.ENOTDIR}
		}
		target, elsewhere, err := w.follow(next, info)
		if err != nil {
			return "", err
		}
		if !elsewhere {
			at = next
			continue
		}
		if h.IsAbs(target) {
			at, rest = h.join(target, rest)
		} else {
			rest = append(elements(h.slashed(target)), rest...)
		}
	}
	return at, nil
}

// follow returns where a link leads. On a live Windows, junctions and their
// like are links; other reparse points, such as files in the cloud, are not.
func (w *walk) follow(path string, info fs.FileInfo) (target string, elsewhere bool, err error) {
	switch {
	case info.Mode()&fs.ModeIrregular != 0 && w.host.Live():
		target, err = leadsTo(w.host.Real(path))
		if err != nil || w.host.SamePath(target, path) {
			return "", false, nil
		}
	case info.Mode()&fs.ModeSymlink == 0:
		return "", false, nil
	}
	if w.links++; w.links > maxLinks {
		return "", false, &fs.PathError{Op: "resolve", Path: w.asked, Err: syscall.ELOOP}
	}
	if target == "" {
		target, err = os.Readlink(w.host.Real(path))
	}
	if err != nil {
		return "", false, &fs.PathError{Op: "resolve", Path: w.asked, Err: unwrapPath(err)}
	}
	return target, true, nil
}

// join restarts a walk at an absolute link target.
func (h *Host) join(target string, rest []string) (string, []string) {
	root, elems := h.split(target)
	return root, append(elems, rest...)
}

// split cuts an absolute path into its root and its elements.
func (h *Host) split(path string) (string, []string) {
	if h.GOOS() != "windows" {
		return "/", elements(path)
	}
	path = unverbatim(path)
	volume, rest := cutVolume(h.slashed(path))
	if len(volume) == 2 {
		volume = strings.ToUpper(volume)
	}
	return strings.ReplaceAll(volume, "/", `\`) + `\`, elements(rest)
}

// unverbatim takes the prefix off a path that stands for the same without it:
// of "\\?\C:\x" and "\\.\C:\x" the drive, of "\\?\UNC\server" the server.
func unverbatim(path string) string {
	slashed := strings.ReplaceAll(path, `\`, "/")
	for _, prefix := range []string{"//?/", "//./"} {
		rest, ok := strings.CutPrefix(slashed, prefix)
		switch {
		case !ok:
		case len(rest) >= len("UNC/") && strings.EqualFold(rest[:len("UNC/")], "UNC/"):
			return "//" + rest[len("UNC/"):]
		case len(rest) >= 2 && rest[1] == ':':
			return rest
		}
	}
	return path
}

// SamePath reports whether two resolved paths name the same place: on Windows,
// case does not matter. What two paths lead to must be compared by opening it.
func (h *Host) SamePath(a, b string) bool {
	if h.GOOS() == "windows" {
		return strings.EqualFold(h.slashed(a), h.slashed(b))
	}
	return a == b
}

// devices is where Windows has its devices: "NUL" is a short name of "//./NUL".
const devices = "//."

// cutVolume splits a Windows path written with slashes into its drive ("C:"),
// network share ("//server/share") or what holds the devices, and the rest.
// What follows the latter two is always rooted.
func cutVolume(p string) (volume, rest string) {
	if device, ok := strings.CutPrefix(p, devices+"/"); ok {
		return devices, "/" + device
	}
	if share, ok := strings.CutPrefix(p, "//"); ok {
		parts := elements(share)
		n := min(2, len(parts))
		return "//" + strings.Join(parts[:n], "/"), "/" + strings.Join(parts[n:], "/")
	}
	if len(p) >= 2 && p[1] == ':' {
		return p[:2], p[2:]
	}
	return "", p
}

func elements(slashed string) []string {
	var out []string
	for e := range strings.SplitSeq(slashed, "/") {
		if e != "" && e != "." {
			out = append(out, e)
		}
	}
	return out
}

func (h *Host) slashed(path string) string {
	if h.GOOS() == "windows" {
		return strings.ReplaceAll(path, `\`, "/")
	}
	return path
}

func unwrapPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
