package clients_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/internal/clients"
)

// serve presents a chain on loopback and returns the port.
func serve(t *testing.T, c chains.Chain) string {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{{Certificate: c.Presented, PrivateKey: c.LeafKey.Signer}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(20 * time.Second))
				if n, _ := conn.Read(make([]byte, 4096)); n > 0 {
					fmt.Fprint(conn, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
				}
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// live is a TLS client that connects to a server.
type live struct {
	name  string
	rules *chain.Rules
	args  func(c chains.Chain, port, anchors string) []string
	// skip: chains that the client judges before, or beside, its trust.
	skip map[string]string
}

const pythonClient = `
import socket, ssl, sys
host, port, ca = sys.argv[1:]
context = ssl.create_default_context(cafile=ca)
with socket.create_connection(("127.0.0.1", int(port)), timeout=20) as s:
    with context.wrap_socket(s, server_hostname=host):
        print("TRUSTED")
`

const nodeClient = `
const [host, port, ca] = process.argv.slice(1)
const tls = require("tls"), fs = require("fs"), net = require("net")
const options = {host: "127.0.0.1", port, ca: fs.readFileSync(ca), checkServerIdentity: (_, cert) => tls.checkServerIdentity(host, cert)}
if (!net.isIP(host)) options.servername = host
const s = tls.connect(options, () => { console.log("TRUSTED"); s.destroy() })
s.on("error", e => { console.error(e.code, e.message); process.exit(1) })
`

func liveClients() []live {
	return []live{
		{"curl", clients.Curl(), func(c chains.Chain, port, anchors string) []string {
			return []string{"-sS", "--noproxy", "*", "--cacert", anchors, "--connect-to", "::127.0.0.1:" + port, "https://" + c.Host + ":" + port + "/"}
		}, nil},
		{"/usr/bin/python3", clients.Python(3, 11), func(c chains.Chain, port, anchors string) []string {
			return []string{"-c", pythonClient, c.Host, port, anchors}
		}, nil},
		{"node", clients.Node(20), func(c chains.Chain, port, anchors string) []string {
			return []string{"-e", nodeClient, c.Host, port, anchors}
		}, nil},
		{"gnutls-cli", clients.GnuTLS(), func(c chains.Chain, port, anchors string) []string {
			return []string{"--x509cafile", anchors, "--sni-hostname", c.Host, "--verify-hostname", c.Host, "-p", port, "127.0.0.1"}
		}, nil},
	}
}

// Each client's column of the table equals what the client does.
func TestClientsOnServers(t *testing.T) {
	for _, program := range liveClients() {
		t.Run(program.rules.Name, func(t *testing.T) {
			path := oracle.Need(t, program.name)
			list := chains.Hand()
			var mu sync.Mutex
			wrong := 0
			dir := t.TempDir()
			for i, c := range list {
				anchors := pemFile(t, dir, fmt.Sprintf("%d.pem", i), c.Anchors)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				cmd := exec.CommandContext(ctx, path, program.args(c, serve(t, c), anchors)...)
				cmd.Env = append(cmd.Environ(), "CURL_CA_BUNDLE=", "SSL_CERT_FILE=", "NODE_EXTRA_CA_CERTS=", "SSL_CERT_DIR=")
				cmd.Stdin = strings.NewReader("")
				said, err := cmd.CombinedOutput()
				cancel()
				ours := judge(program.rules, c)
				if ours.Code.Known() && ours.OK() != (err == nil) {
					mu.Lock()
					wrong++
					mu.Unlock()
					t.Errorf("%s: ours %s (%s), %s %v: %.600s", c.Name, ours.Code, ours.Words, program.name, err, said)
				}
			}
			t.Logf("%s: %d chains, %d disagreements", program.rules.Name, len(list), wrong)
		})
	}
}
