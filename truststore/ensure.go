package truststore

import (
	"context"
	"crypto/x509"
)

// Ensure makes the machine's stores meet a goal: Plan and Apply in one. It
// writes nothing, not even a receipt, where everything is as wanted.
//
// The report is never nil; the error is its Err.
func (m *Machine) Ensure(ctx context.Context, goal Goal) (*Report, error) {
	return m.carryOut(ctx, "ensure", goal, nil)
}

// Confirm carries out a saved plan. The plan is derived again from the goal;
// what the file shows must be the same or more, see [Plan.ConfirmedBy].
//
// The report is never nil; the error is its Err.
func (m *Machine) Confirm(ctx context.Context, goal Goal, saved *SavedPlan) (*Report, error) {
	return m.carryOut(ctx, "apply", goal, saved)
}

// Remove removes certificates from the machine's stores, whoever added them,
// but nothing that a vendor or a distribution manages.
//
// The report is never nil; the error is its Err.
func (m *Machine) Remove(ctx context.Context, certs ...*x509.Certificate) (*Report, error) {
	return m.carryOut(ctx, "remove", Goal{Name: "remove", Absent: certs}, nil)
}

func (m *Machine) carryOut(ctx context.Context, command string, goal Goal, saved *SavedPlan) (*Report, error) {
	plan, err := m.Plan(ctx, goal)
	if err == nil && saved != nil {
		plan, err = plan.ConfirmedBy(saved)
	}
	if err != nil {
		return m.newReport(command, goal).fail(ctx, err)
	}
	report, err := m.apply(ctx, plan, true)
	report.Command = command
	return report, err
}

// Check compares the machine's stores with a goal and changes nothing. Its
// report says [ExitWrong] where a store is known not to meet the goal.
//
// The report is never nil; the error is its Err.
func (m *Machine) Check(ctx context.Context, goal Goal) (*Report, error) {
	plan, err := m.Plan(ctx, goal)
	return m.compare(ctx, "check", goal, plan, err)
}

// Planned reports on a plan without carrying it out, or on the error that kept
// it from being made.
//
// The report is never nil; the error is its Err.
func (m *Machine) Planned(ctx context.Context, goal Goal, plan *Plan, err error) (*Report, error) {
	return m.compare(ctx, "plan", goal, plan, err)
}

func (m *Machine) compare(ctx context.Context, command string, goal Goal, plan *Plan, err error) (*Report, error) {
	report := m.newReport(command, goal)
	if err != nil {
		return report.fail(ctx, err)
	}
	report.Findings = plan.Findings
	for _, p := range plan.Stores {
		report.add(m, p.unchanged())
	}
	return report.answer(ctx)
}
