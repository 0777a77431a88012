package truststore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// Machine is a machine whose trust stores are to be read or changed. The zero
// value is this machine, with the stores that are natural for the user who
// runs the program: those of the machine, as far as rights allow, and the
// user's own. Its methods may be called by several goroutines at once; changes
// to the same machine are made one after the other.
type Machine struct {
	// Host is the machine's surface; nil is this machine.
	Host *host.Host
	// Select limits the stores to some kinds, or replaces the search for
	// stores by given places. Empty means every store that is found. It limits
	// Undo, too: to receipts of these kinds and places.
	Select []Selector
	// Scope limits the search; "" is [ScopeBoth], except for accounts such
	// as Windows' SYSTEM that have no stores of their own.
	Scope Scope
	// AllUsers searches the homes of all local users as well. An elevated program
	// needs [host.Host.AsUser] for it: package asuser has one.
	AllUsers bool
	// UserBudget is how long all work for one other user may take in one call: it
	// is done by a child process, which that user can stop. What is left is
	// reported as unknown. 0 means two minutes.
	UserBudget time.Duration
	// SearchDirs are directories below which Java installations are looked
	// for besides the usual places: to a bounded depth, following no links
	// and leaving out other file systems.
	SearchDirs []string
	// Create allows a store named by path to be created where it is missing:
	// an NSS database, or a keystore, which is a PKCS#12 where its name ends
	// in .p12 or .pfx and a JKS otherwise. Without a Password, Java can read
	// it without one; a JKS then has "changeit" for who wants to change it.
	Create bool
	// Interactive lets the system ask the person at the machine, in a dialog
	// of its own, before it changes what it trusts; the call waits for the
	// answer. Without it such a change is [ErrNeedsPerson] and not tried. macOS
	// asks before each change of trust, Windows where it is the user's own.
	Interactive bool
	// Password is asked for the password of a store that needs one. Nil
	// means that the passwords known to be defaults are tried alone.
	Password PasswordFunc
	// Owner names who makes changes, in receipts; "" is the path of the
	// program's main module.
	Owner string
	// Progress is told of each store when it is finished, in the order of
	// the report. It is called by one goroutine at a time; nil for none.
	Progress func(Event)
	// Working is told what is about to be looked at: the path of a store, the
	// address of a server. It is called by one goroutine at a time, and must
	// return soon; nil for none.
	Working func(what string)
	// Extra are stores of the caller's own, as far as Select and Scope mean
	// them.
	Extra []Store

	// noteInterceptors: a diagnosis also tells of installedInterceptors.
	noteInterceptors bool
}

// PasswordFunc returns the password of a store. It answers
// [ErrPasswordRequired] where it knows none. One call asks it of one store at a
// time.
type PasswordFunc func(context.Context, Info) (string, error)

// Event says that a store has been dealt with.
type Event struct {
	Store StoreReport
}

// strange reports whether the selector names a kind that is neither ours nor the
// caller's.
func (m *Machine) strange(sel Selector) bool {
	return sel.Kind != "" && !slices.Contains(Kinds(), sel.Kind) &&
		!slices.ContainsFunc(m.Extra, func(s Store) bool { return s.Info().Kind == sel.Kind })
}

// prepared returns what a call works with: a nil Machine is this machine, and
// nothing of the caller's is used by two goroutines at once.
func (m *Machine) prepared() (*Machine, error) {
	if m == nil {
		m = &Machine{}
	}
	out := *m
	switch out.Scope {
	case "", ScopeMachine, ScopeUser, ScopeBoth:
	default:
		return &out, fmt.Errorf("%w: scope %q", ErrMachine, out.Scope)
	}
	if out.UserBudget < 0 {
		return &out, fmt.Errorf("%w: a budget of %s", ErrMachine, out.UserBudget)
	}
	if i := slices.IndexFunc(out.Extra, isNil); i >= 0 {
		return &out, fmt.Errorf("%w: Extra[%d] is nil", ErrMachine, i)
	}
	for i, s := range out.Extra {
		if slices.ContainsFunc(out.Extra[:i], func(o Store) bool { return o.Info().same(s.Info()) }) {
			return &out, fmt.Errorf("%w: Extra[%d] is another store of the kind and path of one before it", ErrMachine, i)
		}
	}
	if i := slices.Index(out.Select, Selector{}); i >= 0 {
		return &out, fmt.Errorf("%w: Select[%d] names neither a kind nor a place", ErrMachine, i)
	}
	if i := slices.IndexFunc(out.Select, out.strange); i >= 0 {
		return &out, fmt.Errorf("%w: Select[%d] names the kind %s, of which no store is known", ErrMachine, i, out.Select[i].Kind)
	}
	if root := m.host().Root; root != "" {
		if m.host().NoRoot() {
			return &out, fmt.Errorf("%w: its root %s: %w on Windows", ErrMachine, root, errors.ErrUnsupported)
		}
		if !isDirectory(root) {
			return &out, fmt.Errorf("%w: its root %s is not the absolute path of a directory", ErrMachine, root)
		}
	}
	out.Host = m.host().WithBudget(cmp.Or(m.UserBudget, userBudget))
	if m.Password != nil {
		var one sync.Mutex
		out.Password = func(ctx context.Context, info Info) (string, error) {
			one.Lock()
			defer one.Unlock()
			return m.Password(ctx, info)
		}
	}
	if m.Working != nil {
		var one sync.Mutex
		out.Working = func(what string) {
			one.Lock()
			defer one.Unlock()
			m.Working(what)
		}
	}
	return &out, nil
}

// isNil also knows a nil pointer to a store.
func isNil(s Store) bool {
	v := reflect.ValueOf(s)
	return s == nil || v.Kind() == reflect.Pointer && v.IsNil()
}

// working tells whoever waits what is about to be looked at.
func (m *Machine) working(what string) {
	if m.Working != nil {
		m.Working(what)
	}
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() && filepath.IsAbs(path)
}

func (m *Machine) host() *host.Host {
	if m == nil || m.Host == nil {
		return &host.Host{}
	}
	return m.Host
}

// owner returns the name in receipts.
func (m *Machine) owner() string {
	if m.Owner != "" {
		return m.Owner
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path != "" {
		return info.Main.Path
	}
	return "unnamed"
}

// progress tells whoever watches of a store that is finished.
func (m *Machine) progress(r StoreReport) {
	if m.Progress != nil {
		m.Progress(Event{Store: r})
	}
}

// password returns the password given for a store, nil if there is none.
func (m *Machine) password(ctx context.Context, info Info) (*string, error) {
	if m.Password == nil {
		return nil, nil
	}
	p, err := m.Password(ctx, info)
	if errors.Is(err, ErrPasswordRequired) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}
