// Package truststore makes a machine trust the right certificate authorities:
// it finds the trust stores of the system, of Java and of browsers, says what
// each needs for a goal and why, changes them losslessly, proves each change by
// reading it back, and undoes exactly what it did. (Browser policies have a name
// here, but no back end yet: [ErrKindUnsupported].)
//
// The whole for Hongkong Post's certificate chain is one call:
//
//	report, err := truststore.EnsureHongkongPostChain()
//
// It can be called by a program without rights, without a terminal and without
// a network; it never prompts, never elevates itself and writes nothing where
// nothing is missing. What it could not do is in the report, per store, with a
// code that says what it takes.
//
// [Machine] has the calls behind it: [Machine.Plan] and [Machine.Apply] with a
// [Goal] of one's own, [Machine.Check], [Machine.Undo]. Certificates are
// identified by the SHA-256 of their DER, trust is answered per [Purpose]. A
// program can add stores of its own, see [Store]; package certfile reads
// certificates from files as people have them.
//
// # Receipts
//
// Each change leaves a receipt in a ledger: of the machine for elevated programs
// (/var/lib/hktrust, /Library/Application Support/hktrust, %ProgramData%\hktrust),
// of the user for others ($XDG_STATE_HOME/hktrust or ~/.local/state/hktrust, and
// its like on other systems), and of an image inside it, where Host.Root is one.
// The changes of one call are a run, and a receipt names the owner who made it:
// [Machine.Owner]. Undo takes back one's own receipts alone. Two owners that
// want the same certificate each have a claim on it, and it goes with the last.
//
// # Contexts
//
// A call whose context ends finishes the store at which it is, or leaves it as
// it was, and does nothing more. Its report says what was done and has the exit
// code [ExitInterrupted]; its error is, among others, the context's.
//
// The package prints nothing. It needs no cgo, no JVM, no certutil and no sudo.
package truststore

import (
	"context"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

// Option adjusts a call of EnsureHongkongPostChain.
type Option func(*ensureOptions)

type ensureOptions struct {
	ctx     context.Context
	machine *Machine
	profile hkpost.Profile
	adjust  []func(*Goal)
}

// WithContext bounds the call; the default is [context.Background]. See the
// package comment for what it does when the context ends.
func WithContext(ctx context.Context) Option {
	return func(o *ensureOptions) {
		if ctx != nil {
			o.ctx = ctx
		}
	}
}

// WithMachine names the machine; the default is the zero [Machine].
func WithMachine(m *Machine) Option { return func(o *ensureOptions) { o.machine = m } }

// WithProfile asks for another profile than [hkpost.Server].
func WithProfile(p hkpost.Profile) Option { return func(o *ensureOptions) { o.profile = p } }

// WithGoal adjusts the profile's goal, say to accept what it refuses.
func WithGoal(adjust func(*Goal)) Option {
	return func(o *ensureOptions) {
		if adjust != nil {
			o.adjust = append(o.adjust, adjust)
		}
	}
}

// EnsureHongkongPostChain makes this machine's trust stores trust Hongkong
// Post's current chain for TLS servers: Root CA 3, and its two issuing CAs
// where a store needs them. Options ask for something else.
//
// The report is never nil. The error is nil exactly when every store is as
// wanted now; otherwise it joins one [*StoreError] per store. Concurrent calls,
// also of several processes, wait for each other.
func EnsureHongkongPostChain(opts ...Option) (*Report, error) {
	o := ensureOptions{ctx: context.Background(), machine: &Machine{}, profile: hkpost.Server}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	goal, err := HongkongPost(o.profile, o.machine.host().Now())
	if err != nil {
		return o.machine.newReport("ensure", Goal{Name: string(o.profile)}).fail(o.ctx, err)
	}
	for _, adjust := range o.adjust {
		adjust(&goal)
	}
	return o.machine.Ensure(o.ctx, goal)
}
