//go:build unix

package main

import (
	"context"
	"os/exec"

	"github.com/hktrust/hktrust/testdata/wine"
)

// wineProgram is the command as a Windows program.
const wineProgram = "hktrust.exe"

// buildForWine builds the command as Wine needs it.
func buildForWine(dir string) error {
	cmd, err := wine.GoCommand(context.Background(), dir, "build", "-trimpath", "-ldflags=-s -w", "-o", dir+"/"+wineProgram, "github.com/hktrust/hktrust/truststore/cmd/hktrust")
	if err != nil {
		return err
	}
	_, err = wine.Output(cmd)
	return err
}

// wine compares the start with that of Wine's own command interpreter, whose
// servers run all the while.
func (b *bench) wine() {
	ctx := context.Background()
	prefix, err := wine.Make(ctx, b.path("prefix"))
	check(err)
	defer func() { check(prefix.Close()) }()
	start := func(name string, args ...string) func() usage {
		return func() usage {
			// Nobody reads the output: Wine's servers would keep a pipe open.
			return measured(prefix.Command(ctx, name, args...), func(cmd *exec.Cmd) ([]byte, error) { return nil, cmd.Run() })
		}
	}
	all := compare(
		contestant{run: start("cmd", "/c", "exit")},
		contestant{run: start(b.path(wineProgram), "version")},
	)
	line("cmd /c exit, under Wine", all[0])
	line("hktrust.exe version, under Wine", all[1])
	atMost("beyond cmd /c exit", all[1].without(all[0]).ms(), 15, "ms")
}
