package safefile

import (
	"crypto/rand"
	"encoding/hex"
	"io/fs"
	"os"
	"strings"
)

const tempRandom = 8 // bytes

// tempPrefix begins the names of the temporary files of one edited file.
func tempPrefix(base string) string { return "." + base + ".hktrust-" }

func newTempName(base string) string {
	random := make([]byte, tempRandom)
	rand.Read(random)
	return tempPrefix(base) + hex.EncodeToString(random)
}

// isTempName reports whether name is one that newTempName makes for base.
func isTempName(name, base string) bool { return endsInHex(name, base, tempRandom) }

// endsInHex reports whether name is tempPrefix and that many bytes in
// hexadecimal.
func endsInHex(name, base string, size int) bool {
	digits, ok := strings.CutPrefix(name, tempPrefix(base))
	if !ok || len(digits) != hex.EncodedLen(size) || digits != strings.ToLower(digits) {
		return false
	}
	_, err := hex.DecodeString(digits)
	return err == nil
}

// stage writes content to a new temporary file, dresses it, and syncs it. It
// returns the file's name; after an error nothing is left.
func (e *edit) stage(content []byte, dress func(*os.File) error) (string, error) {
	name := newTempName(e.base)
	f, err := e.dir.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	_, err = f.Write(content)
	if err == nil {
		err = dress(f)
	}
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		e.discard(name)
		return "", err
	}
	return name, nil
}

// ownMode dresses a created file: the caller's own, with a mode of its choice.
func ownMode(mode fs.FileMode) func(*os.File) error {
	return func(f *os.File) error { return f.Chmod(mode.Perm()) }
}

// discard removes a file of ours; "" and a file that is gone are nothing to do.
func (e *edit) discard(name string) {
	if name != "" {
		e.dir.root.Remove(name)
	}
}

// sweep removes temporary files that a killed run left behind, and completes
// what a journal says it was doing. While the lock is held nobody else is
// writing either. Its errors are those of a journal.
func (e *edit) sweep() error {
	if e.dir.unlock == nil {
		return nil
	}
	f, err := e.dir.root.Open(".")
	if err != nil {
		return nil
	}
	defer f.Close()
	for {
		names, err := f.Readdirnames(256) // ReadDir asks for each file's attributes
		for _, name := range names {
			switch {
			case isTempName(name, e.base):
				e.sweepOne(name)
			case isJournalName(name, e.base):
				if err := e.complete(name); err != nil {
					return err
				}
			}
		}
		if err != nil {
			return nil // at the end, or to be swept another time
		}
	}
}

func (e *edit) sweepOne(name string) {
	info, err := e.dir.root.Lstat(name)
	if err == nil && info.Mode().IsRegular() && ours(info) {
		e.discard(name)
	}
}
