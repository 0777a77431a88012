package ecert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hktrust/hktrust/truststore/host"
)

// ErrChanging means that a file changed whenever it was read.
var ErrChanging = errors.New("the file changes while it is read")

// attempts is how often a file that changes is read again.
const attempts = 3

// readFile reads a whole file such as it was at one moment: the same twice. (The
// time of a file's last change is too coarse to tell.) A drive that does not
// answer is not waited for longer than ctx.
func readFile(ctx context.Context, h *host.Host, path string) ([]byte, error) {
	return waitFor(ctx, func() ([]byte, error) {
		before, err := h.ReadFile(path, MaxSize)
		for range attempts {
			if err != nil {
				return nil, err
			}
			var data []byte
			if data, err = h.ReadFile(path, MaxSize); err == nil && bytes.Equal(data, before) {
				clear(before)
				return data, nil
			}
			clear(before)
			before = data
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s: %w", path, ErrChanging)
	})
}

// waitFor runs what may hang in the kernel. It is left to itself when ctx ends.
func waitFor[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := f()
		done <- outcome{value, err}
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// readFailure is the code for a file that could not be read.
func readFailure(err error) Code {
	other := (*host.OtherUserError)(nil)
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return CodeInterrupted
	case host.Missing(err):
		return CodeNotFound
	case errors.Is(err, fs.ErrPermission):
		return CodePermission
	case errors.Is(err, host.ErrNotRegular):
		return CodeNotRegular
	case errors.Is(err, host.ErrTooLarge):
		return CodeTooLarge
	case errors.Is(err, ErrChanging):
		return CodeChanging
	case errors.As(err, &other):
		return CodeOtherUser
	case errors.Is(err, host.ErrInsecurePath):
		return CodeInsecurePath
	}
	return CodeReadFailed
}
