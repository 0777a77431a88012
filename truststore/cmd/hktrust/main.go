// Command hktrust makes this machine trust Hongkong Post's certificate chain,
// or certificates of your own: the system's store, Java's keystores and NSS
// databases. It plans, proves and undoes every change; run "hktrust help".
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/hktrust/hktrust/truststore/asuser"
)

// heapLimit is the memory, in bytes, from which on garbage is collected. Less
// would be collected all the time in a run over many stores.
const heapLimit = 96 << 20

func main() {
	if asuser.Serve() {
		return
	}
	// A run is short and what it allocates is bounded: collecting garbage
	// would cost more than it frees.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(heapLimit)
	// Who reads the answer may stop early: the run is finished, and says so.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), endings()...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(int(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
}

// endings are the signals after which a run ends in good order. A terminal that
// is closed sends SIGHUP, which nohup has ignored.
func endings() []os.Signal {
	out := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		out = append(out, syscall.SIGHUP)
	}
	return out
}
