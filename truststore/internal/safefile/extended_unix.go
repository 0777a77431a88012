//go:build linux || darwin

package safefile

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// extendedOf reads the extended attributes that a file is to keep. A file
// system without any has none.
func extendedOf(f *os.File) (map[string]string, error) {
	names, err := sized(func(b []byte) (int, error) { return unix.Flistxattr(int(f.Fd()), b) })
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("extended attributes: %w", err)
	}
	kept, total := map[string]string{}, 0
	for raw := range bytes.SplitSeq(names, []byte{0}) {
		name := string(raw)
		if name == "" || !keepExtended(name) {
			continue
		}
		value, err := sized(func(b []byte) (int, error) { return unix.Fgetxattr(int(f.Fd()), name, b) })
		if errors.Is(err, errors.ErrUnsupported) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
		if total += len(value); total > maxAttributes {
			return nil, fmt.Errorf("extended attributes: %w", tooLarge(maxAttributes))
		}
		kept[name] = string(value)
	}
	return kept, nil
}

// sized calls read for the size of a value and then for the value.
func sized(read func([]byte) (int, error)) ([]byte, error) {
	for {
		n, err := read(nil)
		if err != nil || n == 0 {
			return nil, err
		}
		if n > maxAttributes {
			return nil, tooLarge(maxAttributes)
		}
		b := make([]byte, n)
		n, err = read(b)
		if errors.Is(err, unix.ERANGE) {
			continue // it grew
		}
		return b[:max(n, 0)], err
	}
}

func setExtended(f *os.File, name, value string) error {
	return unix.Fsetxattr(int(f.Fd()), name, []byte(value), 0)
}

func removeExtended(f *os.File, name string) error {
	return unix.Fremovexattr(int(f.Fd()), name)
}
