package truststore

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

// ListOptions say what List tells of.
type ListOptions struct {
	// All lists every certificate, not only those that the catalogue knows
	// and those that this owner's ledger says we added.
	All bool
}

// ListedEntry is a certificate of a store as List tells of it.
type ListedEntry struct {
	Entry
	CommonName string      `json:"commonName"` // or what else it is known by
	Conditions []Condition `json:"conditions,omitempty"`
	// Ours: we made it, as a receipt of this ledger for the very entry tells.
	Ours bool `json:"ours"`
	// Owners are the programs whose receipts speak of the very entry: they made
	// it, changed its trust, or want it as another of them made it. See
	// Machine.Owner.
	Owners []string `json:"owners,omitempty"`
}

// List reports what the stores hold, and changes nothing.
//
// The report is never nil; the error is its Err.
func (m *Machine) List(ctx context.Context, opt ListOptions) (*Report, error) {
	m, err := m.prepared()
	report := m.newReport("list", Goal{Catalogue: hkpost.CatalogueDate})
	if err != nil {
		return report.fail(ctx, err)
	}
	r, told := m.begin(Goal{})
	defer r.close()
	d, err := m.discover(ctx)
	if err != nil {
		return report.fail(ctx, err)
	}
	report.Findings = append(d.findings, told...)
	stores := inOrder(d.stores)
	each(len(stores), readsAtOnce, func(i int) StoreReport { return r.list(ctx, stores[i], opt) },
		func(s StoreReport) { report.add(m, s) })
	for _, p := range d.problems {
		report.add(m, StoreReport{Info: p.Info, Status: StatusUnknown, Err: p})
	}
	return report.answer(ctx)
}

func (r *run) list(ctx context.Context, store Store, opt ListOptions) StoreReport {
	out := StoreReport{Info: store.Info(), Status: StatusOK}
	r.machine.working(out.Info.Path)
	snap, err := store.Read(ctx)
	if err != nil {
		out.Status, out.Err = StatusUnknown, storeError(out.Info, "read", err)
		return out
	}
	receipts, told := r.history(snap.Info)
	past := receipts.confirmed(snap)
	out.Info, out.Findings = snap.Info, append(append(told, snap.Findings...), receipts.openFindings(snap)...)
	for _, e := range snap.Entries {
		if e.Trust.Present {
			out.Count++
		}
		_, known := hkpost.Lookup(e.SHA256)
		owners, made := past.owners(e)
		if opt.All || known || len(owners) > 0 {
			out.Entries = append(out.Entries, r.machine.listed(e, owners, made))
		}
	}
	return out
}

// owners are the programs whose receipts speak of the very entry; made tells
// whether one of them made it.
func (h history) owners(e Entry) (out []string, made bool) {
	for _, r := range h.of(e.SHA256) {
		after := receiptTrust(r.After)
		if !after.Present || !sameEntry(e.Trust, after) || interrupted(r) {
			continue
		}
		made = made || !r.Before.Present
		if !slices.Contains(out, r.Owner) {
			out = append(out, r.Owner)
		}
	}
	slices.Sort(out)
	return out, made
}

func (m *Machine) listed(e Entry, owners []string, made bool) ListedEntry {
	out := ListedEntry{Entry: e, Ours: made, Owners: owners, CommonName: certificateName(e.DER)}
	out.DER, out.Exact = nil, ""
	if cert, err := x509.ParseCertificate(e.DER); err == nil {
		out.Conditions = Conditions(cert, m.host().Now())
	}
	return out
}
