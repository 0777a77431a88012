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
	return m.carryOut(ctx, "ensure", goal)
}

// Remove removes certificates from the machine's stores, whoever added them,
// but nothing that a vendor or a distribution manages.
//
// The report is never nil; the error is its Err.
func (m *Machine) Remove(ctx context.Context, certs ...*x509.Certificate) (*Report, error) {
	return m.carryOut(ctx, "remove", Goal{Name: "remove", Absent: certs})
}

func (m *Machine) carryOut(ctx context.Context, command string, goal Goal) (*Report, error) {
	plan, err := m.Plan(ctx, goal)
	if err != nil {
		return m.newReport(command, goal).fail(ctx, err)
	}
	report, err := m.Apply(ctx, plan)
	report.Command = command
	return report, err
}

// Check compares the machine's stores with a goal and changes nothing. Its
// report says [ExitWrong] where a store is known not to meet the goal.
//
// The report is never nil; the error is its Err.
func (m *Machine) Check(ctx context.Context, goal Goal) (*Report, error) {
	report := m.newReport("check", goal)
	plan, err := m.Plan(ctx, goal)
	if err != nil {
		return report.fail(ctx, err)
	}
	report.Findings = plan.Findings
	for _, p := range plan.Stores {
		report.add(m, p.unchanged())
	}
	return report.answer(ctx)
}
