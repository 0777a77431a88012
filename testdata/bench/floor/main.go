// Command floor is the least that a change of files takes which can be undone
// and survives a loss of power, as one would write it in C: of each file, a
// receipt that says what is meant is written and synced, the file is read,
// written under another name, synced, put in its place, and a second receipt
// says that it was done. Nothing is parsed, locked, compared or read back.
//
//	floor -receipts DIR FILE…
//
// Without files, it is the start of an empty Go program.
package main

import (
	"os"
	"path/filepath"
)

// receipt is about as long as those of three certificates.
var receipt = make([]byte, 8<<10)

func main() {
	if len(os.Args) < 4 {
		return
	}
	receipts := os.Args[2]
	must(os.MkdirAll(receipts, 0o700))
	for _, file := range os.Args[3:] {
		mine := filepath.Join(receipts, filepath.Base(file))
		replace(mine, receipt)
		data, err := os.ReadFile(file)
		must(err)
		replace(file, data)
		replace(mine, receipt)
	}
}

func replace(file string, data []byte) {
	temp := file + ".new"
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	must(err)
	_, err = f.Write(data)
	must(err)
	must(f.Sync())
	must(f.Close())
	must(os.Rename(temp, file))
	dir, err := os.Open(filepath.Dir(file))
	must(err)
	must(dir.Sync())
	must(dir.Close())
}

func must(err error) {
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}
