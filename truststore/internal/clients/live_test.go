package clients_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/browser"
	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/chain"
)

// accepted is what a live program says of a chain that it takes.
const accepted = ""

// live asks a real program, which is ready for any number of chains. Its answer
// is [accepted], or what the program says.
type live func(c chains.Chain) string

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

// tunnel is a proxy that leads every request to one port of loopback.
func tunnel(t *testing.T, port string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		request, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil || request.Method != http.MethodConnect {
			return
		}
		server, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return
		}
		defer server.Close()
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go io.Copy(server, conn)
		io.Copy(conn, server)
	}()
	_, own, _ := net.SplitHostPort(l.Addr().String())
	return own
}

// run runs a program without what the developer's environment says of trust.
func run(t *testing.T, program string, args ...string) (said string, ok bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = neutral(cmd)
	cmd.Stdin = strings.NewReader("")
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

func neutral(cmd *exec.Cmd) []string {
	return append(cmd.Environ(), "CURL_CA_BUNDLE=", "SSL_CERT_FILE=", "NODE_EXTRA_CA_CERTS=", "SSL_CERT_DIR=", "NO_PROXY=*", "LC_ALL=C.UTF-8")
}

// line is the line that a pattern matches, or else the whole.
func line(pattern *regexp.Regexp, said string) string {
	if found := pattern.FindString(said); found != "" {
		return strings.TrimSpace(found)
	}
	return said
}

func liveJava(t *testing.T, major int) live {
	for _, j := range javatest.JDKs(t) {
		if j.Major == major {
			judge := j.Judge(t)
			return func(c chains.Chain) string {
				answer, err := judge.Ask(javatest.Case{Anchors: c.Anchors, Presented: c.Presented, Time: c.Time, Host: c.Host})
				if err != nil {
					t.Fatal(err)
				}
				if answer.Yes > 0 {
					return accepted
				}
				_, said, _ := strings.Cut(answer.Words, ": ")
				return said
			}
		}
	}
	oracle.Optional(t, fmt.Sprintf("Java %d", major))
	return nil
}

// database makes an NSS database that trusts the anchors of all chains.
func database(t *testing.T, dir string, make bool) {
	t.Helper()
	ctx := t.Context()
	if make {
		if err := nss.Create(ctx, dir); err != nil {
			t.Fatal(err)
		}
	}
	db, err := nss.Open(dir, nss.Options{})
	if err != nil {
		t.Fatal(err)
	}
	trust, err := nss.ParseTrust("C,,")
	if err != nil {
		t.Fatal(err)
	}
	var changes []nss.Change
	seen := map[string]bool{}
	for _, c := range chains.Hand() {
		for i, der := range c.Anchors {
			if !seen[string(der)] {
				seen[string(der)] = true
				changes = append(changes, nss.Change{Op: nss.Add, DER: der, Nickname: fmt.Sprintf("%s %d", c.Name, i), Trust: &trust})
			}
		}
	}
	if _, err := db.Apply(ctx, changes); err != nil {
		t.Fatal(err)
	}
}

func liveFirefox(t *testing.T) live {
	profile := browser.NewProfile(t)
	database(t, profile.Dir, false)
	session := profile.Start(t)
	session.Local("www.vb.test", "other.test", "a.www.vb.test", "vb.test")
	return func(c chains.Chain) string {
		if page := session.Fetch(c.Serve(t)); page != browser.Served {
			return page.Error
		}
		return accepted
	}
}

func liveChromium(t *testing.T) live {
	home := t.TempDir()
	database(t, filepath.Join(home, ".pki", "nssdb"), true)
	session := browser.Chromium(t).Session(t, home)
	return func(c chains.Chain) string {
		if page := session.Fetch(c.Serve(t)); page != browser.Served {
			return page.Error
		}
		return accepted
	}
}

var vfychainError = regexp.MustCompile(`(?s)PROBLEM WITH THE CERT CHAIN:.*?ERROR (-\d+): ([^\n]*)`)

// liveNSS is vfychain, which checks no names of hosts.
func liveNSS(t *testing.T) live {
	program, dir := oracle.Need(t, "vfychain"), filepath.Join(t.TempDir(), "db")
	database(t, dir, true)
	return func(c chains.Chain) string {
		args := []string{"-d", "sql:" + dir, "-u", "1", "-b", c.Time.UTC().Format("0601021504Z")}
		for i, der := range c.Presented {
			args = append(args, derFile(t, fmt.Sprint(i), der))
		}
		said, ok := run(t, program, args...)
		if ok && strings.Contains(said, "Chain is good") {
			return accepted
		}
		if m := vfychainError.FindStringSubmatch(said); m != nil {
			return m[1] + " " + m[2]
		}
		return said
	}
}

var opensslError = regexp.MustCompile(`error \d+ at \d+ depth lookup: [^\n]*`)

func liveOpenSSL(t *testing.T) live {
	oracle.Need(t, "openssl")
	return func(c chains.Chain) string {
		ok, said := opensslVerify(t, t.TempDir(), c, chain.Server)
		if ok {
			return accepted
		}
		return line(opensslError, said)
	}
}

var opensslVersion = regexp.MustCompile(`OpenSSL/[0-9.]+[a-z]*`)

func liveCurl(t *testing.T) live {
	program := oracle.Need(t, "curl")
	return func(c chains.Chain) string {
		port := serve(t, c)
		said, ok := run(t, program, "-sS", "--noproxy", "*", "--cacert", anchorFile(t, c), "--connect-to", "::127.0.0.1:"+port, "https://"+c.Host+":"+port+"/")
		if ok {
			return accepted
		}
		return opensslVersion.ReplaceAllString(line(regexp.MustCompile(`curl: [^\n]*`), said), "OpenSSL")
	}
}

var gnutlsStatus = regexp.MustCompile(`(?m)^- Status: ([^\n]*)`)

func liveGnuTLS(t *testing.T) live {
	program := oracle.Need(t, "gnutls-cli")
	return func(c chains.Chain) string {
		said, ok := run(t, program, "--x509cafile", anchorFile(t, c), "--sni-hostname", c.Host, "--verify-hostname", c.Host, "-p", serve(t, c), "127.0.0.1")
		if ok {
			return accepted
		}
		if m := gnutlsStatus.FindStringSubmatch(said); m != nil {
			return strings.TrimSpace(m[1])
		}
		return said
	}
}

func liveWget(t *testing.T) live {
	program := oracle.Need(t, "wget")
	return func(c chains.Chain) string {
		// Only a proxy makes wget find names on loopback.
		said, ok := run(t, program, "-nv", "-O", "/dev/null", "--no-config", "--no-hsts", "-t", "1", "-T", "20", "--ca-certificate", anchorFile(t, c),
			"-e", "no_proxy=", "-e", "https_proxy=http://127.0.0.1:"+tunnel(t, serve(t, c)), "https://"+c.Host+"/")
		if ok {
			return accepted
		}
		return said
	}
}

// liveGo is a handshake of crypto/tls.
func liveGo(t *testing.T) live {
	return func(c chains.Chain) string {
		pool := x509.NewCertPool()
		for _, der := range c.Anchors {
			if cert, err := x509.ParseCertificate(der); err == nil {
				pool.AddCert(cert)
			}
		}
		dialer := &net.Dialer{Timeout: 20 * time.Second}
		conn, err := tls.DialWithDialer(dialer, "tcp", "127.0.0.1:"+serve(t, c), &tls.Config{
			RootCAs: pool, ServerName: c.Host, Time: func() time.Time { return c.Time },
		})
		if err != nil {
			return err.Error()
		}
		conn.Close()
		return accepted
	}
}

const pythonClient = `
import socket, ssl, sys
for line in sys.stdin:
    host, port, ca = line.rstrip("\n").split("\t")
    try:
        context = ssl.create_default_context(cafile=ca)
        with socket.create_connection(("127.0.0.1", int(port)), timeout=20) as s:
            with context.wrap_socket(s, server_hostname=host):
                print("TRUSTED", flush=True)
    except Exception as e:
        print(" ".join(str(e).split("\n")), flush=True)
`

const nodeClient = `
const tls = require("tls"), fs = require("fs"), net = require("net")
require("readline").createInterface({input: process.stdin}).on("line", line => {
  const [host, port, ca] = line.split("\t")
  const options = {host: "127.0.0.1", port, ca: fs.readFileSync(ca), checkServerIdentity: (_, cert) => tls.checkServerIdentity(host, cert)}
  if (!net.isIP(host)) options.servername = host
  const s = tls.connect(options, () => { console.log("TRUSTED"); s.destroy() })
  s.on("error", e => console.log(e.code))
})
`

// interpreter is a program that answers line by line for as long as the test
// runs.
func interpreter(t *testing.T, program string, args ...string) live {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = neutral(cmd)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	answers := bufio.NewReader(out)
	return func(c chains.Chain) string {
		fmt.Fprintf(in, "%s\t%s\t%s\n", c.Host, serve(t, c), anchorFile(t, c))
		answer, err := answers.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		if answer = strings.TrimSpace(answer); answer == "TRUSTED" {
			return accepted
		}
		return answer
	}
}

// livePython is Debian's Python, or one of another version where it is found
// (pyenv, or by its name).
func livePython(t *testing.T, version string) live {
	if path, err := exec.LookPath("/usr/bin/python" + version); err == nil {
		return interpreter(t, path, "-c", pythonClient)
	}
	home, _ := os.UserHomeDir()
	for _, pattern := range []string{filepath.Join(home, ".pyenv/versions", version+".*", "bin/python3"), "/usr/local/bin/python" + version} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return interpreter(t, found[0], "-c", pythonClient)
		}
	}
	oracle.Optional(t, "Python "+version)
	return nil
}

func liveNode(t *testing.T) live {
	program := oracle.Need(t, "node")
	if version, _ := run(t, program, "--version"); !strings.HasPrefix(version, "v20.") {
		oracle.Optional(t, "Node.js 20")
	}
	return interpreter(t, program, "-e", nodeClient)
}

func anchorFile(t *testing.T, c chains.Chain) string {
	t.Helper()
	return pemFile(t, t.TempDir(), "anchors.pem", c.Anchors)
}
