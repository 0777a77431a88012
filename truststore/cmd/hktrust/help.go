package main

import (
	"strings"

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
		cmd.Example = examples[strings.TrimPrefix(cmd.CommandPath(), "hktrust ")]
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
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{if .HasExample}}

` + say("usage.examples") + `
{{.Example}}{{end}}{{if .HasAvailableLocalFlags}}

` + say("usage.flags") + `
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableInheritedFlags}}

` + say("usage.globals") + `
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}{{if .HasAvailableSubCommands}}

` + say("usage.more") + `{{end}}
`)
}

// examples are command lines that people type.
var examples = map[string]string{
	"ensure": `  sudo hktrust ensure --all-users
  hktrust ensure --java-home /opt/jdk-21
  hktrust ensure --cert ca.pem --store java`,
	"plan": `  hktrust plan
  hktrust plan --store java --out plan.json`,
	"apply":  `  hktrust apply plan.json --store java`,
	"check":  `  hktrust check --profile all --json`,
	"list":   `  hktrust list --store nss`,
	"remove": `  sudo hktrust remove --cert ca.pem`,
	"undo": `  hktrust undo
  hktrust undo --last
  hktrust undo --store java`,
	"ecert find": `  hktrust ecert find
  hktrust ecert find /media/usb`,
	"ecert inspect": `  hktrust ecert inspect --interactive ecert.p12
  hktrust ecert inspect --password-file password.txt ecert.p12`,
	"verify": `  hktrust verify www.gov.hk
  hktrust verify --chain chain.pem --server-name www.gov.hk --at 2027-01-01
  hktrust verify www.gov.hk --store ./cacerts --as java=/opt/jdk-21`,
	"doctor": `  hktrust doctor
  hktrust doctor www.gov.hk --symptom SEC_ERROR_UNKNOWN_ISSUER
  hktrust doctor --lang zh-HK --html page.html`,
}

func eachCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, do)
	}
}
