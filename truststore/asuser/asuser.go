// Package asuser lets an elevated program work on other users' trust stores: it
// runs the program again as each store's owner, who then reads and writes no
// more than that user may.
//
// A program that wants [truststore.Machine.AllUsers], or stores inside other
// users' homes, wires it with two lines:
//
//	func main() {
//		if asuser.Serve() {
//			return
//		}
//		m := truststore.Machine{Host: &host.Host{AsUser: asuser.Run}, AllUsers: true}
//		…
//
// The child gets the numeric identity of the user and no supplementary groups,
// a clean environment, a session of its own and a pipe with the request. It
// does not outlive its parent. On Windows, where a program cannot become
// another user without that user's password, there is no Run.
package asuser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/hktrust/hktrust/truststore"
)

// marker, in the environment, makes this program the child of an elevated one.
// Whoever sets it for a program of their own gains nothing: the child does what
// its user may.
const marker = "HKTRUST_AS_USER"

// Serve serves one request of an elevated parent, if this process was started
// for that, and reports whether it was: then main has nothing else to do. It
// belongs before anything that reads flags or prints.
func Serve() bool {
	if os.Getenv(marker) == "" {
		return false
	}
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return true
}

// serve answers one request. Run keeps the pipe open until it has the answer:
// if it ends, there is nobody left who would write down what is done here, and
// nothing more is begun.
func serve(in io.Reader, out io.Writer) error {
	var request json.RawMessage
	if err := json.NewDecoder(in).Decode(&request); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		io.Copy(io.Discard, in)
		cancel()
	}()
	return truststore.ServeUser(ctx, bytes.NewReader(request), out)
}
