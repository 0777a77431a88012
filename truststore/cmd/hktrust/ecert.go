package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/ecert"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// ecertFormat is the first field of what the ecert commands print as JSON.
const ecertFormat = "hktrust.ecert/1"

// ecertDocument is what an ecert command prints as JSON; ecert.schema.json
// describes it.
type ecertDocument struct {
	Format    string              `json:"format"`
	Command   string              `json:"command"`
	Exit      truststore.Exit     `json:"exit"`
	Time      time.Time           `json:"time"`
	Catalogue string              `json:"catalogue"`
	Files     []*ecert.Inspection `json:"files,omitempty"`
	Search    *ecert.Search       `json:"search,omitempty"`
	Programs  []ecertProgram      `json:"programs,omitzero"`
}

func (a *app) ecertDocument(command string) ecertDocument {
	return ecertDocument{
		Format: ecertFormat, Command: command, Exit: a.exit, Time: time.Now().UTC().Truncate(time.Second), Catalogue: hkpost.CatalogueDate,
	}
}

func (a *app) ecertCommand() *cobra.Command {
	text := a.text
	cmd := &cobra.Command{
		Use: "ecert", Short: text.say("ecert.help"),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("usage.ecert-command", "value", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.ecertInspectCommand(), a.ecertFindCommand())
	return cmd
}

func (a *app) ecertInspectCommand() *cobra.Command {
	text := a.text
	run := newECertInspection(a)
	cmd := &cobra.Command{
		Use: "inspect FILE…", Short: text.say("ecert.help.inspect"),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("usage.ecert-file")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			return run.inspect(cmd.Context(), files)
		},
	}
	f := cmd.Flags()
	f.StringVar(&run.passwordFile, "password-file", "", text.say("ecert.flag.password-file"))
	f.BoolVar(&run.interactive, "interactive", false, text.say("ecert.flag.interactive"))
	f.BoolVar(&run.programs, "programs", true, text.say("ecert.flag.programs"))
	f.Lookup("programs").DefValue = "" // the text says it
	return cmd
}

func (a *app) ecertFindCommand() *cobra.Command {
	return &cobra.Command{
		Use: "find [DIR…]", Short: a.text.say("ecert.help.find"),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			return a.ecertFind(cmd.Context(), dirs)
		},
	}
}
