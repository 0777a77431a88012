package host

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// ErrGivenUp means that the processes which worked as a user took all the time
// that one user gets: no further one is started.
var ErrGivenUp = errors.New("the user's processes take too long")

// WithBudget returns the Host for one run, in which all work that [Host.AsUser]
// does for one user may take as long as budget together. Whoever stops such a
// process keeps the run from that user's files, and from nothing else.
func (h *Host) WithBudget(budget time.Duration) *Host {
	out := &Host{
		Root: h.Root, OS: h.OS, Environ: h.Environ, Account: h.Account, Accounts: h.Accounts,
		Registry: h.Registry, Runner: h.Runner, Clock: h.Clock,
	}
	if h.AsUser != nil {
		b := &userBudgets{run: h.AsUser, budget: budget, users: map[int]*userTime{}}
		out.AsUser = b.serve
	}
	return out
}

type userBudgets struct {
	run    UserRunner
	budget time.Duration

	mu    sync.Mutex
	users map[int]*userTime
}

// userTime is what is left of one user's time. One request is served at a time.
type userTime struct {
	sync.Mutex
	left time.Duration
}

func (b *userBudgets) of(u User) *userTime {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users[u.UID] == nil {
		b.users[u.UID] = &userTime{left: b.budget}
	}
	return b.users[u.UID]
}

func (b *userBudgets) serve(ctx context.Context, u User, request []byte) ([]byte, error) {
	t := b.of(u)
	t.Lock()
	defer t.Unlock()
	if t.left <= 0 {
		return nil, fmt.Errorf("%w: %s", ErrGivenUp, u.label())
	}
	limited, cancel := context.WithTimeoutCause(ctx, t.left, ErrGivenUp)
	defer cancel()
	start := time.Now()
	answer, err := b.run(limited, u, request)
	t.left -= time.Since(start)
	if err != nil && ctx.Err() == nil && context.Cause(limited) != nil {
		t.left = 0
		err = fmt.Errorf("%w: %s: %w", ErrGivenUp, u.label(), err)
	}
	return answer, err
}
