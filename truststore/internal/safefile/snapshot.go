package safefile

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// snapshot is a file as it was read; the zero value is a file that does not
// exist.
type snapshot struct {
	info  fs.FileInfo
	attrs attributes
	size  int
	sum   [sha256.Size]byte
	data  []byte // change may have written into it
}

func (s *snapshot) exists() bool { return s.info != nil }

func (s *snapshot) holds(content []byte) bool {
	return s.exists() && len(content) == s.size && sha256.Sum256(content) == s.sum
}

// same reports whether two readings saw the same file with the same content
// and attributes.
func (s *snapshot) same(t *snapshot) bool {
	return os.SameFile(s.info, t.info) && s.sum == t.sum && s.attrs.equal(t.attrs)
}

// read takes a snapshot of a file in the directory. It waits for no pipe and
// follows no link: what is opened must be what stood at the name before.
func (d *directory) read(base string, limit int64) (*snapshot, error) {
	var s *snapshot
	err := patiently(func() (err error) {
		s, err = d.readOnce(base, limit)
		return err
	})
	return s, err
}

func (d *directory) readOnce(base string, limit int64) (*snapshot, error) {
	named, err := d.root.Lstat(base)
	if err != nil {
		return nil, err
	}
	if !named.Mode().IsRegular() {
		return nil, notRegular(named)
	}
	f, err := d.root.OpenFile(base, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !os.SameFile(named, info) {
		return nil, errMoved
	}
	s := &snapshot{info: info}
	if s.data, err = readAll(f, info.Size(), limit); err != nil {
		return nil, err
	}
	s.size, s.sum = len(s.data), sha256.Sum256(s.data)
	s.attrs, err = attributesOf(f, info)
	return s, err
}

// readAll reads size bytes, or what the file has grown to, in one allocation
// as a rule.
func readAll(f *os.File, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, tooLarge(limit)
	}
	var b bytes.Buffer
	b.Grow(int(size) + bytes.MinRead)
	if _, err := b.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > limit {
		return nil, tooLarge(limit)
	}
	return b.Bytes(), nil
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
}

func notRegular(info fs.FileInfo) error {
	return fmt.Errorf("%w: %s", ErrNotRegular, kind(info.Mode()))
}

func kind(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "symbolic link"
	case mode.IsDir():
		return "directory"
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	}
	return "irregular file"
}

// cause takes the path and operation off an error of the os package, which
// name a file relative to its directory.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return cause(path.Err)
	case errors.As(err, &link):
		return cause(link.Err)
	}
	return err
}
