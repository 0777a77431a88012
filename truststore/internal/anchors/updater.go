package anchors

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// maxOutput is how much of an updater's output is kept, in bytes.
const maxOutput = 64 << 10

// attempts is how often the updater runs before its work is given up: another
// one at the same time spoils the work of both.
const attempts = 3

// shell runs the updater with a mask that lets others read what it makes,
// whatever the caller's is. Its output goes into a file: a pipe would break
// when the caller is killed, and would end an updater at its next word, before
// its hooks ran.
var shell = []string{"-c", `umask 022; exec "$@" >>"$0" 2>&1`}

// passed are the variables of the environment that updaters understand: by
// dpkg's, Debian's hook knows that it must leave Java's keystore until the
// package is installed.
var passed = []string{"DPKG_MAINTSCRIPT_PACKAGE", "DPKG_MAINTSCRIPT_NAME", "DPKG_RUNNING_VERSION", "DPKG_ADMINDIR", "DPKG_ROOT"}

// heldByDpkg are dpkg's words in all releases: "is locked by another process",
// "was locked by another process with pid 1", "was locked by apt process with
// pid 1".
var heldByDpkg = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`dpkg: error: .*\block (is|was) locked by\b`)
})

// deferred reports whether Java's keystore comes later.
func (s *Store) deferred() bool {
	return s.family.java.hook != "" && s.host.Getenv("DPKG_MAINTSCRIPT_PACKAGE") != ""
}

func (s *Store) environment() []string {
	env := []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/", "P11_KIT_NO_USER_CONFIG=1",
	}
	for _, key := range passed {
		if value := s.host.Getenv(key); value != "" {
			env = append(env, key+"="+value)
		}
	}
	return env
}

// update runs the updater once. It does not end with ctx, as an updater that
// is killed leaves its work half done; it is killed when the time is over.
func (s *Store) update(ctx context.Context, l *lock, withdrawn []string) (*UpdaterError, error) {
	args := s.Command()
	if len(withdrawn) > 0 && s.family.script != "" {
		conf, err := s.withdraw(l, withdrawn)
		if err != nil {
			return nil, err
		}
		defer os.Remove(s.host.Real(conf))
		args = append(args, s.family.script, conf)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), orDefault(s.Timeout, defaultTimeout))
	defer cancel()
	output, err := s.createOutput(l)
	if err != nil {
		return nil, err
	}
	defer os.Remove(output.Name())
	defer output.Close()
	out, err := s.host.Run(ctx, host.Cmd{
		Path: "/bin/sh", Args: slices.Concat(shell, []string{output.Name()}, args),
		Env: s.environment(), Hold: l.file, MaxOutput: maxOutput,
	})
	// The shell itself, which may not find the updater, says so here.
	text := string(out.Stdout) + string(out.Stderr)
	if said, err := io.ReadAll(io.LimitReader(output, maxOutput)); err == nil {
		text += string(said)
	}
	ran := &UpdaterError{Command: args, ExitCode: out.ExitCode, Output: text, Err: ErrUpdater}
	switch {
	case ctx.Err() != nil:
		ran.Err = ErrTimeout
	case err != nil:
		ran.Err = fmt.Errorf("%w: %w", ErrUpdater, err)
	case heldByDpkg().MatchString(text):
		ran.Err = ErrBusy
	}
	return ran, nil
}

// createOutput makes the file for what an updater prints.
func (s *Store) createOutput(l *lock) (*os.File, error) {
	return os.OpenFile(s.host.Real(s.output(l)), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// withdraw writes a copy of the list of the distribution's certificates that
// deselects ours by the names of their files. Debian's updater then removes
// their links and tells its hooks, Java's among them: the only way to have it
// do so. A link that is gone already, though Java has not heard of it, is made
// anew for it to find.
func (s *Store) withdraw(l *lock, names []string) (string, error) {
	data, err := s.host.ReadFile(s.family.conf, maxConf)
	if err != nil && !host.Missing(err) {
		return "", err
	}
	if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
		data = append(data, '\n')
	}
	dir, err := s.host.Resolve(s.family.hashed)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		data = append(data, "!hktrust/"+name+s.family.ext+"\n"...)
		link := filepath.Join(s.host.Real(dir), s.host.Base(s.linkOf(name)))
		if err := os.Symlink(s.path(name, false), link); err != nil && !errors.Is(err, os.ErrExist) {
			return "", err
		}
	}
	conf := s.selection(l)
	return conf, os.WriteFile(s.host.Real(conf), data, 0o600)
}

// What Debian's updater writes before it becomes the bundle, and how long it
// rests at most while the updater lives.
const (
	unfinished = ".new"
	restless   = 10 * time.Second
	poll       = 50 * time.Millisecond
)

// quiet waits until no updater of others is at work, as far as that shows: a
// bundle that is being written. What a killed updater left of one is removed,
// since the next one would append to it.
func (s *Store) quiet(ctx context.Context) error {
	path, err := s.host.Resolve(s.Bundle() + unfinished)
	if host.Missing(err) {
		return nil
	}
	if err != nil {
		return err
	}
	name := s.host.Real(path)
	for end := time.Now().Add(orDefault(s.Wait, defaultWait)); ; {
		info, err := os.Lstat(name)
		if err != nil {
			return nil
		}
		if time.Since(info.ModTime()) > restless {
			return os.Remove(name)
		}
		if time.Now().After(end) {
			return s.failed("wait for", s.Bundle()+unfinished, ErrBusy)
		}
		if err := pause(ctx, poll); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
