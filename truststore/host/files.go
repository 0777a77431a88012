package host

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// ErrNotRegular means that a path names a directory, a pipe, a device or
// another thing that is no ordinary file.
var ErrNotRegular = errors.New("not a regular file")

// ErrTooLarge means that a file is larger than the reader accepts.
var ErrTooLarge = errors.New("file is too large")

// ReadFile returns the content of the regular file at path, following links
// as [Host.Resolve] does. A file of more than limit bytes is [ErrTooLarge], a
// pipe, device or directory is [ErrNotRegular]; neither is waited for.
func (h *Host) ReadFile(path string, limit int64) ([]byte, error) {
	resolved, err := h.Resolve(path)
	if err != nil {
		return nil, err
	}
	data, err := readRegular(h.Real(resolved), limit)
	if err != nil {
		return nil, &fs.PathError{Op: "read", Path: path, Err: unwrapPath(err)}
	}
	return data, nil
}

// readRegular reads a whole regular file of at most limit bytes.
func readRegular(name string, limit int64) ([]byte, error) {
	f, err := openToRead(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: ErrNotRegular}
	}
	if info.Size() > limit {
		return nil, tooLarge(name, limit)
	}
	// The size spares copies; it is the reading that counts.
	data := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, err
	}
	if int64(data.Len()) > limit {
		return nil, tooLarge(name, limit)
	}
	return data.Bytes(), nil
}

func tooLarge(name string, limit int64) error {
	return &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)}
}

// ReadDir lists the directory at path, sorted by name.
func (h *Host) ReadDir(path string) ([]fs.DirEntry, error) {
	resolved, err := h.Resolve(path)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(h.Real(resolved))
	if err != nil {
		return nil, &fs.PathError{Op: "list", Path: path, Err: unwrapPath(err)}
	}
	return entries, nil
}

// Stat describes the file at path, following links inside Root.
func (h *Host) Stat(path string) (fs.FileInfo, error) {
	resolved, err := h.Resolve(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(h.Real(resolved))
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: path, Err: unwrapPath(err)}
	}
	return info, nil
}

// Lstat describes what path names, without following a link that it is itself.
func (h *Host) Lstat(path string) (fs.FileInfo, error) {
	dir, err := h.Resolve(h.Dir(path))
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(h.Real(h.Join(dir, h.Base(path))))
	if err != nil {
		return nil, &fs.PathError{Op: "lstat", Path: path, Err: unwrapPath(err)}
	}
	return info, nil
}

// IsDir reports whether path names a directory that may be looked into.
func (h *Host) IsDir(path string) bool {
	info, err := h.Stat(path)
	return err == nil && info.IsDir()
}

// IsFile reports whether path names a regular file.
func (h *Host) IsFile(path string) bool {
	info, err := h.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// Missing reports whether err says that there is nothing at a path: that the
// file, or a directory on the way to it, does not exist or is no directory.
func Missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Glob lists the paths that match a pattern whose elements may hold "*"; a
// leading dot needs no special treatment. What does not exist matches nothing.
// What exists but cannot be looked at, because it is another user's or cannot
// be read, matches nothing either; the error, a join of one error for each
// such path, tells of it beside the matches found elsewhere.
func (h *Host) Glob(pattern string) ([]string, error) {
	root, elems := h.split(pattern)
	matches := []string{root}
	var refused []error
	for _, elem := range elems {
		var next []string
		for _, dir := range matches {
			found, err := h.globIn(dir, elem)
			if err != nil && !Missing(err) {
				refused = append(refused, err)
			}
			next = append(next, found...)
		}
		matches = next
	}
	return matches, errors.Join(refused...)
}

func (h *Host) globIn(dir, elem string) ([]string, error) {
	if !strings.Contains(elem, "*") {
		path := h.Join(dir, elem)
		if _, err := h.Stat(path); err != nil {
			return nil, err
		}
		return []string{path}, nil
	}
	entries, err := h.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if matchStar(elem, e.Name()) {
			out = append(out, h.Join(dir, e.Name()))
		}
	}
	return out, nil
}

// matchStar matches name against a pattern in which "*" stands for any run of
// characters and nothing else is special, so that names with brackets work.
func matchStar(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == name
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(name) < len(first)+len(last) || !strings.HasPrefix(name, first) || !strings.HasSuffix(name, last) {
		return false
	}
	middle := name[len(first) : len(name)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(middle, part)
		if i < 0 {
			return false
		}
		middle = middle[i+len(part):]
	}
	return true
}
