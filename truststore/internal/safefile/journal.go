package safefile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// journal is what is written in place: while it lies beside the file, the file
// may hold a part of each content.
type journal struct{ old, new []byte }

// journalHead is the length of old in bytes, big-endian, with which a journal
// begins; old and new follow.
const journalHead = 8

func (j journal) encode() []byte {
	b := make([]byte, 0, journalHead+len(j.old)+len(j.new))
	b = binary.BigEndian.AppendUint64(b, uint64(len(j.old)))
	return append(append(b, j.old...), j.new...)
}

// journalName is a name that belongs to its content alone.
func journalName(base string, encoded []byte) string {
	sum := sha256.Sum256(encoded)
	return tempPrefix(base) + hex.EncodeToString(sum[:])
}

// isJournalName reports whether name could be one that journalName makes.
func isJournalName(name, base string) bool { return endsInHex(name, base, sha256.Size) }

// decodeJournal reads a journal; ok is false if it is not the one of that name.
func decodeJournal(name, base string, encoded []byte) (j journal, ok bool) {
	if len(encoded) < journalHead || journalName(base, encoded) != name {
		return journal{}, false
	}
	size, rest := binary.BigEndian.Uint64(encoded), encoded[journalHead:]
	if size > uint64(len(rest)) {
		return journal{}, false
	}
	return journal{old: rest[:size], new: rest[size:]}, true
}

// explains reports whether a file that holds now was left by writing new over
// old: every byte is that of one of them, or zero, where the file had grown
// before a power failure kept the byte from the disk.
func (j journal) explains(now []byte) bool {
	shorter, longer := len(j.old), len(j.new)
	if shorter > longer {
		shorter, longer = longer, shorter
	}
	if len(now) < shorter || len(now) > longer {
		return false
	}
	for i, b := range now {
		wasOld := i < len(j.old) && b == j.old[i]
		isNew := i < len(j.new) && b == j.new[i]
		unwritten := i >= len(j.old) && b == 0
		if !wasOld && !isNew && !unwritten {
			return false
		}
	}
	return true
}
