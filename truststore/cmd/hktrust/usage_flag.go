package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagError is what is wrong with an option, in texts of ours.
func flagError(err error) error {
	var unknown *pflag.NotExistError
	var needs *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return usagef("usage.unknown-option", "option", dashed(unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()))
	case errors.As(err, &needs):
		return usagef("usage.needs-value", "option", dashed(needs.GetSpecifiedName(), needs.GetSpecifiedShortnames()))
	case errors.As(err, &invalid):
		return usagef("usage.invalid-value", "option", "--"+invalid.GetFlag().Name, "value", invalid.GetValue())
	}
	return usageError{err: err}
}

// planOnly are the options of plan that mean nothing to apply.
var planOnly = []string{"out", "exit-code"}

// flagErrorOf is flagError, for a command that may be given what belongs to another.
func flagErrorOf(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if cmd.Name() == "apply" && errors.As(err, &unknown) && slices.Contains(planOnly, unknown.GetSpecifiedName()) {
		return usagef("usage.plan-only", "option", "--"+unknown.GetSpecifiedName())
	}
	return flagError(err)
}

// dashed is an option as it was given: -x if it was one of several short ones.
func dashed(name, short string) string {
	if short != "" {
		return "-" + name
	}
	return "--" + name
}

// noSuchCommand refuses words that are no command, and names those that may be
// meant.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	given := strings.Join(append(strings.Fields(cmd.CommandPath())[1:], args[0]), " ")
	if meant := cmd.SuggestionsFor(args[0]); len(meant) > 0 {
		return usagef("usage.command-meant", "value", given, "known", strings.Join(meant, ", "))
	}
	return usagef("usage.command", "value", given)
}

// helpCommand shows the help of the command that its arguments name.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: a.text.say("help.help"),
		RunE: func(cmd *cobra.Command, args []string) error {
			named, rest, err := cmd.Root().Find(args)
			if err != nil || named == nil {
				return usageError{err: fmt.Errorf("help: %w", err)}
			}
			if err := noSuchCommand(named, rest); err != nil {
				return err
			}
			return named.Help()
		},
	}
}
