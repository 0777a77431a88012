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
	name string
	args func(port string) []string
}

var clients = []client{
	{"curl", func(port string) []string {
		return []string{"-sS", "-o", "/dev/null", "-m", "20", "https://localhost:" + port}
	}},
	{"openssl", func(port string) []string {
		return []string{"s_client", "-connect", "127.0.0.1:" + port, "-verify_return_error", "-verify_hostname", "localhost"}
	}},
	{"gnutls-cli", func(port string) []string { return []string{"--port", port, "localhost"} }},
	{"/usr/bin/python3", func(port string) []string { return []string{"-c", pythonDial, port} }},
	{"/proc/self/exe", func(port string) []string { return nil }},
	{"java", func(port string) []string {
		return []string{"-XX:TieredStopAtLevel=1", "-cp", os.Getenv(ClassesVariable), "TlsProbe", "localhost:" + port}
	}},
}

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

// accepting lists the programs on this machine that accept a server, and those
// that do not.
func accepting(t testing.TB, p *javatest.PKI) (accept, refuse []string) {
	t.Helper()
	_, port, err := net.SplitHostPort(p.Serve(t, p.Leaf, p.Issuing))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		if _, err := exec.LookPath(c.name); err != nil || c.name == "java" && !hasJava(t) {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		cmd := exec.CommandContext(ctx, c.name, c.args(port)...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/", "LC_ALL=C", "no_proxy=*", dialVariable + "=127.0.0.1:" + port}
		cmd.Stdin = strings.NewReader("")
		out, err := cmd.CombinedOutput()
		cancel()
		var exit *exec.ExitError
		switch {
		case strings.HasPrefix(string(out), "REJECTED") && refusal(string(out)):
			refuse = append(refuse, c.name)
		case err == nil && !strings.HasPrefix(string(out), "REJECTED"), c.name == "curl" && errors.As(err, &exit) && exit.ExitCode() == emptyReply:
			accept = append(accept, c.name)
		case errors.As(err, &exit) && refusal(string(out)):
			refuse = append(refuse, c.name)
		default:
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
	}
	return accept, refuse
}

// refusal reports whether a program says that it does not trust a server, and
// not something else.
func refusal(output string) bool {
	output = strings.ToLower(output)
	for _, word := range []string{"unable to get", "self-signed", "self signed", "unknown authority", "issuer is unknown", "verify failed", "unable to find valid certification path"} {
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
