package truststore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/internal/winstore"
)

// windowsStore is the certificate stores of Windows, of the machine or of the
// user who runs the program. Anchors lie in its ROOT and other CA certificates
// in its CA; what Microsoft, policies and the other location bring counts as
// built in.
type windowsStore struct {
	machine *Machine
	info    Info
	stores  *winstore.System
}

// Names of the two stores, as PowerShell has them.
const (
	windowsMachine = `Cert:\LocalMachine`
	windowsUser    = `Cert:\CurrentUser`
)

var _ Store = (*windowsStore)(nil)

// findWindows finds the machine's stores, or where only the user's own are
// looked for, those: what the machine trusts its users trust already.
func findWindows(s search) discovery {
	var d discovery
	path := windowsMachine
	if !s.shared {
		path = windowsUser
	}
	store, err := openWindows(s.machine, Info{Kind: KindSystem, Path: path})
	if err != nil {
		d.problem(KindSystem, path, err)
		return d
	}
	d.add(store)
	return d
}

func openWindows(m *Machine, info Info) (Store, error) {
	if !systemNamed(m.host(), info.Path) {
		return nil, ErrNotStore
	}
	stores, err := winstore.New()
	if err != nil {
		return nil, err
	}
	info.Scope, info.Label = ScopeMachine, "Windows"
	if info.Path == windowsUser {
		info.Scope = ScopeUser
	}
	info.LimitsPurposes, info.Intermediates = true, IntermediatesNeutral
	return &windowsStore{m, info, stores}, nil
}

func (s *windowsStore) Info() Info { return s.info }

// place is one of the two that are written to.
func (s *windowsStore) place(name winstore.Name) winstore.Place {
	if s.info.Scope == ScopeUser {
		return winstore.Place{Location: winstore.User, Name: name}
	}
	return winstore.Place{Location: winstore.Machine, Name: name}
}

func (s *windowsStore) Read(ctx context.Context) (*Snapshot, error) {
	contents, err := s.stores.Read(ctx)
	if err != nil {
		return nil, storeError(s.info, "read", err)
	}
	snap := &Snapshot{Info: s.info}
	// What needs a person is trust alone: CA shows no dialog.
	snap.Blocked = translate(s.stores.Needs(winstore.Change{Place: s.place(winstore.CA)}))
	snap.TrustBlocked = translate(s.stores.Needs(winstore.Change{Place: s.place(winstore.Root), Ask: s.machine.Interactive}))
	for _, err := range contents.Unread {
		snap.Findings = append(snap.Findings, finding(CodePlaceUnreadable, "path", s.info.Path, "error", err.Error()))
	}
	seen := map[Fingerprint]bool{}
	for _, c := range contents.Certificates {
		entry := NewEntry(c.DER, Trust{})
		if seen[entry.SHA256] || s.info.Scope == ScopeMachine && c.Place.Location == winstore.User {
			continue
		}
		seen[entry.SHA256] = true
		entry.Trust = s.trust(contents, c.DER)
		snap.Entries = append(snap.Entries, entry)
	}
	return s.withVerdicts(ctx, snap), nil
}

// windowsPurposes are the purposes with the object identifiers that limit a
// root to them.
var windowsPurposes = map[Purpose]string{
	ServerAuth: winstore.ServerAuth, ClientAuth: winstore.ClientAuth,
	EmailProtection: winstore.EmailProtection, CodeSigning: winstore.CodeSigning,
}

// trust is what the stores say about a certificate. What lies in the place that
// is written to is explicit, what others bring is built in.
func (s *windowsStore) trust(contents *winstore.Contents, der []byte) Trust {
	t := Trust{Present: true, Levels: map[Purpose]Level{}}
	var own []winstore.Certificate
	for _, e := range contents.Of(der) {
		if e.Place.Location == s.place(winstore.Root).Location {
			own = append(own, e)
			if t.Name == "" {
				t.Name = e.FriendlyName
			}
		}
	}
	for purpose, oid := range windowsPurposes {
		state := contents.State(der, oid, s.info.Scope == ScopeUser)
		switch {
		case state.Level == winstore.Distrusted:
			t.Levels[purpose] = Distrusted
		case state.Level >= winstore.Vendor && slices.ContainsFunc(own, func(e winstore.Certificate) bool { return e.Place.Name == winstore.Root && e.Usage.Allows(oid) }):
			t.Levels[purpose] = Explicit
		case state.Level >= winstore.Vendor:
			t.Levels[purpose] = Builtin
		}
		if state.By != nil && t.Native == "" {
			t.Native = state.By.Place.String()
		}
	}
	t.Exact = exactOf(own)
	return t
}

// exactOf keeps the entries themselves, by store, for being put back.
func exactOf(own []winstore.Certificate) string {
	exact := map[winstore.Name][]byte{}
	for _, e := range own {
		exact[e.Place.Name] = e.Element
	}
	text, _ := json.Marshal(exact) // bytes and names marshal
	return string(text)
}

// withVerdicts asks Windows itself about the roots that no store of it shows.
func (s *windowsStore) withVerdicts(ctx context.Context, snap *Snapshot) *Snapshot {
	for _, c := range hkpost.Certificates() {
		if c.Role != hkpost.RoleRoot || snap.Trust(CertRef{SHA256: c.SHA256, DER: c.DER()}).Present {
			continue
		}
		q := winstore.Query{Chain: [][]byte{c.DER()}, Purpose: winstore.ServerAuth, User: s.info.Scope == ScopeUser}
		if v, err := s.stores.Verify(ctx, q); err == nil && v.Trusted() && len(v.Path) == 1 {
			snap.Entries = append(snap.Entries, NewEntry(c.DER(), Trust{Levels: map[Purpose]Level{ServerAuth: Builtin}}))
		}
	}
	return snap
}

// Apply makes all changes or none.
func (s *windowsStore) Apply(ctx context.Context, changes []Change) ([]Result, error) {
	results, err := reconciled(ctx, s, changes)
	if err != nil {
		return nil, err
	}
	var todo []winstore.Change
	for _, r := range results {
		if !r.Changed {
			continue
		}
		made, err := s.changes(ctx, r.Change)
		if err != nil {
			return nil, storeError(s.info, "apply", err)
		}
		todo = append(todo, made...)
	}
	if _, err := s.stores.Apply(ctx, todo); err != nil {
		return nil, storeError(s.info, "apply", err)
	}
	return results, nil
}

// changes are the steps of one change: what lies there goes, what is wanted
// comes.
func (s *windowsStore) changes(ctx context.Context, c Change) ([]winstore.Change, error) {
	old, err := s.own(ctx, c.DER)
	if err != nil {
		return nil, err
	}
	if c.Restore && c.Action != Remove {
		return s.restore(c)
	}
	if c.Action == Remove {
		return s.removal(c.DER, old, winstore.Root, winstore.CA), nil
	}
	usage, anchor := usageOf(c.After)
	name := winstore.CA
	if anchor {
		name = winstore.Root
	}
	add := winstore.Change{Place: s.place(name), DER: c.DER, Usage: usage, FriendlyName: c.After.Name, Ask: s.machine.Interactive}
	if e, ok := old[name]; ok {
		add.Element = e.WithUsage(usage)
	}
	return append(s.removal(c.DER, old, name), add), nil
}

func (s *windowsStore) own(ctx context.Context, der []byte) (map[winstore.Name]winstore.Certificate, error) {
	contents, err := s.stores.Read(ctx)
	if err != nil {
		return nil, err
	}
	own := map[winstore.Name]winstore.Certificate{}
	for _, e := range contents.Of(der) {
		if e.Place == s.place(e.Place.Name) {
			own[e.Place.Name] = e
		}
	}
	return own, nil
}

// restore puts back the entries that were removed.
func (s *windowsStore) restore(c Change) ([]winstore.Change, error) {
	var exact map[winstore.Name][]byte
	if err := json.Unmarshal([]byte(c.After.Exact), &exact); err != nil {
		return nil, fmt.Errorf("%w: receipt of %s: %w", ErrDamaged, c.Name, err)
	}
	old, err := s.own(context.Background(), c.DER)
	if err != nil {
		return nil, err
	}
	steps := s.removal(c.DER, old, winstore.Root, winstore.CA)
	for _, name := range []winstore.Name{winstore.Root, winstore.CA} {
		if element := exact[name]; element != nil {
			steps = append(steps, winstore.Change{Place: s.place(name), DER: c.DER, Element: element, Ask: s.machine.Interactive})
		}
	}
	return steps, nil
}

func (s *windowsStore) removal(der []byte, old map[winstore.Name]winstore.Certificate, names ...winstore.Name) []winstore.Change {
	var steps []winstore.Change
	for _, name := range names {
		if _, ok := old[name]; ok {
			steps = append(steps, winstore.Change{Place: s.place(name), DER: der, Remove: true, Ask: s.machine.Interactive})
		}
	}
	return steps
}

// usageOf is how a root is limited to the purposes that it is trusted for; all
// that a store tells apart are no limit.
func usageOf(t Trust) (usage winstore.Usage, anchor bool) {
	var oids []string
	for _, p := range []Purpose{ServerAuth, ClientAuth, EmailProtection, CodeSigning} {
		if t.For(p) == Explicit {
			oids = append(oids, windowsPurposes[p])
		}
	}
	if len(oids) == len(windowsPurposes) {
		return winstore.Usage{}, true
	}
	return winstore.LimitedTo(oids...), len(oids) > 0
}

// windowsErrors are the row's errors.
func windowsErrors() []translation {
	return []translation{
		{winstore.ErrNeedsElevation, ErrNeedsElevation},
		{winstore.ErrNeedsPerson, ErrNeedsPerson},
		{winstore.ErrManaged, ErrRegenerated},
		{winstore.ErrDistrusted, ErrDistrusted},
		{winstore.ErrConflict, ErrConflict},
		{winstore.ErrStale, ErrStale},
		{winstore.ErrBadCertificate, ErrDamaged},
		{winstore.ErrDamaged, ErrDamaged},
	}
}
