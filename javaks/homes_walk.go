package javaks

import (
	"errors"
	"io/fs"
	"slices"
)

// Bounds of a search below given directories. JDKs lie less than ten directories
// deep, also in unpacked images.
const (
	maxWalkDepth   = 16
	maxWalkFolders = 1 << 18
)

// ErrSearchBound means that a search below a directory was given up at its bound.
var ErrSearchBound = errors.New("search given up: too many directories")

// walker searches below one directory.
type walker struct {
	*finder
	device  uint64
	crosses bool // other file systems, too
	left    int  // directories that may still be listed
}

// searchBelow looks for installations anywhere below a directory. Links are not
// followed. Network mounts are left out, and other file systems unless they are
// asked for.
func (f *finder) searchBelow(dir string) {
	resolved, err := f.Host.Resolve(dir)
	if err != nil {
		f.problem(dir, err)
		return
	}
	info, err := f.Host.Stat(resolved)
	if err != nil {
		f.problem(dir, err)
		return
	}
	w := &walker{f, deviceOf(info), f.OtherFileSystems, maxWalkFolders}
	w.walk(resolved, maxWalkDepth)
	if w.left < 0 {
		f.problem(dir, ErrSearchBound)
	}
}

func (w *walker) walk(dir string, depth int) {
	if w.left--; w.left < 0 || depth == 0 || w.ctx.Err() != nil {
		return
	}
	entries, err := w.Host.ReadDir(dir)
	if err != nil {
		w.problemUnlessMissing(dir, err)
		return
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == "lib" || e.Name() == "jre" }) {
		w.candidate("search", dir)
	}
	for _, e := range entries {
		if path := w.Host.Join(dir, e.Name()); e.IsDir() && w.enters(path, e) {
			w.walk(path, depth-1)
		}
	}
}

// enters reports whether a directory is one to look into.
func (w *walker) enters(path string, e fs.DirEntry) bool {
	if w.Host.OnNetwork(path) {
		return false
	}
	if w.Host.Live() && w.Host.GOOS() == "linux" && slices.Contains([]string{"/proc", "/sys", "/dev"}, path) {
		return false
	}
	if w.crosses {
		return true
	}
	info, err := e.Info()
	return err == nil && deviceOf(info) == w.device
}
