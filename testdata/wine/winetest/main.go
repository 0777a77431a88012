// Command winetest runs the tests of packages as Windows programs under Wine:
//
//	go run ./testdata/wine/winetest [flags and packages of go test]
//
// It makes a Wine prefix of its own and removes it again; HKTRUST_WINEPREFIX
// names one to be made once and kept. Packages are tested one after the other,
// since they share the prefix's registry.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/hktrust/hktrust/testdata/wine"
)

// prefixVariable names the prefix to the process that go test runs a test
// binary with, which is this program again.
const prefixVariable = "HKTRUST_WINETEST"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := test
	if os.Getenv(prefixVariable) != "" {
		run = execute
	}
	if err := run(ctx, os.Args[1:]); err != nil {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			os.Exit(exit.ExitCode())
		}
		fmt.Fprintln(os.Stderr, "winetest:", err)
		os.Exit(1)
	}
}

// execute runs one test binary.
func execute(ctx context.Context, args []string) error {
	prefix := wine.Prefix{Dir: os.Getenv(prefixVariable)}
	cmd := prefix.Command(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

// test makes what the tests need, and runs go test.
func test(ctx context.Context, args []string) (err error) {
	work, err := os.MkdirTemp("", "winetest-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	dir := os.Getenv("HKTRUST_WINEPREFIX")
	if dir == "" {
		dir = filepath.Join(work, "prefix")
	}
	prefix := &wine.Prefix{Dir: dir}
	if _, statErr := os.Stat(dir); statErr != nil {
		if prefix, err = wine.Make(ctx, dir); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, prefix.Close()) }()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd, err := wine.GoCommand(ctx, work, "test", append([]string{"-p", "1", "-exec", self}, args...)...)
	if err != nil {
		return err
	}
	cmd.Env = append(cmd.Env, prefixVariable+"="+dir)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}
