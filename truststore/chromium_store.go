package truststore

import (
	"context"
	"fmt"
	"strings"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/host"
)

// maxProfileStore bounds a profile's store of certificates, in bytes.
const maxProfileStore = 32 << 20

// chromiumStore is a Chromium profile's own store of certificates, "Installed by
// you" in its certificate manager. It is read, never written: what is wanted goes
// into NSS's database, which the same browser reads as well, and what a person
// told the browser there is that person's to take back.
type chromiumStore struct {
	machine *Machine
	info    Info
}

var _ Store = (*chromiumStore)(nil)

// findChromium finds the own stores of a user's Chromium profiles.
func findChromium(ctx context.Context, s search) discovery {
	var d discovery
	if s.user == nil {
		return d
	}
	found := nss.FindProfileStores(ctx, s.host, *s.user)
	d.places = found.Places
	for _, p := range found.Stores {
		info, err := s.machine.chromiumInfo(p)
		if err != nil {
			d.problem(KindChromium, p.Path, err)
			continue
		}
		d.add(&chromiumStore{s.machine, info})
	}
	for _, p := range found.Problems {
		d.problem(KindChromium, p.Path, p.Err)
	}
	return d
}

// chromiumAt is the store at a path.
func chromiumAt(m *Machine, sel Selector) (discovery, error) {
	var d discovery
	if !nss.IsProfileStore(m.host(), sel.Path) || sel.Dir {
		return d, fmt.Errorf("%w: a profile's own store has the name ServerCertificate", ErrNotStore)
	}
	info, err := m.chromiumInfo(nss.ProfileStoreAt(m.host(), sel.Path))
	if err == nil {
		d.add(&chromiumStore{m, info})
	}
	return d, err
}

func looksLikeChromium(h *host.Host, path string) bool {
	return nss.IsProfileStore(h, path) && h.IsFile(path)
}

func openChromium(m *Machine, info Info) Store { return &chromiumStore{m, info} }

func (m *Machine) chromiumInfo(p nss.ProfileStore) (Info, error) {
	resolved, err := m.host().Resolve(p.Path)
	if err != nil {
		return Info{}, err
	}
	label := nssLabel(nss.Location{Application: p.Browser.Application, Version: p.Browser.Version, Packaging: p.Packaging, Browsers: []nss.Browser{p.Browser}, Profile: p.Profile})
	if p.Browser.Application == "" {
		label = "profile " + p.Profile
	}
	return Info{
		Kind: KindChromium, Path: resolved, Scope: m.scopeOf(resolved), Label: label, Links: linksTo(resolved, p.Path),
		Product: "chromium", Version: p.Browser.Version, Running: p.Browser.Running, beside: p.Database,
		LimitsPurposes: true, Intermediates: IntermediatesNeutral,
	}, nil
}

func (s *chromiumStore) Info() Info { return s.info }

func (s *chromiumStore) Read(ctx context.Context) (*Snapshot, error) {
	rows, err := readProfileStore(ctx, s.machine.host(), s.info.Path)
	if err != nil {
		return nil, storeError(s.info, "read", explainUnread(s.machine.host(), s.info.Path, err))
	}
	snap := &Snapshot{Info: s.info, Blocked: ErrNeedsProgram}
	for _, row := range rows {
		snap.Entries = append(snap.Entries, NewEntry(row.Raw, profileTrust(row)))
	}
	return snap, nil
}

func readProfileStore(ctx context.Context, h *host.Host, path string) ([]nss.ProfileCertificate, error) {
	data, err := h.ReadFile(path, maxProfileStore)
	if err != nil {
		return nil, err
	}
	return nss.ReadProfileStore(ctx, data)
}

// profileTrust is what a profile's own store says about a certificate.
func profileTrust(row nss.ProfileCertificate) Trust {
	t := Trust{Present: true, Native: "hint"}
	switch row.Trust {
	case chain.DistrustedCert:
		t.Native, t.Levels = "distrusted", map[Purpose]Level{ServerAuth: Distrusted}
	case chain.TrustedAnchor:
		t.Native, t.Levels = "trusted", map[Purpose]Level{ServerAuth: Explicit}
	}
	if row.Bound {
		t.Native += " for " + strings.Join(append(row.Names, row.Ranges...), ", ")
	}
	return t
}

// Apply changes nothing: see chromiumStore.
func (s *chromiumStore) Apply(context.Context, []Change) ([]Result, error) {
	return nil, storeError(s.info, "apply", ErrNeedsProgram)
}

// chromiumRemoval is what ends the trust of an entry.
func chromiumRemoval(*Machine, Info, Finding) (RemedyCode, []string) { return RemedyBrowser, nil }
