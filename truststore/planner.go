package truststore

import "slices"

// planStore decides what a store needs for a goal. It is pure: the same goal,
// content and receipts give the same changes.
func planStore(goal Goal, snap *Snapshot, past history) ([]Change, []Finding) {
	p := planner{goal: goal, snap: snap, past: past, row: backendOf(snap.Info.Kind)}
	var changes []Change
	for _, w := range goal.wanted() {
		changes = append(changes, p.neverAgain(p.want(w)))
	}
	for i, ref := range goal.Absent {
		if !slices.ContainsFunc(goal.Absent[:i], func(o CertRef) bool { return o.SHA256 == ref.SHA256 }) {
			changes = append(changes, p.absent(ref)...)
		}
	}
	retired, findings := p.retired()
	changes = p.block(append(changes, retired...))
	return changes, slices.Concat(findings, p.kept(changes), p.obstacle(changes))
}

// planner plans one store.
type planner struct {
	goal Goal
	snap *Snapshot
	past history
	row  backend
}

// want decides about one wanted certificate.
func (p planner) want(w Want) Change {
	ref := RefOf(w.Certificate)
	now := p.snap.Trust(ref)
	c := Change{
		Action: Keep, SHA256: ref.SHA256, Name: nameOf(w.Certificate),
		DER: ref.DER, Before: now, After: now, Reason: CodePresent,
	}
	anchors := !w.ChainOnly || p.snap.Info.Intermediates == IntermediatesAnchor
	notHere := p.row.beside || w.ChainOnly && (p.snap.Info.Intermediates == IntermediatesNone || p.completes(w))
	name := EntryName(w.Certificate)
	switch {
	case (!anchors || p.row.beside) && now.distrusts(w.Purposes):
		c.Action, c.Reason, c.Blocked = ChangeTrust, CodeDistrusted, CodeDistrusted
		c.After = now.with(nil, name)
	case notHere:
		c.Reason = CodeNotHere
	case anchors:
		return p.anchor(w, c, name)
	case !now.Present:
		c.Action, c.Reason = Add, CodeAbsent
		c.After = now.with(nil, name)
	}
	return c
}

func (p planner) completes(w Want) bool {
	return p.row.completes != nil && p.row.completes(p.snap.Info, w)
}

func (p planner) anchor(w Want, c Change, name string) Change {
	now, wanted := c.Before, p.snap.Info.expressible(w.Purposes)
	switch {
	case now.distrusts(wanted):
		c.Action, c.Reason, c.Blocked = ChangeTrust, CodeDistrusted, CodeDistrusted
		c.After = now.with(wanted, name)
		return c
	case now.explicitFor(wanted), !p.goal.Explicit && now.trustedFor(wanted):
		c.Reason = CodeTrusted
		if now.Reason != "" {
			c.Reason = now.Reason
		}
		return c
	}
	c.Action, c.Reason = Add, CodeAbsent
	if now.Present {
		c.Action, c.Reason = ChangeTrust, CodeUntrusted
	}
	if now.Reason == CodePartly {
		c.Reason = CodePartly
	}
	c.After = now.with(append(wanted, now.builtinFor()...), name)
	// A store that trusts for everything is no wider than a TLS-server
	// anchor in what it can be abused for; for less, somebody must accept it.
	if !p.snap.Info.LimitsPurposes && !p.goal.AnyPurpose && !coversServers(w.Purposes) {
		c.Blocked = CodeUnlimited
	}
	return c
}

// neverAgain keeps an older program from adding what a newer one retired.
func (p planner) neverAgain(c Change) Change {
	if c.Action == Add && p.past.retiredAfter(c.SHA256, p.goal.Catalogue) {
		c.Reason, c.Blocked = CodeRetiredNewer, CodeRetiredNewer
	}
	return c
}

// absent removes every entry of a certificate, but what a vendor, a distribution
// or an administrator manages. What is built in is not the store's to remove, and
// is not gone either.
func (p planner) absent(ref CertRef) []Change {
	var changes []Change
	for _, entry := range p.snap.Entries {
		builtin := len(entry.Trust.builtinFor()) > 0
		if entry.SHA256 != ref.SHA256 || !entry.Trust.Present && !builtin {
			continue
		}
		c := p.removal(entry, CodeUnwanted)
		switch {
		case entry.Manager == managerAdministrator:
			c.Blocked = CodeAdministrators
		case entry.Manager != "" || !entry.Trust.Present:
			c.Blocked = CodeManaged
		}
		changes = append(changes, c)
	}
	if ghost := p.snap.ghostTrust(ref.DER); len(changes) == 0 && ghost.vouches() {
		changes = append(changes, p.removal(Entry{SHA256: ref.SHA256, DER: ref.DER, Trust: ghost}, CodeGhost))
	}
	return changes
}

// retired removes what this owner's receipts hold and the goal calls retired,
// and reports the same from others. What was accepted stays.
func (p planner) retired() ([]Change, []Finding) {
	var changes []Change
	var findings []Finding
	for i, id := range p.goal.Retired {
		entry, ok := p.snap.Entry(id)
		if !ok || !entry.Trust.Present || p.goal.names(id) || slices.Contains(p.goal.Retired[:i], id) {
			continue
		}
		switch {
		case p.past.holds(id):
			changes = append(changes, p.removal(entry, CodeRetired))
			continue
		case p.past.accepted(id):
			continue
		}
		f := finding(CodeRetiredPresent, "path", p.snap.Info.Path, "certificate", certificateName(entry.DER), "sha256", id.String())
		if entry.Manager != "" {
			f.Args["manager"], f.Args["name"] = entry.Manager, entry.Trust.Name
		}
		findings = append(findings, f)
	}
	return changes, findings
}

func (p planner) removal(entry Entry, reason Code) Change {
	c := Change{
		Action: Remove, SHA256: entry.SHA256, Name: certificateName(entry.DER), DER: entry.DER,
		Before: entry.Trust, Reason: reason,
	}
	if p.snap.Exact != nil {
		c.Before = c.Before.withExact(p.snap.Exact(entry))
	}
	switch {
	case entry.Trust.Reason == CodeKeyEntry:
		c.Blocked = CodeKeyEntry
	case entry.Trust.refuses():
		c.Blocked = CodeDistrusted // without the entry the distrust would end
	}
	return c
}

// block marks what cannot be done because the store cannot be changed now, or
// could not tell the certificate from one that it has.
func (p planner) block(changes []Change) []Change {
	for i, c := range changes {
		switch {
		case !c.applicable():
		case p.snap.Blocked != nil:
			changes[i].Blocked = CodeOf(p.snap.Blocked)
		case p.snap.blocks(c) != "":
			changes[i].Blocked = p.snap.blocks(c)
		case c.Action == Add && p.confused(c):
			changes[i].Blocked = CodeConflict
		case c.Action == Add && p.row.accepts != nil:
			if err := p.row.accepts(p.goal, c.DER); err != nil {
				changes[i].Blocked = CodeOf(translate(err))
			}
		}
	}
	return changes
}

// kept tells how a person ends the trust that is not the store's to remove.
func (p planner) kept(changes []Change) []Finding {
	var out []Finding
	for _, c := range changes {
		if c.Action != Remove || c.Blocked != CodeManaged && c.Blocked != CodeAdministrators {
			continue
		}
		switch {
		case p.snap.Kept != nil:
			out = append(out, p.snap.Kept(c)...)
		case !c.Before.Present:
			out = append(out, finding(CodeBuiltinStays, "path", p.snap.Info.Path, "certificate", c.Name))
		}
	}
	return out
}

// obstacle names the file whose owner or rights keep changes from being made, or
// how they are made instead.
func (p planner) obstacle(changes []Change) []Finding {
	hit := func(c Change) bool { return c.Blocked == CodeOf(p.snap.Blocked) }
	if p.snap.Blocked == nil || !slices.ContainsFunc(changes, hit) {
		return nil
	}
	if denied, ok := asType[*DeniedError](p.snap.Blocked); ok && denied.Path != "" {
		return []Finding{finding(CodeObstacle, "path", denied.Path)}
	}
	return p.snap.instead
}

// confused reports whether the store holds another certificate that it cannot
// tell from the one to be added.
func (p planner) confused(c Change) bool {
	return p.row.confuses != nil && slices.ContainsFunc(p.snap.Entries, func(e Entry) bool {
		return e.Trust.Present && e.SHA256 != c.SHA256 && p.row.confuses(e.DER, c.DER)
	})
}
