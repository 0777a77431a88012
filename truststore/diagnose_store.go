package truststore

import (
	"slices"
	"strings"

	"github.com/hktrust/hktrust/truststore/hkpost"
)

// storeProblems are what is wrong with a store, causes first: what it lacks is a
// consequence of what keeps it from being added.
func (d *diagnosis) storeProblems(s StorePlan) []Problem {
	if s.Err != nil {
		return []Problem{d.at(s, finding(CodeStoreUnread, "path", s.Info.Path, "reason", string(CodeOf(s.Err))))}
	}
	var out []Problem
	for _, f := range s.Findings {
		if f.Code == CodeRetiredPresent && d.harmless(f) {
			f.Level = LevelNote
		}
		out = append(out, d.at(s, f))
	}
	lacks := d.lacks(s)
	if blocked := blockedBy(s); blocked != "" && len(lacks) > 0 {
		cause := d.at(s, finding(CodeStoreBlocked, "path", s.Info.Path, "reason", string(blocked)))
		for i := range lacks {
			if r := lacks[i].Remedy; cause.Remedy != nil && r != nil && r.Code == RemedyEnsure {
				lacks[i].Remedy = nil // it would be blocked, too
			}
		}
		cause.fold(lacks...)
		return append(out, cause)
	}
	return append(out, lacks...)
}

// harmless reports whether a retired certificate has expired: nobody trusts a site
// by it any more, and nothing fails because it is there.
func (d *diagnosis) harmless(f Finding) bool {
	id, err := hkpost.ParseFingerprint(f.Args["sha256"])
	known, ok := hkpost.Lookup(id)
	return err == nil && ok && d.machine.host().Now().After(known.NotAfter)
}

// at is a finding about a store.
func (d *diagnosis) at(s StorePlan, f Finding) Problem {
	return Problem{Finding: f, Store: placeOf(s.Info), Remedy: d.remedyFor(f, &s)}
}

// fold puts problems under the one that they follow from, whose remedy is to be
// taken first.
func (p *Problem) fold(consequences ...Problem) {
	for _, c := range consequences {
		c.Cause = p.Code
		p.Consequences = append(p.Consequences, c)
	}
}

// lacks are the certificates that the store does not trust as sites need it: one
// problem for those of a role, what goes with a root under it.
func (d *diagnosis) lacks(s StorePlan) []Problem {
	names := map[Code][]string{}
	for _, c := range s.Changes {
		if !c.Effective() || c.Action == Remove {
			continue
		}
		code := CodeIssuerMissing
		if known, ok := hkpost.Lookup(c.SHA256); ok && known.Role == hkpost.RoleRoot {
			code = CodeRootMissing
		}
		if c.Blocked == CodeDistrusted {
			code = CodeRootDistrusted
		}
		names[code] = append(names[code], c.Name)
	}
	var out []Problem
	for _, code := range []Code{CodeRootDistrusted, CodeRootMissing, CodeIssuerMissing} {
		if len(names[code]) == 0 {
			continue
		}
		p := d.at(s, finding(code, "path", s.Info.Path, "certificate", strings.Join(names[code], ", ")))
		if code == CodeIssuerMissing && len(out) > 0 && out[len(out)-1].Code == CodeRootMissing {
			p.Remedy = nil // one command adds both
			out[len(out)-1].fold(p)
			continue
		}
		out = append(out, p)
	}
	return out
}

// blockedBy is what keeps changes from being made, other than a decision about
// the certificate itself and rights that an administrator has.
func blockedBy(s StorePlan) Code {
	for _, c := range s.Changes {
		if c.Blocked != "" && c.Blocked != CodeDistrusted && !liftedByElevation(c.Blocked) {
			return c.Blocked
		}
	}
	return ""
}

func liftedByElevation(code Code) bool {
	return slices.Contains([]Code{CodeNeedsElevation, CodePermission, CodePermissionForeign, CodeInsecurePath}, code)
}

// needsElevation reports whether an administrator has to change the store.
func needsElevation(s StorePlan) bool {
	return s.blocked != nil && liftedByElevation(CodeOf(s.blocked)) ||
		slices.ContainsFunc(s.Changes, func(c Change) bool { return liftedByElevation(c.Blocked) })
}
