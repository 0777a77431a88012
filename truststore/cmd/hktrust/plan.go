package main

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
	"github.com/hktrust/hktrust/truststore/internal/safefile"
)

// maxPlanFile bounds the file that apply reads, in bytes.
const maxPlanFile = 16 << 20

func (a *app) planCommand() *cobra.Command {
	var exitCode bool
	var out string
	cmd := a.goalCommand("plan", func(ctx context.Context, m *truststore.Machine, goal truststore.Goal) (*truststore.Report, error) {
		plan, err := m.Plan(ctx, goal)
		if err != nil {
			return m.Check(ctx, goal) // which says why, as a report
		}
		if out != "" {
			if err := savePlan(ctx, plan, out); err != nil {
				return nil, err
			}
			a.saved = out
		}
		report, reportErr := m.Planned(ctx, plan)
		if report.Exit == truststore.ExitWrong && !exitCode {
			report.Exit, report.Err = truststore.ExitOK, nil
		}
		return report, reportErr
	})
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, a.text.say("flag.exit-code"))
	cmd.Flags().StringVar(&out, "out", "", a.text.say("flag.out"))
	return cmd
}

func (a *app) applyCommand() *cobra.Command {
	var sel selection
	var goals goalFlags
	cmd := &cobra.Command{Use: "apply PLANFILE", Short: a.text.say("help.apply"), Args: oneArgument}
	sel.flags(a, cmd)
	goals.flags(a, cmd)
	sel.createFlag(a, cmd)
	sel.interactiveFlag(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		saved, err := readPlan(args[0])
		if err != nil {
			return err
		}
		m, err := sel.machine(a)
		if err != nil {
			return err
		}
		if goals.profile == "" && slices.Contains(hkpost.Profiles(), hkpost.Profile(saved.Goal())) {
			goals.profile = saved.Goal()
		}
		goal, err := goals.goal(m.Host)
		if err != nil {
			return err
		}
		if goal, err = goals.learn(cmd.Context(), m, goal); err != nil {
			return err
		}
		m.Progress = a.tell
		report, _ := m.Confirm(cmd.Context(), goal, saved)
		a.finish(report)
		return nil
	}
	return cmd
}

// savePlan writes a plan.
func savePlan(ctx context.Context, plan *truststore.Plan, file string) error {
	data, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(ctx, file, append(data, '\n'))
}

// writeFile writes a file that the command line names, in place of one that is
// there. The path is checked as a store's is: an elevated process follows no link
// that another user made.
func writeFile(ctx context.Context, file string, data []byte) error {
	abs, err := filepath.Abs(file)
	if err != nil {
		return &inputError{file, err}
	}
	h := &host.Host{}
	resolved, err := h.Resolve(abs)
	if err != nil {
		return &inputError{file, err}
	}
	if info, err := h.Stat(resolved); err == nil && !info.Mode().IsRegular() {
		return &inputError{file, host.ErrNotRegular}
	}
	_, err = safefile.Edit(ctx, resolved, safefile.Options{Create: true}, func([]byte) ([]byte, error) {
		return data, nil
	})
	if err != nil {
		return &inputError{file, err}
	}
	return nil
}

func readPlan(file string) (*truststore.SavedPlan, error) {
	f, err := openPlain(file)
	if err != nil {
		return nil, &inputError{file, err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPlanFile+1))
	if err != nil {
		return nil, &inputError{file, err}
	}
	saved, err := truststore.ParsePlan(data)
	if err != nil {
		return nil, usagef("usage.file", "file", file, "error", err)
	}
	return saved, nil
}

func oneArgument(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usagef("usage.use", "use", cmd.Use)
	}
	return nil
}
