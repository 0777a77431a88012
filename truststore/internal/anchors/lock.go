package anchors

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"
)

// lockDir is root's own. What lies there is gone when the machine starts.
const lockDir = "/run/hktrust"

// lock keeps other runs of ours from the store. The updater inherits it: it is
// held while an updater of ours runs, also when the run that started it was
// killed.
type lock struct {
	dir  string // as the machine writes it
	file *os.File
}

// openLock opens the lock and does not take it.
func (s *Store) openLock() (*lock, error) {
	run, err := s.host.Resolve(lockDir)
	if err != nil {
		return nil, err
	}
	dir := s.host.Real(run)
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() || info.Mode().Perm()&0o022 != 0 {
		return nil, s.failed("lock", run, fs.ErrPermission)
	}
	f, err := os.OpenFile(s.host.Real(s.host.Join(run, "system.lock")), os.O_RDWR|os.O_CREATE, 0o600)
	return &lock{dir: run, file: f}, err
}

// AtWork reports whether a run of ours, or the updater that a killed one
// started, is at work: what [Store.Read] says is then of a moment in the middle
// of it. It is false for those who may not know.
func (s *Store) AtWork() bool {
	l, err := s.openLock()
	if err != nil {
		return false
	}
	defer l.file.Close()
	return errors.Is(tryLock(l.file), errLocked)
}

// lock waits until no other run of ours is at work.
func (s *Store) lock(ctx context.Context) (*lock, error) {
	l, err := s.openLock()
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(orDefault(s.Wait, defaultWait)); ; {
		err := tryLock(l.file)
		if err == nil {
			os.Remove(s.host.Real(s.selection(l))) // a killed run's
			os.Remove(s.host.Real(s.output(l)))
			return l, nil
		}
		if !errors.Is(err, errLocked) {
			l.file.Close()
			return nil, err
		}
		if time.Now().After(end) {
			l.file.Close()
			return nil, s.failed("lock", s.Dir(), ErrBusy)
		}
		if err := pause(ctx, poll); err != nil {
			l.file.Close()
			return nil, err
		}
	}
}

// selection is where a list of certificates lies while an updater reads it.
func (s *Store) selection(l *lock) string { return s.host.Join(l.dir, "ca-certificates.conf") }

// output is where an updater's words lie while it runs.
func (s *Store) output(l *lock) string { return s.host.Join(l.dir, "updater.out") }

// release gives the lock back, also what a service has of it that a hook of
// the updater started.
func (l *lock) release() {
	unlock(l.file)
	l.file.Close()
}

var errLocked = errors.New("locked by another run")
