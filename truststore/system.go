package truststore

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"
	"strings"

	"github.com/hktrust/hktrust/truststore/internal/anchors"
)

// systemStore is the trust store of a Linux distribution.
type systemStore struct {
	machine *Machine
	info    Info
	anchors *anchors.Store
}

var (
	_ Store   = (*systemStore)(nil)
	_ Settler = (*systemStore)(nil)
)

// findSystem is the machine's own store, of which there is one at most.
func findSystem(_ context.Context, s search) discovery {
	var d discovery
	if !s.shared {
		return d
	}
	store, err := anchors.Find(s.host)
	switch {
	case errors.Is(err, anchors.ErrNoStore):
	case err != nil:
		d.problem(KindSystem, string(KindSystem), err)
	default:
		d.add(s.machine.systemStore(store))
	}
	return d
}

// openSystem is the store of a receipt, as far as it is the machine's still.
func openSystem(m *Machine, info Info) Store {
	store, err := anchors.Find(m.host())
	if err != nil || store.Dir() != info.Path {
		return &systemStore{machine: m, info: info}
	}
	return m.systemStore(store)
}

func (m *Machine) systemStore(store *anchors.Store) *systemStore {
	info := Info{
		Kind: KindSystem, Path: store.Dir(), Scope: ScopeMachine, Label: store.Family(), Manager: strings.Join(store.Command(), " "),
		LimitsPurposes: store.LimitsPurposes(), Intermediates: IntermediatesNone,
	}
	if store.Neutral() {
		info.Intermediates = IntermediatesNeutral
	}
	if bundle := store.Bundle(); bundle != info.Path {
		info.Links = []string{bundle}
	}
	return &systemStore{machine: m, info: info, anchors: store}
}

func (s *systemStore) Info() Info { return s.info }

func (s *systemStore) Read(ctx context.Context) (*Snapshot, error) {
	if s.anchors == nil {
		return nil, storeError(s.info, "read", fs.ErrNotExist)
	}
	content, err := s.anchors.Read(ctx)
	if err != nil {
		return nil, storeError(s.info, "read", err)
	}
	snap := &Snapshot{Info: s.info, Blocked: explainDenied(s.machine.host(), s.info.Path, s.anchors.Writable())}
	for _, c := range content.Certificates {
		snap.Entries = append(snap.Entries, systemEntry(c))
	}
	for _, f := range content.Findings {
		snap.Findings = append(snap.Findings, finding(Code("system."+string(f.Code)), "path", f.Path))
	}
	return snap, nil
}

// systemEntry is what an anchor file says where there is one, and otherwise
// what the distribution's bundles have.
func systemEntry(c anchors.Certificate) Entry {
	trust := Trust{Levels: map[Purpose]Level{}}
	entry := NewEntry(c.DER, trust)
	for _, p := range c.Trusted {
		if !c.Stale {
			trust.Levels[Purpose(p)] = Builtin
		}
	}
	for _, f := range c.Files {
		trust.Present = true
		if trust.Name == "" || f.Ours {
			trust.Name, entry.Manager = f.Name, ""
		}
		if _, own := c.Own(); !own {
			entry.Manager = "administrator"
		}
		if f.Neutral {
			continue
		}
		purposes := f.Purposes
		if purposes == nil {
			purposes = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
		}
		for _, p := range purposes {
			trust.Levels[Purpose(p)] = Explicit
		}
	}
	if len(c.DistrustedBy) > 0 && len(c.Trusted) == 0 {
		trust.Levels = map[Purpose]Level{AnyPurpose: Distrusted}
	}
	entry.Trust = trust
	return entry
}

// Apply writes and deletes anchor files and has the distribution's updater run.
func (s *systemStore) Apply(ctx context.Context, changes []Change) ([]Result, error) {
	snap, err := s.Read(ctx)
	if err != nil {
		return nil, err
	}
	results, err := snap.Reconcile(changes)
	if err != nil {
		return nil, storeError(s.info, "apply", err)
	}
	var todo []anchors.Change
	for _, r := range results {
		if r.Changed {
			todo = append(todo, systemChange(r))
		}
	}
	if _, err := s.anchors.Apply(ctx, todo); err != nil {
		return nil, storeError(s.info, "apply", explainDenied(s.machine.host(), s.info.Path, err))
	}
	return results, nil
}

func systemChange(r Result) anchors.Change {
	c := anchors.Change{Name: r.After.Name, DER: r.DER, Remove: r.Action == Remove}
	if c.Remove {
		c.Name = r.Before.Name
		return c
	}
	c.Neutral = !r.After.vouches()
	for p, level := range r.After.Levels {
		if level == Explicit && p != AnyPurpose {
			c.Purposes = append(c.Purposes, x509.ExtKeyUsage(p))
		}
	}
	if r.After.Levels[AnyPurpose] == Explicit {
		c.Purposes = nil
	}
	return c
}

// Settled has the updater run where a run that was killed, or an updater that
// failed, left something to do.
func (s *systemStore) Settled(ctx context.Context, _ bool) error {
	if s.anchors == nil {
		return fs.ErrNotExist
	}
	_, err := s.anchors.Mend(ctx)
	return storeError(s.info, "tidy", err)
}

// systemErrors are the anchors package's, for the table.
func systemErrors() []translation {
	return []translation{
		{anchors.ErrBusy, ErrBusy},
		{anchors.ErrDistrusted, ErrDistrusted},
		{anchors.ErrDamaged, ErrDamaged},
		{anchors.ErrNameTaken, ErrConflict},
		{anchors.ErrDeclarative, ErrRegenerated},
		{anchors.ErrNoUpdater, errors.ErrUnsupported},
		{anchors.ErrNoStore, ErrNotStore},
	}
}
