// Command customstore shows how a program gives the engine a trust store that
// hktrust does not know: the PEM bundle of a proprietary program. The bundle
// then takes part in plan, ensure, check, remove and undo as any other store
// does: with receipts, owners, proof after every write and exact undo.
//
// Usage: customstore ensure|check|remove|undo BUNDLE [CERTIFICATES]
//
// Without a file of certificates, Hongkong Post's chain is meant.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/certfile"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

func main() {
	os.Exit(run(context.Background(), &host.Host{}, os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command line on a machine and returns the exit code.
func run(ctx context.Context, h *host.Host, args []string, out, problems io.Writer) int {
	if len(args) < 2 || len(args) > 3 {
		fmt.Fprintln(problems, "usage: customstore ensure|check|remove|undo BUNDLE [CERTIFICATES]")
		return int(truststore.ExitUsage)
	}
	path, err := filepath.Abs(args[1])
	if err == nil {
		// The store's identity is the file itself, not a link to it.
		path, err = filepath.EvalSymlinks(path)
	}
	if err != nil {
		fmt.Fprintln(problems, err)
		return int(truststore.ExitFailed)
	}
	goal, err := goalOf(h, args[2:])
	if err != nil {
		fmt.Fprintln(problems, err)
		return int(truststore.ExitUsage)
	}
	report, err := do(ctx, machine(h, "example.org/customstore", &Bundle{Path: path}), args[0], goal)
	for _, store := range report.Stores {
		fmt.Fprintf(out, "%s %s %q\n", store.Status, store.Info.Kind, store.Info.Path)
		for _, change := range store.Changes {
			fmt.Fprintf(out, "  %s %q %s\n", change.Sign(), change.Name, change.Blocked)
		}
	}
	if err != nil {
		fmt.Fprintln(problems, err)
	}
	return int(report.Exit)
}

// machine is a machine of which nothing but the given stores of Acme's is meant.
func machine(h *host.Host, owner string, stores ...truststore.Store) *truststore.Machine {
	return &truststore.Machine{
		Host: h, Owner: owner, Extra: stores, Select: []truststore.Selector{{Kind: KindAcme}},
	}
}

func do(ctx context.Context, m *truststore.Machine, command string, goal truststore.Goal) (*truststore.Report, error) {
	switch command {
	case "ensure":
		return m.Ensure(ctx, goal)
	case "check":
		return m.Check(ctx, goal)
	case "remove":
		var certs []truststore.CertRef
		for _, w := range goal.Want {
			certs = append(certs, truststore.RefOf(w.Certificate))
		}
		return m.Remove(ctx, certs...)
	case "undo":
		return m.Undo(ctx, truststore.UndoOptions{Stores: m.Select})
	}
	return &truststore.Report{Exit: truststore.ExitUsage}, fmt.Errorf("unknown command %q", command)
}

// goalOf wants the certificates of a file, or Hongkong Post's chain. The bundle
// cannot limit trust to TLS servers, which has to be accepted.
func goalOf(h *host.Host, files []string) (truststore.Goal, error) {
	if len(files) == 0 {
		return truststore.HongkongPost(hkpost.Server, h.Now())
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		return truststore.Goal{}, err
	}
	certs, err := certfile.Parse(data)
	if err != nil {
		return truststore.Goal{}, err
	}
	goal := truststore.Goal{Name: "own", AnyPurpose: true}
	for _, cert := range certs {
		goal.Want = append(goal.Want, truststore.Want{Certificate: cert})
	}
	return goal, nil
}
