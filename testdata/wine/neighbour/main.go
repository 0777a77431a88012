// Command neighbour is another program on the Windows of a test: one that holds
// a database open as Firefox does, one that trusts what Windows trusts, or one
// that starts a program and does not read what that says.
//
//	neighbour hold FILE READY   until its standard input ends; makes READY
//	neighbour get URL
//	neighbour deaf PROGRAM ARGUMENT...
//	neighbour elevated            fails without an administrator's rights
package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

func main() {
	err := run(os.Args[1:])
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		os.Exit(exit.ExitCode())
	}
	if err != nil {
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
	case len(args) > 1 && args[0] == "deaf":
		return deaf(args[1], args[2:]...)
	case len(args) == 1 && args[0] == "elevated":
		return elevated()
	}
	return fmt.Errorf("usage: neighbour hold FILE READY | get URL | deaf PROGRAM ARGUMENT... | elevated")
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

// deaf runs a program with a pipe for its output that nobody reads any more.
func deaf(program string, args ...string) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer write.Close()
	if err := read.Close(); err != nil {
		return err
	}
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = write, os.Stderr
	return cmd.Run()
}
