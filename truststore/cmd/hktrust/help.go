package main

import (
	"github.com/spf13/cobra"
)

// translate has cobra's own words in the language of the run.
func (a *app) translate(root *cobra.Command) {
	say := a.text.say
	root.SetHelpCommand(a.helpCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "completion":
			cmd.Short, cmd.Long, cmd.Args = say("help.completion"), "", noSuchCommand
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			for _, shell := range cmd.Commands() {
				shell.Short, shell.Long = say("help.completion-for", "shell", shell.Name()), ""
			}
		}
	}
	eachCommand(root, func(cmd *cobra.Command) {
		cmd.DisableFlagsInUseLine = true
		cmd.InitDefaultHelpFlag()
		if help := cmd.Flags().Lookup("help"); help != nil {
			help.Usage = say("flag.help")
		}
	})
	root.SetUsageTemplate(say("usage.title") + `{{if .Runnable}}
  {{.UseLine}} [` + say("usage.options") + `]{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} ` + say("usage.command-word") + `

` + say("usage.commands") + `{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}

` + say("usage.flags") + `
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

` + say("usage.globals") + `
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

` + say("usage.more") + `{{end}}
`)
}

func eachCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, do)
	}
}
