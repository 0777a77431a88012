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

// askPrograms checks the stores for the chains of e-Certs. It writes nothing; nil
// if there is no chain to look for.
func (r *ecertInspection) askPrograms(ctx context.Context, files []*ecert.Inspection) ([]ecertProgram, error) {
	m, err := r.stores.machine(r.app)
	if err != nil {
		return nil, err
	}
	goal, err := r.goal(m.Host.Now())
	if err != nil {
		return nil, err
	}
	if goal = ecertGoal(goal, files); len(goal.Want) == 0 {
		return nil, nil
	}
	report, _ := m.Check(ctx, goal) // what went wrong is each store's status
	all := []ecertProgram{}
	for _, s := range report.Stores {
		all = append(all, ecertProgram{s.Info.Kind, s.Info.Path, s.Info.Label, s.Status, missing(s.Changes)})
	}
	return all, nil
}

// missing names the CAs that a store does not know. The certificates of one CA,
// of several generations, have one name and one key: any of them will do.
func missing(changes []truststore.Result) []string {
	held := func(name string) bool {
		return slices.ContainsFunc(changes, func(c truststore.Result) bool { return c.Name == name && c.Action == truststore.Keep })
	}
	var all []string
	for _, c := range changes {
		if !held(c.Name) && !slices.Contains(all, c.Name) {
			all = append(all, c.Name)
		}
	}
	return all
}

// ecertGoal is the part of a goal that the files' chains need: the root, and
// every generation of the issuing CA.
func ecertGoal(goal truststore.Goal, files []*ecert.Inspection) truststore.Goal {
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
	return goal
}
