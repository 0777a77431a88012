package truststore

import (
	"context"

	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/keychain"
)

// macStore is what macOS trusts: the System keychain with the settings of the
// administrators, or the user's login keychain with the user's own. What Apple
// and the other domain bring counts as built in.
type macStore struct {
	info Info
	keys *keychain.Keychain
	ask  bool // macOS may show its dialog
}

var _ Store = (*macStore)(nil)

// findMac finds the machine's store or, where only the user's own are looked
// for, that.
func findMac(s search) discovery {
	var d discovery
	keys, err := keychain.New(s.host)
	path := keychain.SystemKeychain
	if err == nil && !s.shared {
		path = keys.LoginKeychain()
	}
	if err != nil {
		d.problem(KindSystem, path, err)
		return d
	}
	if path != "" {
		d.add(newMacStore(s.machine, keys, Info{Kind: KindSystem, Path: path}))
	}
	return d
}

// openMac is the store of a keychain.
func openMac(m *Machine, info Info) (Store, error) {
	if !macNamed(m.host(), info.Path) {
		return nil, ErrNotStore
	}
	keys, err := keychain.New(m.host())
	if err != nil {
		return nil, err
	}
	return newMacStore(m, keys, info), nil
}

// macNamed reports whether a path is that of a keychain which is served.
func macNamed(h *host.Host, path string) bool {
	if path == keychain.SystemKeychain {
		return true
	}
	keys, err := keychain.New(h)
	return err == nil && path != "" && path == keys.LoginKeychain()
}

func newMacStore(m *Machine, keys *keychain.Keychain, info Info) Store {
	info.Scope, info.Label = ScopeUser, "macOS"
	if info.Path == keychain.SystemKeychain {
		info.Scope = ScopeMachine
	}
	info.LimitsPurposes, info.Intermediates = true, IntermediatesNeutral
	return &macStore{info, keys, m.Interactive}
}

func (s *macStore) Info() Info { return s.info }

func (s *macStore) user() bool { return s.info.Scope == ScopeUser }

func (s *macStore) domain() keychain.Domain {
	if s.user() {
		return keychain.User
	}
	return keychain.Admin
}

// macPolicies are the purposes with the policies that stand for them. Apple's
// policy for TLS is one for servers and clients; it is given for servers, and
// trust for clients cannot be told from it.
var macPolicies = map[Purpose]keychain.Policy{
	ServerAuth: keychain.SSL, EmailProtection: keychain.SMIME, CodeSigning: keychain.CodeSigning,
}

func (s *macStore) Read(ctx context.Context) (*Snapshot, error) {
	contents, err := s.keys.Read(ctx)
	if err != nil {
		return nil, storeError(s.info, "read", err)
	}
	snap := &Snapshot{Info: s.info}
	snap.Blocked = translate(s.keys.Needs(keychain.Change{User: s.user(), Certificate: true}))
	snap.TrustBlocked = translate(s.keys.Needs(keychain.Change{User: s.user(), Trust: true, Ask: s.ask}))
	for _, err := range contents.Unread {
		snap.Findings = append(snap.Findings, finding(CodePlaceUnreadable, "path", s.info.Path, "error", err.Error()))
	}
	seen := map[Fingerprint]bool{}
	for _, c := range contents.Certificates {
		entry := NewEntry(c.DER, Trust{})
		if seen[entry.SHA256] || c.User && !s.user() {
			continue
		}
		seen[entry.SHA256] = true
		entry.Trust = s.trust(contents, c.DER)
		if entry.Trust.Reason == CodeBuiltin {
			entry.Manager = "apple"
		}
		snap.Entries = append(snap.Entries, entry)
	}
	return snap, nil
}

func (s *macStore) trust(contents *keychain.Contents, der []byte) Trust {
	t := Trust{Present: true, Levels: map[Purpose]Level{}}
	for purpose, policy := range macPolicies {
		state := contents.State(der, policy, s.user())
		switch {
		case state.Level == keychain.Distrusted:
			t.Levels[purpose] = Distrusted
		case state.Level == keychain.Explicit && state.Domain == s.domain():
			t.Levels[purpose] = Explicit
		case state.Level >= keychain.Vendor:
			t.Levels[purpose] = Builtin
		}
		if state.Level == keychain.Vendor {
			t.Reason = CodeBuiltin
		}
	}
	return t
}

// Apply makes all changes or none, as far as macOS lets it.
func (s *macStore) Apply(ctx context.Context, changes []Change) ([]Result, error) {
	results, err := reconciled(ctx, s, changes)
	if err != nil {
		return nil, err
	}
	var todo []keychain.Change
	for _, r := range results {
		if r.Changed {
			todo = append(todo, s.change(r.Change))
		}
	}
	if _, err := s.keys.Apply(ctx, todo); err != nil {
		return nil, storeError(s.info, "apply", err)
	}
	return results, nil
}

// change is a step for the keychain. What is removed is what was ours to add:
// the certificate where it is to be gone, the settings where there were any.
func (s *macStore) change(c Change) keychain.Change {
	step := keychain.Change{DER: c.DER, User: s.user(), Remove: c.Action == Remove, Ask: s.ask}
	trust := c.After
	if step.Remove {
		trust = c.Before
	}
	for _, purpose := range []Purpose{ServerAuth, EmailProtection, CodeSigning} {
		if trust.For(purpose) == Explicit {
			step.Policies = append(step.Policies, macPolicies[purpose])
		}
	}
	step.Trust = len(step.Policies) > 0
	step.Certificate = !step.Remove || !c.After.Present
	return step
}

// macErrors are the row's errors.
func macErrors() []translation {
	return []translation{
		{keychain.ErrNeedsElevation, ErrNeedsElevation},
		{keychain.ErrNeedsPerson, ErrNeedsPerson},
		{keychain.ErrDistrusted, ErrDistrusted},
		{keychain.ErrConflict, ErrConflict},
		{keychain.ErrDamaged, ErrDamaged},
		{keychain.ErrNotApplied, ErrUnproven},
	}
}
