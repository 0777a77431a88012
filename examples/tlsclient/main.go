// Command tlsclient fetches a page as a Java program on this machine would: a
// server that Java refuses is refused here, with Java's own words.
package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/hktrust/hktrust/truststore"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: tlsclient https://HOST/")
	}
	client, err := clientLikeJava(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	resp, err := client.Get(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
}

// clientLikeJava returns a client that trusts whom every Java installation of
// this machine trusts.
func clientLikeJava(ctx context.Context) (*http.Client, error) {
	machine := &truststore.Machine{Select: []truststore.Selector{{Kind: truststore.KindJava}}}
	verifier, err := machine.NewVerifier(ctx, truststore.VerifyOptions{})
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{
		InsecureSkipVerify: true, // VerifyConnection decides in its place
		VerifyConnection:   verifier.VerifyConnection,
	}
	return &http.Client{Transport: transport}, nil
}
