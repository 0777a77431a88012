package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
)

// goalCommand makes a command that compares or changes stores by a goal.
func (a *app) goalCommand(name string, act func(context.Context, *truststore.Machine, truststore.Goal) (*truststore.Report, error)) *cobra.Command {
	var sel selection
	var goals goalFlags
	cmd := &cobra.Command{Use: name, Short: a.text.say("help." + name), Args: noArguments}
	sel.flags(a, cmd)
	goals.flags(a, cmd)
	if name != "check" {
		sel.createFlag(a, cmd)
		sel.interactiveFlag(a, cmd)
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		m, err := sel.machine(a)
		if err != nil {
			return err
		}
		goal, err := goals.goal(m.Host)
		if err != nil {
			return err
		}
		a.unpinned = goals.unpinned(goal)
		if goal, err = goals.learn(cmd.Context(), m, goal); err != nil {
			return err
		}
		m.Progress = a.tell
		report, err := act(cmd.Context(), m, goal)
		if report == nil {
			return err
		}
		a.finish(report)
		return nil
	}
	return cmd
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("usage.no-argument", "command", cmd.Name(), "value", args[0])
	}
	return nil
}

func (a *app) ensureCommand() *cobra.Command {
	return a.goalCommand("ensure", func(ctx context.Context, m *truststore.Machine, goal truststore.Goal) (*truststore.Report, error) {
		return m.Ensure(ctx, goal)
	})
}

func (a *app) checkCommand() *cobra.Command {
	return a.goalCommand("check", func(ctx context.Context, m *truststore.Machine, goal truststore.Goal) (*truststore.Report, error) {
		return m.Check(ctx, goal)
	})
}

func (a *app) listCommand() *cobra.Command {
	var sel selection
	var all bool
	cmd := &cobra.Command{Use: "list", Short: a.text.say("help.list"), Args: noArguments}
	sel.flags(a, cmd)
	cmd.Flags().BoolVar(&all, "all", false, a.text.say("flag.list-all"))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		m, err := sel.machine(a)
		if err != nil {
			return err
		}
		m.Progress = a.tellEntries
		report, _ := m.List(cmd.Context(), truststore.ListOptions{All: all})
		a.exit = report.Exit
		a.listed(report)
		return nil
	}
	return cmd
}

func (a *app) undoCommand() *cobra.Command {
	var sel selection
	var opt truststore.UndoOptions
	var where selection
	var certs []string
	cmd := &cobra.Command{Use: "undo", Short: a.text.say("help.undo"), Args: noArguments}
	f := cmd.Flags()
	f.BoolVar(&opt.Last, "last", false, a.text.say("flag.undo-last"))
	f.Var((*list)(&opt.Runs), "run", a.text.say("flag.undo-run"))
	f.Var((*list)(&where.stores), "store", a.text.say("flag.undo-store"))
	f.Var((*list)(&where.javaHomes), "java-home", a.text.say("flag.java-home"))
	f.Var((*list)(&where.profileDirs), "profile-dir", a.text.say("flag.profile-dir"))
	f.Var((*list)(&certs), "cert", a.text.say("flag.undo-cert"))
	f.BoolVar(&opt.Forget, "forget", false, a.text.say("flag.undo-forget"))
	sel.interactiveFlag(a, cmd)
	sel.rootFlag(a, cmd)
	f.Var((*list)(&sel.passwordFiles), "password-file", a.text.say("flag.password-file"))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if opt.Last && len(opt.Runs) > 0 {
			return usagef("usage.last-run")
		}
		sel.scope = string(truststore.ScopeBoth)
		m, err := sel.machine(a)
		if err != nil {
			return err
		}
		where.root = sel.root
		if opt.Stores, err = where.selectors(); err != nil {
			return err
		}
		for _, c := range certs {
			named, err := namedCertificates(m.Host, c, nil)
			if err != nil {
				return err
			}
			for _, ref := range named {
				opt.Certs = append(opt.Certs, ref.SHA256)
			}
		}
		a.narrowed = opt.Last || len(opt.Runs) > 0 || len(opt.Stores)+len(opt.Certs) > 0
		m.Progress = a.tell
		report, _ := m.Undo(cmd.Context(), opt)
		a.finish(report)
		return nil
	}
	return cmd
}
