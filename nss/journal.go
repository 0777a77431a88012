package nss

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"

	"slices"
	"strings"
)

// SQLite commits a transaction over two files with a super-journal: a file
// beside the first, named by it and a random number, that lists the journals of
// both. A writer that is killed before a journal refers to it leaves it behind
// for ever (https://www.sqlite.org/atomiccommit.html §5.5).
var superJournal = lazyRegexp(`-mj[0-9A-F]{6}9[0-9A-F]{2}$`)

// Bounds on the search for super-journals.
const (
	maxSuperJournals = 1_000
	maxDirNames      = 100_000
	maxJournalNames  = 8 << 10 // bytes of the two names in one
)

// journals are where SQLite keeps what a transaction replaces.
func (c *conn) journals() []string {
	return []string{c.files.certPath + "-journal", c.files.keyPath + "-journal"}
}

// movedFrom is the directory that an interrupted transaction over both files was
// made in, where the database has been moved since: its journals name the
// super-journal that lies beside them by its old path. SQLite does not find it
// there, and would take half of the transaction for committed.
func (c *conn) movedFrom() string {
	for _, path := range c.journals() {
		name := superJournalOf(path)
		if name == "" {
			continue
		}
		_, gone := os.Lstat(name)
		_, away := os.Lstat(filepath.Join(filepath.Dir(c.files.certPath), filepath.Base(name)))
		if gone != nil && away == nil {
			return filepath.Dir(name)
		}
	}
	return ""
}

// journalMagic ends a journal that names a super-journal: its name, the length of
// that and a checksum, big-endian, go before (SQLite, writeSuperJournal in pager.c).
var journalMagic = []byte{0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7}

// superJournalOf is the super-journal that a journal names; "" for none.
func superJournalOf(path string) string {
	const fixed, longest = 16, 4096
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() < fixed {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	tail := make([]byte, min(info.Size(), fixed+longest))
	if _, err := file.ReadAt(tail, info.Size()-int64(len(tail))); err != nil || !bytes.HasSuffix(tail, journalMagic) {
		return ""
	}
	end := len(tail) - fixed
	length := binary.BigEndian.Uint32(tail[end:])
	if int64(length) > int64(end) {
		return ""
	}
	return string(tail[end-int(length) : end])
}

// interrupted reports whether there is a journal. One that its writer was killed
// before syncing is never rolled back, and stays until the next change.
func (c *conn) interrupted() bool {
	return slices.ContainsFunc(c.journals(), func(path string) bool {
		_, err := os.Lstat(path)
		return err == nil
	})
}

// staleJournals are the super-journals beside cert9.db. Only under the write
// lock is it certain that none of them is in use.
func (c *conn) staleJournals() []string {
	if c.files.cert == nil {
		return nil
	}
	dir, err := os.Open(filepath.Dir(c.files.certPath))
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(maxDirNames)
	var found []string
	for _, name := range names {
		path := filepath.Join(filepath.Dir(c.files.certPath), name)
		if rest, ok := strings.CutPrefix(name, filepath.Base(c.files.certPath)); ok && superJournal().MatchString(rest) && len(found) < maxSuperJournals {
			found = append(found, path)
		}
	}
	return found
}

// removeStaleJournals removes what killed writers left behind. The caller holds
// the write lock on both files: whoever commits a transaction over cert9.db and
// another file holds it, too, and what was to be rolled back has been. It
// touches nothing that does not look exactly like it. Nothing has been written
// under the lock yet: a journal that is there is nobody's.
func (c *conn) removeStaleJournals() {
	for _, path := range c.staleJournals() {
		if journalOf(path, c.journals()) {
			os.Remove(path) // the next run tries again
		}
	}
	if c.files.cert == nil || c.files.key == nil {
		return // there is no lock on what is not there
	}
	for _, path := range c.journals() {
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
			os.Remove(path)
		}
	}
	for _, path := range append(unfinished(c.files.certPath, c.files.cert), unfinished(c.files.keyPath, c.files.key)...) {
		os.Remove(path)
		os.Remove(filepath.Dir(path)) // once it is empty
	}
}

// journalOf reports whether a super-journal names none but these journals.
func journalOf(path string, journals []string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxJournalNames {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxJournalNames))
	if err != nil {
		return false
	}
	for name := range bytes.SplitSeq(data, []byte{0}) {
		if len(name) > 0 && !slices.Contains(journals, string(name)) {
			return false
		}
	}
	return true
}
