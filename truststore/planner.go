package truststore

import (
	"crypto/x509"
	"slices"

	"github.com/hktrust/hktrust/truststore/internal/ledger"
)

// planStore decides what a store needs for a goal. It is pure: the same goal,
// content and receipts give the same changes.
func planStore(goal Goal, snap *Snapshot, past history) ([]Change, []Finding) {
	var changes []Change
	var findings []Finding
	for _, w := range goal.wanted() {
		c := planWant(goal, w, snap)
		if c.Action == Add && past.retiredAfter(snap.Info, c.SHA256, goal.Catalogue) {
			c.Reason, c.Blocked = CodeRetiredNewer, CodeRetiredNewer
		}
		changes = append(changes, c)
	}
	for i, cert := range goal.Absent {
		if !slices.ContainsFunc(goal.Absent[:i], cert.Equal) {
			changes = append(changes, planAbsent(cert, snap)...)
		}
	}
	retired, told := planRetired(goal, snap, past)
	changes = append(changes, retired...)
	findings = append(findings, told...)
	return block(changes, snap), findings
}

// planWant decides about one wanted certificate.
func planWant(goal Goal, w Want, snap *Snapshot) Change {
	id := fingerprint(w.Certificate)
	now := snap.about(id, w.Certificate.Raw)
	c := Change{
		Action: Keep, SHA256: id, Name: w.Certificate.Subject.CommonName,
		DER: w.Certificate.Raw, Before: now, After: now, Reason: CodePresent,
	}
	anchors := w.Anchor || snap.Info.Intermediates == IntermediatesAnchor
	switch {
	case !anchors && now.distrusts(w.Purposes):
		c.Action, c.Reason, c.Blocked = Retrust, CodeDistrusted, CodeDistrusted
		c.After = now.with(nil, EntryName(w.Certificate))
	case !w.Anchor && (snap.Info.Intermediates == IntermediatesNone || completes(snap.Info, w)):
		c.Reason = CodeNotHere
	case anchors:
		return planAnchor(goal, w, snap, c)
	case !now.Present:
		c.Action, c.Reason = Add, CodeAbsent
		c.After = now.with(nil, EntryName(w.Certificate))
	}
	return c
}

func planAnchor(goal Goal, w Want, snap *Snapshot, c Change) Change {
	now := c.Before
	wanted := snap.Info.wanted(w.Purposes)
	switch {
	case now.distrusts(wanted):
		c.Action, c.Reason, c.Blocked = Retrust, CodeDistrusted, CodeDistrusted
		c.After = now.with(wanted, EntryName(w.Certificate))
		return c
	case now.explicitFor(wanted), !goal.Explicit && now.trustedFor(wanted):
		c.Reason = CodeTrusted
		if now.Reason != "" {
			c.Reason = now.Reason
		}
		return c
	}
	c.Action, c.Reason = Add, CodeAbsent
	if now.Present {
		c.Action, c.Reason = Retrust, CodeUntrusted
	}
	c.After = now.with(append(wanted, now.builtinFor()...), EntryName(w.Certificate))
	// A store that trusts for everything is no wider than a TLS-server
	// anchor in what it can be abused for; for less, somebody must accept it.
	if !snap.Info.LimitsPurposes && !goal.AnyPurpose && !coversServers(w.Purposes) {
		c.Blocked = CodeUnlimited
	}
	return c
}

// planAbsent removes every entry of a certificate, but what a vendor or a
// distribution manages.
func planAbsent(cert *x509.Certificate, snap *Snapshot) []Change {
	var changes []Change
	for _, entry := range snap.Entries {
		if entry.SHA256 != fingerprint(cert) || !entry.Trust.Present {
			continue // what is built in is not the store's to remove
		}
		c := removal(entry, CodeUnwanted)
		if entry.Manager != "" {
			c.Blocked = CodeManaged
		}
		changes = append(changes, c)
	}
	if g, ok := snap.ghost(cert); ok && len(changes) == 0 && g.Trust.vouches() {
		ghost := Entry{SHA256: fingerprint(cert), DER: cert.Raw, Trust: g.Trust}
		changes = append(changes, removal(ghost, CodeGhost))
	}
	return changes
}

// planRetired removes what this owner's receipts hold and the goal calls
// retired, and reports the same from others. What was accepted stays.
func planRetired(goal Goal, snap *Snapshot, past history) ([]Change, []Finding) {
	var changes []Change
	var findings []Finding
	for i, id := range goal.Retired {
		entry, ok := snap.Entry(id)
		if !ok || !entry.Trust.Present || goal.names(id) || slices.Contains(goal.Retired[:i], id) {
			continue
		}
		switch {
		case past.holds(snap.Info, id):
			changes = append(changes, removal(entry, CodeRetired))
			continue
		case past.accepted(snap.Info, id):
			continue
		}
		findings = append(findings, finding(CodeRetiredPresent,
			"path", snap.Info.Path, "certificate", commonName(entry.DER), "sha256", id.String()))
	}
	return changes, findings
}

// names reports whether the goal says of a certificate that it is wanted, or
// wanted gone.
func (g Goal) names(id Fingerprint) bool {
	return g.wants(id) ||
		slices.ContainsFunc(g.Absent, func(c *x509.Certificate) bool { return fingerprint(c) == id })
}

func (g Goal) wants(id Fingerprint) bool {
	return slices.ContainsFunc(g.Want, func(w Want) bool { return fingerprint(w.Certificate) == id })
}

func removal(entry Entry, reason Code) Change {
	c := Change{
		Action: Remove, SHA256: entry.SHA256, Name: commonName(entry.DER), DER: entry.DER,
		Before: entry.Trust, Reason: reason,
	}
	switch {
	case entry.Trust.Reason == CodeKeyEntry:
		c.Blocked = CodeKeyEntry
	case entry.Trust.refuses():
		c.Blocked = CodeDistrusted // without the entry the distrust would end
	}
	return c
}

// block marks what cannot be done because the store cannot be changed now.
func block(changes []Change, snap *Snapshot) []Change {
	for i, c := range changes {
		if !c.Effective() || c.Blocked != "" {
			continue
		}
		switch {
		case snap.Blocked != nil:
			changes[i].Blocked = codeOf(snap.Blocked)
		case snap.TrustBlocked != nil && c.writesTrust():
			changes[i].Blocked = codeOf(snap.TrustBlocked)
		case c.Action == Add && snap.Info.Kind == KindNSS && snap.hasTwin(c):
			changes[i].Blocked = CodeConflict
		}
	}
	return changes
}

func commonName(der []byte) string {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return ""
	}
	return cert.Subject.CommonName
}

// history is what the receipts of one ledger tell.
type history struct {
	owner    string
	receipts []ledger.Receipt
}

// of returns the open receipts of a certificate in a store, oldest first.
func (h history) of(info Info, id Fingerprint) []ledger.Receipt {
	return h.about(ledger.Receipt{Store: storeRef(info), SHA256: id.String()})
}

// about returns the open receipts of the same certificate in the same store.
func (h history) about(receipt ledger.Receipt) []ledger.Receipt {
	return slices.DeleteFunc(ledger.About(h.receipts, receipt.Store, receipt.SHA256), func(r ledger.Receipt) bool {
		return r.State == ledger.Retired
	})
}

func concerns(r ledger.Receipt, info Info) bool {
	return r.Store.Kind == string(info.Kind) && r.Store.Path == info.Path
}

// holds reports whether this owner added the certificate and nobody accepted
// its condition when it was added.
func (h history) holds(info Info, id Fingerprint) bool {
	return slices.ContainsFunc(h.of(info, id), func(r ledger.Receipt) bool {
		return r.Owner == h.owner && len(r.Accepted) == 0
	})
}

// accepted reports whether this owner added the certificate because somebody
// accepted its condition.
func (h history) accepted(info Info, id Fingerprint) bool {
	return slices.ContainsFunc(h.of(info, id), func(r ledger.Receipt) bool {
		return r.Owner == h.owner && len(r.Accepted) > 0
	})
}

// retiredAfter reports whether a catalogue newer than the given one retired
// the certificate in the store.
func (h history) retiredAfter(info Info, id Fingerprint, catalogue string) bool {
	return slices.ContainsFunc(h.receipts, func(r ledger.Receipt) bool {
		return r.State == ledger.Retired && concerns(r, info) && r.SHA256 == id.String() && r.Catalogue > catalogue
	})
}
