// Command neighbour is another program on the Windows of a test: one that holds
// a database open as Firefox does, or one that trusts what Windows trusts.
//
//	neighbour hold FILE READY   until its standard input ends; makes READY
//	neighbour get URL
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "hold":
		return hold(args[1], args[2])
	case len(args) == 2 && args[0] == "get":
		return get(args[1])
	}
	return fmt.Errorf("usage: neighbour hold FILE READY | get URL")
}

// hold opens a file as SQLite does: others may read and write it, and neither
// rename nor delete it. Go opens files so on Windows.
func hold(file, ready string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := os.WriteFile(ready, nil, 0o600); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func get(url string) error {
	client := http.Client{Timeout: 30 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
