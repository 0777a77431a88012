package truststore

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"

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
	// stores by given places. Empty means every store that is found.
	Select []Selector
	// Scope limits the search; "" is [ScopeBoth], except for accounts such
	// as Windows' SYSTEM that have no stores of their own.
	Scope Scope
	// AllUsers searches the homes of all local users as well.
	AllUsers bool
	// Create allows a store named by path to be created where it is missing.
	Create bool
	// Password is asked for the password of a store that needs one. Nil
	// means that the passwords known to be defaults are tried alone.
	Password PasswordFunc
	// Owner names who makes changes, in receipts; "" is the path of the
	// program's main module.
	Owner string
	// Logger is told, for debugging, what Progress is told; nil for silence.
	Logger *slog.Logger
	// Progress is told of each store as it is finished, in the order they
	// finish. It is called by one goroutine at a time; nil for none.
	Progress func(Event)
	// Extra are stores of the caller's own.
	Extra []Store
}

// PasswordFunc returns the password of a store. It answers
// [ErrPasswordRequired] where it knows none.
type PasswordFunc func(context.Context, Info) (string, error)

// Event says that a store has been dealt with.
type Event struct {
	Store StoreReport
}

// Selector names stores: all of a kind, or one place.
type Selector struct {
	// Kind is the kind meant; "" is any, or where a place is given, what
	// the content shows.
	Kind Kind `json:"kind,omitempty"`
	// Path is a store's file or directory.
	Path string `json:"path,omitempty"`
	// JavaHome is the directory of a Java installation.
	JavaHome string `json:"javaHome,omitempty"`
	// ProfileDir is a directory with an NSS database.
	ProfileDir string `json:"profileDir,omitempty"`
}

// place reports whether the selector names a place rather than a kind.
func (s Selector) place() string {
	for _, p := range []string{s.Path, s.JavaHome, s.ProfileDir} {
		if p != "" {
			return p
		}
	}
	return ""
}

// kind is the kind of the stores that are meant, "" where only their content
// tells.
func (s Selector) kind() Kind {
	switch {
	case s.Kind != "":
		return s.Kind
	case s.JavaHome != "":
		return KindJava
	case s.ProfileDir != "":
		return KindNSS
	}
	return ""
}

// ParseSelector reads "java", "/path/to/cacerts" or "java:/path/to/cacerts". A
// value without a path separator must be a kind.
func ParseSelector(s string) (Selector, error) {
	for _, k := range Kinds() {
		if s == string(k) {
			return Selector{Kind: k}, nil
		}
		if path, ok := strings.CutPrefix(s, string(k)+":"); ok && path != "" {
			return Selector{Kind: k, Path: path}, nil
		}
	}
	if strings.ContainsAny(s, `/\`) {
		return Selector{Path: s}, nil
	}
	return Selector{}, &UnknownKindError{Value: s}
}

// UnknownKindError means that a store was named by a kind that does not exist.
type UnknownKindError struct{ Value string }

func (e *UnknownKindError) Error() string {
	return "unknown kind of store " + e.Value + " (a path needs a separator, as in ./" + e.Value + ")"
}

func (m *Machine) host() *host.Host {
	if m.Host == nil {
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
	if m.Logger != nil {
		m.Logger.Debug("store finished", "kind", r.Info.Kind, "path", r.Info.Path, "status", r.Status, "error", r.Err)
	}
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
