package anchors

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/hktrust/hktrust/truststore/internal/safefile"
)

// step is what happens to one file of ours; nil stands for no file.
type step struct {
	path     string // as the machine writes it
	old, new []byte
}

// carry does the steps in order, and takes all back if one fails.
func (s *Store) carry(ctx context.Context, steps []step) error {
	for i, st := range steps {
		if err := s.carryOne(ctx, st); err != nil {
			return errors.Join(err, s.takeBack(ctx, steps[:i]))
		}
	}
	return nil
}

// takeBack undoes steps, last first.
func (s *Store) takeBack(ctx context.Context, steps []step) error {
	var errs []error
	for i := len(steps) - 1; i >= 0; i-- {
		back := step{path: steps[i].path, old: steps[i].new, new: steps[i].old}
		errs = append(errs, s.carryOne(context.WithoutCancel(ctx), back))
	}
	return errors.Join(errs...)
}

func (s *Store) carryOne(ctx context.Context, st step) error {
	if st.new != nil && st.old == nil {
		if err := s.makeDir(s.host.Dir(st.path)); err != nil {
			return err
		}
	}
	// A link at the end of the path would be somebody else's.
	dir, err := s.host.Resolve(s.host.Dir(st.path))
	if err != nil {
		return err
	}
	name := filepath.Join(s.host.Real(dir), s.host.Base(st.path))
	switch {
	case st.new == nil:
		return s.remove(name, st)
	case st.old == nil:
		err := publish(name, st.new)
		if errors.Is(err, fs.ErrExist) {
			return s.failed("create", st.path, ErrNameTaken)
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	return s.replace(ctx, name, st)
}

// replace exchanges the content of a file, or makes it where the system has
// nothing better.
func (s *Store) replace(ctx context.Context, name string, st step) error {
	opt := safefile.Options{MaxSize: maxAnchor, Create: st.old == nil, Mode: 0o644}
	_, err := safefile.Edit(ctx, name, opt, func(now []byte) ([]byte, error) {
		if sha256.Sum256(now) != sha256.Sum256(st.old) {
			return nil, s.failed("replace", st.path, ErrNameTaken)
		}
		return st.new, nil
	})
	return err
}

func (s *Store) remove(name string, st step) error {
	now, err := s.host.ReadFile(st.path, maxAnchor)
	if err != nil {
		return err
	}
	if sha256.Sum256(now) != sha256.Sum256(st.old) {
		return s.failed("remove", st.path, ErrNameTaken)
	}
	if err := os.Remove(name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

// makeDir makes the directory of anchor files, for all to read.
func (s *Store) makeDir(dir string) error {
	if s.host.IsDir(dir) {
		return nil
	}
	up, err := s.existing(s.host.Dir(dir))
	if err != nil {
		return err
	}
	if up != s.host.Dir(dir) && !s.host.IsDir(s.host.Dir(dir)) {
		if err := s.makeDir(s.host.Dir(dir)); err != nil {
			return err
		}
	}
	path, err := s.host.Resolve(dir)
	if err != nil {
		return err
	}
	if err := os.Mkdir(s.host.Real(path), 0o755); err != nil {
		return err
	}
	return os.Chmod(s.host.Real(path), 0o755)
}

// syncDir makes the entries of a directory durable, where its file system can.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}
