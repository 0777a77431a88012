// Command hktrust makes this machine trust Hongkong Post's certificate chain,
// or certificates of your own: the system's store, Java's keystores and NSS
// databases. It plans, proves and undoes every change; run "hktrust help".
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(int(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
}
