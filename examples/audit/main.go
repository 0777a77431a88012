// Command audit asks some servers for their certificates and says which program
// of this machine would refuse them, and why. It exits with 1 if one would.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/hktrust/hktrust/truststore"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: audit HOST[:PORT]…")
	}
	ctx := context.Background()
	// The stores are read once, however many servers there are.
	verifier, err := (&truststore.Machine{}).NewVerifier(ctx, truststore.VerifyOptions{})
	if err != nil {
		log.Fatal(err)
	}
	refused := false
	for _, address := range os.Args[1:] {
		v := verifier.VerifyServer(ctx, truststore.Server{Address: address})
		if v.Error != nil {
			fmt.Printf("%s: %s (%s)\n", address, v.Error.Message, v.Error.Code)
			refused = true
			continue
		}
		for _, one := range v.Verdicts {
			fmt.Printf("%s: %s by %s, %s: %s %s\n", address, one.Answer, one.Program, one.Store.Path, one.Code, one.Words)
			refused = refused || one.Answer == truststore.AnswerRefused
		}
	}
	if refused {
		os.Exit(1)
	}
}
