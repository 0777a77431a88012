package main

import (
	"github.com/spf13/cobra"

	"github.com/hktrust/hktrust/truststore"
)

// asUserName is the hidden command in which an elevated hktrust runs itself as
// the owner of a store.
const asUserName = "as-user"

func (a *app) asUserCommand() *cobra.Command {
	return &cobra.Command{
		Use: asUserName, Hidden: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return truststore.ServeUser(cmd.Context(), a.stdin, a.stdout)
		},
	}
}
