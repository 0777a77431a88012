// Package tlsclient is the programs of a Linux system that trust what the
// system trusts.
package tlsclient

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/javatest"
)

// dialVariable makes a test binary a Go program that connects to a TLS server.
const dialVariable = "HKTRUST_TEST_DIAL"

// ClassesVariable names the directory of Java's program where the machine's own
// tests have compiled it.
const ClassesVariable = "HKTRUST_TEST_CLASSES"

// Main is what a test binary, in its TestMain, does first: it is one of the
// programs, since Go reads the system's certificates once a process.
func Main() {
	addr := os.Getenv(dialVariable)
	if addr == "" {
		return
	}
	conn, err := tls.Dial("tcp", addr, &tls.Config{ServerName: "localhost"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	conn.Close()
	os.Exit(0)
}

const pythonDial = `
import socket, ssl, sys
ssl.create_default_context().wrap_socket(socket.create_connection(("127.0.0.1", int(sys.argv[1]))), server_hostname="localhost")
`

// client is a program that trusts what the system trusts.
type client struct {
	name    string // as hktrust has it
	program string
	args    func(port string) []string
}

var clients = []client{
	{name: "curl", program: "curl", args: func(port string) []string {
		return []string{"-sS", "-o", "/dev/null", "-m", "20", "https://localhost:" + port}
	}},
	{name: "openssl", program: "openssl", args: func(port string) []string {
		return []string{"s_client", "-connect", "127.0.0.1:" + port, "-verify_return_error", "-verify_hostname", "localhost"}
	}},
	{name: "gnutls", program: "gnutls-cli", args: func(port string) []string { return []string{"--port", port, "localhost"} }},
	{name: "python", program: "/usr/bin/python3", args: func(port string) []string { return []string{"-c", pythonDial, port} }},
	{name: "go", program: "/proc/self/exe", args: func(port string) []string { return nil }},
	{name: "java", program: "java", args: func(port string) []string {
		return []string{"-XX:TieredStopAtLevel=1", "-cp", os.Getenv(ClassesVariable), "TlsProbe", "localhost:" + port}
	}},
}

// told are programs that trust what the system trusts where they are told of it, or
// that read it in another way.
var told = []client{
	{name: "node", program: "node", args: func(port string) []string { return []string{"-e", nodeDial, port} }},
	{name: "wget", program: "wget", args: func(port string) []string {
		return []string{"--tries=1", "--timeout=20", "-q", "-O", "/dev/null", "https://localhost:" + port}
	}},
}

const nodeDial = `
const socket = require("tls").connect(process.argv[1], "localhost", {servername: "localhost"}, () => process.exit(0))
socket.on("error", e => { console.error(e.message); process.exit(1) })
`

// hasJava reports whether there is a Java that reads Debian's shared keystore,
// and the program that it is to run.
func hasJava(t testing.TB) bool {
	t.Helper()
	program, err := exec.LookPath("java")
	if err != nil {
		return false
	}
	program, err = filepath.EvalSymlinks(program)
	if err != nil {
		return false
	}
	store, err := filepath.EvalSymlinks(filepath.Join(filepath.Dir(program), "../lib/security/cacerts"))
	if err != nil || store != "/etc/ssl/certs/java/cacerts" {
		return false
	}
	if os.Getenv(ClassesVariable) == "" {
		t.Setenv(ClassesVariable, javatest.ProbeClasses(t))
	}
	return os.Getenv(ClassesVariable) != ""
}

// emptyReply is how curl ends when the server, which speaks no HTTP, says
// nothing after the handshake.
const emptyReply = 52

// wget ends so when the server says nothing after the handshake, and when it does
// not trust the server.
const (
	wgetNoReply = 4
	wgetRefuses = 5
)

// accepting lists the programs on this machine that accept a server, and those
// that do not.
func accepting(t testing.TB, p *javatest.PKI) (accept, refuse []string) {
	t.Helper()
	port := served(t, p)
	for _, c := range clients {
		if !c.here() || c.name == "java" && !hasJava(t) {
			continue
		}
		if c.accepts(t, port) {
			accept = append(accept, c.name)
		} else {
			refuse = append(refuse, c.name)
		}
	}
	return accept, refuse
}

// Verdicts tells which programs on this machine, named as hktrust does, accept a
// server of the chain: those that trust what the system trusts but Java, and Node.js
// told of the bundle.
func Verdicts(t testing.TB, p *javatest.PKI) map[string]bool {
	t.Helper()
	out, port := map[string]bool{}, served(t, p)
	for _, c := range slices.Concat(clients, told) {
		if c.name != "java" && c.here() {
			out[c.name] = c.accepts(t, port)
		}
	}
	return out
}

func served(t testing.TB, p *javatest.PKI) (port string) {
	t.Helper()
	_, port, err := net.SplitHostPort(p.Serve(t, p.Leaf, p.Issuing))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func (c client) here() bool {
	_, err := exec.LookPath(c.program)
	return err == nil
}

// accepts reports whether the program accepts the server. Another failure than that
// it does not trust it fails the test.
func (c client) accepts(t testing.TB, port string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.program, c.args(port)...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/", "LC_ALL=C", "no_proxy=*", dialVariable + "=127.0.0.1:" + port,
		"NODE_EXTRA_CA_CERTS=" + bundle,
	}
	cmd.Stdin = strings.NewReader("")
	out, err := cmd.CombinedOutput()
	code := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	switch {
	case strings.HasPrefix(string(out), "REJECTED") && refusal(string(out)):
		return false
	case err == nil && !strings.HasPrefix(string(out), "REJECTED"), c.name == "curl" && code == emptyReply, c.name == "wget" && code == wgetNoReply:
		return true
	case code > 0 && refusal(string(out)), c.name == "wget" && code == wgetRefuses:
		return false
	}
	t.Errorf("%s: %v\n%s", c.name, err, out)
	return false
}

// bundle is the file that Debian's programs read.
const bundle = "/etc/ssl/certs/ca-certificates.crt"

// refusal reports whether a program says that it does not trust a server, and
// not something else.
func refusal(output string) bool {
	output = strings.ToLower(output)
	for _, word := range []string{"unable to get", "self-signed", "self signed", "unknown authority", "issuer is unknown", "verify failed", "certificate rejected", "certificate not trusted", "unable to find valid certification path"} {
		if strings.Contains(output, word) {
			return true
		}
	}
	return false
}

// Want wants every program on this machine to accept a server of the chain, or
// every one to refuse it.
func Want(t testing.TB, p *javatest.PKI, want bool) {
	t.Helper()
	accept, refuse := accepting(t, p)
	if wrong := map[bool][]string{true: refuse, false: accept}[want]; len(wrong) > 0 {
		t.Errorf("accepted should be %v, but is not so for %v", want, wrong)
	}
	t.Logf("accept: %v, refuse: %v", accept, refuse)
}
