package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// What is wrong with a password file.
var (
	errNoPassword   = errors.New("nobody has written a password to it")
	errLongPassword = errors.New("a password file holds at most 4096 bytes")
	errNotUTF8      = errors.New("the password is not UTF-8")
)

// maxPassword bounds a password file, in bytes.
const maxPassword = 4096

// password is a password for a store, or for all.
type password struct {
	store  truststore.Selector
	secret string
}

type passwords []password

// readPasswords reads the values of --password-file: [STORE=]FILE, where FILE
// "-" is standard input.
func (a *app) readPasswords(values []string) (passwords, error) {
	var out passwords
	fromStdin := 0
	for _, value := range values {
		var p password
		file := value
		if store, rest, ok := strings.Cut(value, "="); ok {
			sel, err := truststore.ParseSelector(store)
			if err != nil {
				return nil, kindError(err)
			}
			p.store, file = sel, rest
		}
		if file == "-" {
			fromStdin++
		}
		if fromStdin > 1 {
			return nil, usagef("usage.one-stdin")
		}
		secret, err := a.readPassword(file)
		if err != nil {
			return nil, err
		}
		p.secret = secret
		out = append(out, p)
	}
	return out, nil
}

// passwordWait bounds the waiting for a pipe that is named as a password file:
// perhaps nobody ever writes to it. Standard input is whoever calls.
const passwordWait = time.Minute

// readPassword reads a password as long as nobody interrupts that: a terminal
// may have nothing to read for ever.
func (a *app) readPassword(file string) (string, error) {
	type result struct {
		secret string
		err    error
	}
	done := make(chan result, 1)
	go func() {
		secret, err := readPassword(file, a.stdin)
		done <- result{secret, err}
	}()
	var late <-chan time.Time
	if file != "-" {
		late = time.After(cmp.Or(a.patience, passwordWait))
	}
	select {
	case r := <-done:
		return r.secret, r.err
	case <-late:
		return "", &inputError{file, errNoPassword}
	case <-a.interrupted:
		return "", errInterrupted
	}
}

func readPassword(file string, stdin io.Reader) (string, error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", &inputError{file, err}
		}
		defer f.Close()
		if err := mayPassOn(f); err != nil {
			return "", usagef("usage.password-stdin", "file", file, "error", err)
		}
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, maxPassword+1))
	if err != nil {
		return "", &inputError{file, err}
	}
	// Notepad writes a byte order mark, which nobody can type.
	secret := strings.TrimPrefix(string(data), "\uFEFF")
	secret = strings.TrimSuffix(strings.TrimSuffix(secret, "\n"), "\r")
	switch {
	case len(data) > maxPassword:
		return "", &inputError{file, errLongPassword}
	case !utf8.ValidString(secret):
		return "", &inputError{file, errNotUTF8}
	}
	return secret, nil
}

// locate makes the paths of stores those that stores are known by: absolute,
// with links followed where this process may look.
func (ps passwords) locate(s *selection, h *host.Host) error {
	for i := range ps {
		path, err := s.absolute(ps[i].store.Path)
		if err != nil {
			return err
		}
		if resolved, err := h.Resolve(path); path != "" && err == nil {
			path = resolved
		}
		ps[i].store.Path = path
	}
	return nil
}

// lookup finds the password of a store: one given for its path, else for its
// kind, else for all.
func (ps passwords) lookup(_ context.Context, info truststore.Info) (string, error) {
	best, found := -1, ""
	for _, p := range ps {
		if rank := p.fits(info); rank > best {
			best, found = rank, p.secret
		}
	}
	if best < 0 {
		return "", truststore.ErrPasswordRequired
	}
	return found, nil
}

// fits ranks how closely the password is meant for the store; -1 for not.
func (p password) fits(info truststore.Info) int {
	switch {
	case p.store == truststore.Selector{}:
		return 0
	case p.store.Path != "":
		if info.Path == p.store.Path || slices.Contains(info.Links, p.store.Path) {
			return 2
		}
	case p.store.Kind == info.Kind:
		return 1
	}
	return -1
}
