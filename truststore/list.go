package truststore

import (
	"context"
	"crypto/x509"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

// ListedEntry is a certificate of a store as List tells of it.
type ListedEntry struct {
	Entry
	CommonName string      `json:"commonName"`
	Conditions []Condition `json:"conditions,omitempty"`
	// Ours: this ledger has a receipt for it.
	Ours bool `json:"ours"`
}

// List reports what the stores hold: every certificate if all is set,
// otherwise those that the catalogue knows and those that we added. It changes
// nothing.
//
// The report is never nil; the error is its Err.
func (m *Machine) List(ctx context.Context, all bool) (*Report, error) {
	report := m.newReport("list", Goal{Catalogue: hkpost.CatalogueDate})
	past, findings, err := m.history(ctx)
	if err != nil {
		return report.fail(ctx, err)
	}
	d, err := m.discover(ctx)
	if err != nil {
		return report.fail(ctx, err)
	}
	report.Findings = append(d.findings, findings...)
	for _, store := range inOrder(d.stores) {
		report.add(m, m.listStore(ctx, store, past, all))
	}
	for _, p := range d.problems {
		report.add(m, StoreReport{Info: p.Info, Status: StatusUnknown, Err: p})
	}
	return report.answer(ctx)
}

func (m *Machine) listStore(ctx context.Context, store Store, past history, all bool) StoreReport {
	out := StoreReport{Info: store.Info(), Status: StatusOK}
	snap, err := store.Read(ctx)
	if err != nil {
		out.Status, out.Err = StatusUnknown, storeError(out.Info, "read", err)
		return out
	}
	out.Info, out.Findings, out.Count = snap.Info, snap.Findings, 0
	for _, e := range snap.Entries {
		if e.Trust.Present {
			out.Count++
		}
		_, known := hkpost.Lookup(e.SHA256)
		ours := len(past.of(snap.Info, e.SHA256)) > 0
		if all || known || ours {
			out.Entries = append(out.Entries, m.listed(e, ours))
		}
	}
	return out
}

func (m *Machine) listed(e Entry, ours bool) ListedEntry {
	out := ListedEntry{Entry: e, Ours: ours}
	out.DER = nil
	if cert, err := x509.ParseCertificate(e.DER); err == nil {
		out.CommonName = cert.Subject.CommonName
		out.Conditions = Conditions(cert, m.host().Now())
	}
	return out
}
