package truststore

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"
)

// PlanFormat is the first field of a plan written as JSON.
const PlanFormat = "hktrust.plan/1"

// maxPlan bounds a saved plan, in bytes.
const maxPlan = 16 << 20

// ErrPlanRefused means that a saved plan is not what this program would plan:
// it was tampered with, made with other options, or for another machine.
var ErrPlanRefused = errors.New("the saved plan is refused")

// SavedPlan is a plan that was written as JSON and read back. It is evidence of
// what was shown to somebody, never authority: see [Machine.Confirm].
type SavedPlan struct {
	doc planJSON
}

// planJSON is the written form of a plan. The goal's certificates are named,
// not carried.
type planJSON struct {
	Format   string          `json:"format"`
	Created  time.Time       `json:"created"`
	Goal     goalJSON        `json:"goal"`
	Stores   []storePlanJSON `json:"stores"`
	Findings []Finding       `json:"findings,omitempty"`
}

type goalJSON struct {
	Name       string        `json:"name"`
	Catalogue  string        `json:"catalogue,omitempty"`
	Want       []wantJSON    `json:"want,omitempty"`
	Absent     []Fingerprint `json:"absent,omitempty"`
	Retired    []Fingerprint `json:"retired,omitempty"`
	Explicit   bool          `json:"explicit,omitempty"`
	AnyPurpose bool          `json:"anyPurpose,omitempty"`
	Accept     Acceptance    `json:"accept,omitzero"`
}

type wantJSON struct {
	SHA256    Fingerprint `json:"sha256"`
	Name      string      `json:"name"`
	Purposes  []Purpose   `json:"purposes,omitempty"`
	ChainOnly bool        `json:"chainOnly,omitempty"`
	Learnt    bool        `json:"learnt,omitempty"`
}

type storePlanJSON struct {
	StorePlan
	Error *ErrorReport `json:"error,omitempty"`
}

func (g Goal) json() goalJSON {
	doc := goalJSON{
		Name: g.Name, Catalogue: g.Catalogue, Retired: g.Retired,
		Explicit: g.Explicit, AnyPurpose: g.AnyPurpose, Accept: g.Accept,
	}
	for _, w := range g.Want {
		if w.Certificate == nil {
			continue // such a goal is refused
		}
		doc.Want = append(doc.Want, wantJSON{
			fingerprint(w.Certificate), nameOf(w.Certificate), w.Purposes, w.ChainOnly, w.Learnt,
		})
	}
	for _, ref := range g.Absent {
		doc.Absent = append(doc.Absent, ref.SHA256)
	}
	return doc
}

// MarshalJSON writes the plan as a document of its own.
func (p *Plan) MarshalJSON() ([]byte, error) {
	doc := planJSON{
		Format: PlanFormat, Created: p.Created, Goal: p.Goal.json(), Stores: []storePlanJSON{}, Findings: p.Findings,
	}
	for _, s := range p.Stores {
		doc.Stores = append(doc.Stores, storePlanJSON{s, reportError(s.Err)})
	}
	return json.Marshal(doc)
}

// UnmarshalJSON fails: what was written shows what was planned, and does not
// carry the certificates to do it with. See [ParsePlan] and [Machine.Confirm].
func (p *Plan) UnmarshalJSON([]byte) error {
	return fmt.Errorf("%w: a Plan cannot be read back; use ParsePlan and Machine.Confirm", errors.ErrUnsupported)
}

// ParsePlan reads what Plan.MarshalJSON wrote.
func ParsePlan(data []byte) (*SavedPlan, error) {
	if len(data) > maxPlan {
		return nil, fmt.Errorf("%w: it is larger than %d bytes", ErrPlanRefused, maxPlan)
	}
	var doc planJSON
	if err := decodeBounded(data, &doc); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlanRefused, err)
	}
	if doc.Format != PlanFormat {
		return nil, fmt.Errorf("%w: its format is not known: %q", ErrPlanRefused, doc.Format)
	}
	return &SavedPlan{doc}, nil
}

// Goal returns the name of the goal that the plan was made for; "" of a nil plan.
func (s *SavedPlan) Goal() string {
	if s == nil {
		return ""
	}
	return s.doc.Goal.Name
}

// confirmedBy returns the part of the plan that a saved plan shows: its stores,
// as they are to be changed now. It is [ErrPlanRefused] if the saved plan is for
// another goal or a store that p does not have, or shows a change that does not
// follow from the goal; and [ErrStale] if a store needs more than it shows, or it
// shows none where there are some.
func (p *Plan) confirmedBy(saved *SavedPlan) (*Plan, error) {
	if saved == nil {
		return nil, fmt.Errorf("%w: there is none", ErrPlanRefused)
	}
	if want := p.Goal.json(); !sameJSON(saved.doc.Goal, want) {
		return nil, fmt.Errorf("%w: it was made for another goal, or with other options, than given now", ErrPlanRefused)
	}
	confirmed := &Plan{Goal: p.Goal, Created: p.Created, Findings: p.Findings}
	for _, shown := range saved.doc.Stores {
		i := slices.IndexFunc(p.Stores, func(s StorePlan) bool { return s.Info.same(shown.Info) })
		if i < 0 {
			return nil, fmt.Errorf("%w: it was made with other options than given now, or a store is gone: %s", ErrPlanRefused, shown.Info.Path)
		}
		if slices.ContainsFunc(confirmed.Stores, func(s StorePlan) bool { return s.Info.same(shown.Info) }) {
			return nil, fmt.Errorf("%w: it shows a store twice: %s", ErrPlanRefused, shown.Info.Path)
		}
		if err := p.Stores[i].confirm(p.Goal, shown.StorePlan); err != nil {
			return nil, err
		}
		confirmed.Stores = append(confirmed.Stores, p.Stores[i])
	}
	if len(confirmed.Stores) == 0 && len(p.Stores) > 0 {
		return nil, fmt.Errorf("%w: it shows no store, and there are some", ErrStale)
	}
	return confirmed, nil
}

// confirm compares what a store needs now with what was shown: nothing that
// does not follow from the goal, and nothing less than is needed.
func (p StorePlan) confirm(goal Goal, shown StorePlan) error {
	for _, c := range shown.Changes {
		if !p.explains(goal, c) {
			return fmt.Errorf("%w: what it shows does not follow from its goal: %s", ErrPlanRefused, c.SHA256)
		}
	}
	for _, now := range applicable(p.Changes) {
		if !slices.ContainsFunc(shown.Changes, func(c Change) bool { return c.covers(now) }) {
			return storeError(p.Info, "plan", fmt.Errorf("%w: %s", ErrStale, now.Name))
		}
	}
	return nil
}

// explains reports whether a change that was shown may have been planned for
// the goal: it is the one that is planned now, or the store was different then.
func (p StorePlan) explains(goal Goal, shown Change) bool {
	wanted := goal.wants(shown.SHA256)
	if !wanted && !goal.mayRemove(shown.SHA256) || wanted == (shown.Action == Remove) {
		return false
	}
	i := slices.IndexFunc(p.Changes, func(now Change) bool {
		return now.SHA256 == shown.SHA256 && (shown.Action != Remove || now.Before.Name == shown.Before.Name)
	})
	if i < 0 {
		return !wanted || p.Err != nil // gone already, or not to be seen
	}
	now := p.Changes[i]
	return shown.Name == now.Name && (shown.covers(now) || !shown.Before.Same(now.Before))
}

// mayRemove reports whether the goal may have the certificate removed.
func (g Goal) mayRemove(id Fingerprint) bool { return slices.Contains(g.Retired, id) || g.unwants(id) }

// sameJSON compares two values by what is written of them.
func sameJSON(a, b any) bool {
	var x, y any
	left, err1 := json.Marshal(a)
	right, err2 := json.Marshal(b)
	if err1 != nil || err2 != nil || json.Unmarshal(left, &x) != nil || json.Unmarshal(right, &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}
