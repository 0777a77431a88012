package truststore

import "context"

// Ensure makes the machine's stores meet a goal: Plan and Apply in one, store
// by store. It writes nothing, not even a receipt, where everything is as
// wanted. Where Select and Scope leave no store, nothing is wrong either: the
// report then has the finding [CodeNoStores].
//
// The report is never nil; the error is its Err.
func (m *Machine) Ensure(ctx context.Context, goal Goal) (*Report, error) {
	return m.carryOut(ctx, "ensure", goal)
}

// Remove removes certificates from the machine's stores, whoever added them,
// but nothing that a vendor or a distribution manages. See [RefOf]. A store that
// [Machine.Create] had made, and in which nothing else is left, goes with the last
// of them ([CodeMadeRemoved]), or is told of ([CodeMadeStays]).
//
// The report is never nil; the error is its Err.
func (m *Machine) Remove(ctx context.Context, certs ...CertRef) (*Report, error) {
	return m.carryOut(ctx, "remove", Goal{Name: "remove", Absent: certs})
}

func (m *Machine) carryOut(ctx context.Context, command string, goal Goal) (*Report, error) {
	m, err := m.prepared()
	report := m.newReport(command, goal)
	if err == nil {
		err = goal.validate(m.host().Now())
	}
	if err != nil {
		return report.fail(ctx, err)
	}
	r, told := m.begin(goal)
	defer r.close()
	d, err := m.discover(ctx)
	if err != nil {
		return report.fail(ctx, err)
	}
	report.Findings = append(d.findings, told...)
	stores := inOrder(d.stores)
	d.stores = nil // nothing is to keep their content
	each(len(stores), func(i int) bool { return backendOf(stores[i].Info().Kind).feeds }, func(i int) StoreReport {
		store := stores[i]
		stores[i] = nil // its content goes with it
		return r.serve(ctx, store, nil)
	}, func(s StoreReport) { report.add(m, s) })
	for _, p := range d.problems {
		report.add(m, StorePlan{Info: p.Info, Err: p}.unchanged())
	}
	return r.finish(ctx, report)
}

// Confirm carries out a saved plan. The plan is derived again from the goal;
// what the file shows must be the same or more. Otherwise the saved plan is
// refused ([ErrPlanRefused]), or the machine has changed since ([ErrStale]).
//
// The report is never nil; the error is its Err.
func (m *Machine) Confirm(ctx context.Context, goal Goal, saved *SavedPlan) (*Report, error) {
	plan, err := m.Plan(ctx, goal)
	if err == nil {
		plan, err = plan.confirmedBy(saved)
	}
	if err != nil {
		return m.newReport("apply", goal).fail(ctx, err)
	}
	return m.applyAs(ctx, "apply", plan)
}

// Check compares the machine's stores with a goal and changes nothing. Its
// report says [ExitWrong] where a store is known not to meet the goal, and ExitOK
// with the finding [CodeNoStores] where there is none.
//
// The report is never nil; the error is its Err.
func (m *Machine) Check(ctx context.Context, goal Goal) (*Report, error) {
	plan, err := m.Plan(ctx, goal)
	if err != nil {
		return m.newReport("check", goal).fail(ctx, err)
	}
	return m.report(ctx, "check", plan)
}

// Planned reports on a plan without carrying it out, as Check does.
//
// The report is never nil; the error is its Err.
func (m *Machine) Planned(ctx context.Context, plan *Plan) (*Report, error) {
	return m.report(ctx, "plan", plan)
}

func (m *Machine) report(ctx context.Context, command string, plan *Plan) (*Report, error) {
	m, err := m.prepared()
	report := m.newReport(command, plan.goal())
	if err == nil && plan == nil {
		err = ErrPlanRefused
	}
	if err != nil {
		return report.fail(ctx, err)
	}
	report.Findings = plan.Findings
	for _, p := range plan.Stores {
		report.add(m, p.unchanged())
	}
	return report.answer(ctx)
}
