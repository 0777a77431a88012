package truststore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ReportFormat is the first field of a report written as JSON.
const ReportFormat = "hktrust.report/1"

// Status is what became of a store.
type Status string

// The statuses.
const (
	StatusOK      Status = "ok"      // as wanted, nothing was to be done
	StatusChanged Status = "changed" // as wanted now
	StatusDiffers Status = "differs" // not as wanted; nothing was to be done by this call
	StatusBlocked Status = "blocked" // not as wanted, and why is in the changes
	StatusFailed  Status = "failed"  // a change failed
	StatusUnknown Status = "unknown" // could not be read
)

// Report tells what a call found and did.
type Report struct {
	Format    string    `json:"format"`
	Command   string    `json:"command"`
	Goal      string    `json:"goal,omitempty"`
	Catalogue string    `json:"catalogue,omitempty"`
	Time      time.Time `json:"time"`
	// Changed tells whether anything was written to a store.
	Changed bool `json:"changed"`
	Exit    Exit `json:"exit"`
	// Run names the run for UndoOptions.Runs; "" where nothing of it is to be
	// undone.
	Run      string        `json:"run,omitempty"`
	Stores   []StoreReport `json:"stores"`
	Findings []Finding     `json:"findings,omitempty"`
	Error    *ErrorReport  `json:"error,omitempty"`
	// Refused lists the certificates of a refused goal.
	Refused []RefusalReport `json:"refused,omitempty"`
	// Err is nil exactly when Exit is ExitOK.
	Err error `json:"-"`
}

// StoreReport tells what a call found and did in one store.
type StoreReport struct {
	Info     Info         `json:"store"`
	Status   Status       `json:"status"`
	Changes  []Result     `json:"changes"`
	Findings []Finding    `json:"findings,omitempty"`
	Error    *ErrorReport `json:"error,omitempty"`
	Err      error        `json:"-"`

	// Count and Entries are filled by List: how many certificates the store
	// has, and those that were asked for.
	Count   int           `json:"count,omitempty"`
	Entries []ListedEntry `json:"entries,omitempty"`
}

// ErrorReport is an error for readers of JSON.
type ErrorReport struct {
	Code    Code   `json:"code"`
	Message string `json:"message"` // English, for developers
}

// RefusalReport is a Refusal for readers of JSON.
type RefusalReport struct {
	SHA256     Fingerprint `json:"sha256"`
	Name       string      `json:"name"`
	Conditions []Condition `json:"conditions"`
}

func reportError(err error) *ErrorReport {
	if err == nil {
		return nil
	}
	return &ErrorReport{Code: CodeOf(err), Message: err.Error()}
}

func (m *Machine) newReport(command string, goal Goal) *Report {
	return &Report{
		Format: ReportFormat, Command: command, Goal: goal.Name, Catalogue: goal.Catalogue,
		Time: m.host().Now().UTC(), Stores: []StoreReport{},
	}
}

// add appends a finished store and tells whoever watches.
func (r *Report) add(m *Machine, s StoreReport) {
	if s.Changes == nil {
		s.Changes = []Result{}
	}
	s.Error = reportError(s.Err)
	for _, c := range s.Changes {
		r.Changed = r.Changed || c.Changed
	}
	r.Stores = append(r.Stores, s)
	m.progress(s)
}

// fail concludes a call that ended before it got to any store.
func (r *Report) fail(ctx context.Context, err error) (*Report, error) {
	r.Error = reportError(err)
	r.Err = err
	exit := exitOf(CodeOf(err))
	if slices.ContainsFunc(wrongUse, func(w error) bool { return errors.Is(err, w) }) {
		exit = ExitUsage
	}
	if refused, ok := asType[*RefusedError](err); ok {
		exit = ExitUsage
		for _, f := range refused.Refusals {
			r.Refused = append(r.Refused, RefusalReport{fingerprint(f.Certificate), nameOf(f.Certificate), f.Conditions})
		}
	}
	return r.conclude(ctx, exit)
}

// finish is Report.finish for what can be undone.
func (r *run) finish(ctx context.Context, report *Report) (*Report, error) {
	if r.leaves.Load() {
		report.Run = r.id
	}
	return report.finish(ctx)
}

func (r *Report) conclude(ctx context.Context, exit Exit) (*Report, error) {
	if ctx.Err() != nil && exit != ExitUsage {
		exit = ExitInterrupted
		if !errors.Is(r.Err, ctx.Err()) {
			r.Err = errors.Join(r.Err, ctx.Err())
		}
		if r.Error == nil {
			r.Error = reportError(ctx.Err())
		}
	}
	r.Exit = exit
	if !r.Changed {
		r.Run = ""
	}
	if exit != ExitOK && r.Err == nil {
		r.Err = r.errors()
	}
	return r, r.Err
}

// errors joins what is wrong with the stores into one error.
func (r *Report) errors() error {
	var errs []error
	for _, s := range r.Stores {
		if s.Err != nil {
			errs = append(errs, s.Err)
		}
		for _, c := range s.Changes {
			if c.Blocked != "" || s.Status == StatusDiffers && c.Effective() {
				errs = append(errs, s.undone(r.Command, c))
			}
		}
		errs = append(errs, wrong(s.Info, s.Findings)...)
	}
	errs = append(errs, wrong(Info{}, r.Findings)...)
	if len(errs) == 0 {
		errs = append(errs, errors.New("not as wanted"))
	}
	return errors.Join(errs...)
}

// wrong are the findings that forbid a success, as errors.
func wrong(info Info, findings []Finding) []error {
	var errs []error
	for _, f := range findings {
		if f.Wrong() || f.Level == LevelError {
			errs = append(errs, storeError(info, "read", errorOf(f.Code, string(f.Code))))
		}
	}
	return errs
}

// undone is a change that was not made, as an error. A call that makes none is
// what failed, not the change.
func (s StoreReport) undone(command string, c Result) error {
	op := string(c.Action)
	if command == "check" || command == "plan" {
		op = command
	}
	code := c.Blocked
	if code == "" {
		code = c.Reason
	}
	return storeError(s.Info, op, errorOf(code, fmt.Sprintf("%s: %s", c.Name, code)))
}
