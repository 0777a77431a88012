// Command ensure shows how a program makes sure that the machine it runs on
// trusts Hongkong Post's certificate chain: one call, and what to make of the
// report.
//
// It limits itself to the user's own stores, as an application without an
// installer would.
package main

import (
	"fmt"
	"os"

	"github.com/hktrust/hktrust/truststore"
)

func main() {
	machine := &truststore.Machine{Scope: truststore.ScopeUser, Owner: "example.org/ensure"}
	report, err := truststore.EnsureHongkongPostChain(truststore.WithMachine(machine))
	for _, store := range report.Stores {
		fmt.Println(store.Status, store.Info.Kind, store.Info.Path)
		for _, change := range store.Changes {
			fmt.Println(" ", change.Sign(), change.Name, change.Blocked)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(int(report.Exit))
	}
}
