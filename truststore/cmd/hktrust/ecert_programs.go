package main

import (
	"context"
	"slices"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/ecert"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// ecertProgram is a store of this machine, and what of an e-Cert's chain the
// programs that read it do not know.
type ecertProgram struct {
	Kind    truststore.Kind   `json:"kind"`
	Path    string            `json:"path"`
	Label   string            `json:"label,omitempty"`
	Status  truststore.Status `json:"status"`
	Missing []string          `json:"missing,omitempty"`
}

// ecertPrograms checks the stores of this machine for the chains of e-Certs. It
// writes nothing; nil if there is no chain to look for.
func (a *app) ecertPrograms(ctx context.Context, files []*ecert.Inspection) []ecertProgram {
	m, err := (&selection{scope: string(truststore.ScopeBoth)}).machine(a)
	if err != nil {
		return nil
	}
	goal, err := ecertGoal(m, files)
	if err != nil || len(goal.Want) == 0 {
		return nil
	}
	report, _ := m.Check(ctx, goal)
	var all []ecertProgram
	for _, s := range report.Stores {
		p := ecertProgram{Kind: s.Info.Kind, Path: s.Info.Path, Label: s.Info.Label, Status: s.Status}
		for _, c := range s.Changes {
			if c.Action != truststore.Keep {
				p.Missing = append(p.Missing, c.Name)
			}
		}
		all = append(all, p)
	}
	return all
}

// ecertGoal is the part of the profile ecert that the files' chains need: the
// root, and every generation of the issuing CA.
func ecertGoal(m *truststore.Machine, files []*ecert.Inspection) (truststore.Goal, error) {
	goal, err := truststore.HongkongPost(hkpost.ECert, m.Host.Now())
	if err != nil {
		return goal, err
	}
	var needed []truststore.Fingerprint
	for _, in := range files {
		for _, id := range in.Identities {
			for _, link := range id.Chain {
				needed = append(needed, truststore.Fingerprint(link.SHA256))
			}
			if id.Issuer != nil {
				for _, g := range id.Issuer.Known {
					needed = append(needed, truststore.Fingerprint(g.SHA256))
				}
			}
		}
	}
	goal.Want = slices.DeleteFunc(goal.Want, func(w truststore.Want) bool {
		return !slices.Contains(needed, truststore.Fingerprint(hkpost.FingerprintOf(w.Certificate.Raw)))
	})
	goal.Retired = nil
	return goal, nil
}
