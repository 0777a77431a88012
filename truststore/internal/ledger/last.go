package ledger

import (
	"os"

	"github.com/hktrust/hktrust/truststore/host"
)

// lastFile holds the newest identifier, for a run that sees none of the
// accounts in which it is: identifiers grow though the clock goes back.
const lastFile = "last"

// readLast takes over what earlier runs noted. Without it, what this run sees
// is all it knows.
func (l *Ledger) readLast() {
	root, err := l.subLocked("")
	if err != nil {
		return
	}
	data, err := readFile(root, lastFile, 256)
	if err != nil {
		return
	}
	if t, ok := timeOfID(string(data)); ok && t.After(l.last) {
		l.last = t
	}
}

// writeLast notes the newest identifier, or takes the note away with the last
// account. It is not synced: no receipt depends on it.
func (l *Ledger) writeLast() {
	root, stores := l.subs[""], l.subs[storesDir]
	if root == nil {
		return
	}
	if stores == nil || empty(stores) {
		_ = removeFile(root, lastFile)
		return
	}
	temp := tempPrefix + lastFile
	err := removeFile(root, temp)
	if err == nil {
		err = root.WriteFile(temp, []byte(newID(l.last)), 0o600)
	}
	if err == nil {
		_ = host.Rename(root, temp, lastFile)
	}
}

func empty(dir *os.Root) bool {
	f, err := dir.Open(".")
	if err != nil {
		return false
	}
	defer f.Close()
	names, _ := f.Readdirnames(1)
	return len(names) == 0
}
