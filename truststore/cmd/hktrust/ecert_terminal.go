package main

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/term"
)

// terminal is where a person types a password.
type terminal struct {
	fd     int
	prompt io.Writer
}

// openTerminal finds the terminal on standard input.
func (a *app) openTerminal() (*terminal, error) {
	file, ok := a.stdin.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, usagef("usage.terminal")
	}
	return &terminal{int(file.Fd()), a.stderr}, nil
}

// ask reads a password without showing it. The terminal is put back as it was
// also where the user interrupts.
func (t *terminal) ask(ctx context.Context, prompt string) (string, error) {
	before, err := term.GetState(t.fd)
	if err != nil {
		return "", err
	}
	type answer struct {
		secret []byte
		err    error
	}
	fmt.Fprint(t.prompt, prompt)
	done := make(chan answer, 1)
	go func() {
		secret, err := term.ReadPassword(t.fd)
		done <- answer{secret, err}
	}()
	defer fmt.Fprintln(t.prompt)
	select {
	case got := <-done:
		defer clear(got.secret)
		return string(got.secret), got.err
	case <-ctx.Done():
		if err := term.Restore(t.fd, before); err != nil {
			return "", err
		}
		return "", errInterrupted
	}
}
