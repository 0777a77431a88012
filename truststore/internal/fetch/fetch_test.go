package fetch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/truststore/host"
)

// served is a chain, and a TLS configuration that presents it.
func served(t *testing.T, name string) (chains.Chain, *tls.Config) {
	t.Helper()
	for _, c := range chains.Hand() {
		if c.Name == name {
			return c, &tls.Config{Certificates: []tls.Certificate{{Certificate: c.Presented, PrivateKey: c.LeafKey.Signer}}}
		}
	}
	t.Fatalf("no chain %s", name)
	return chains.Chain{}, nil
}

// listen runs serve for each connection and returns the target.
func listen(t *testing.T, serve func(net.Conn)) Target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
				serve(conn)
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.Atoi(port)
	return Target{Host: "127.0.0.1", Port: n}
}

func handshakeOn(config *tls.Config) func(net.Conn) {
	return func(conn net.Conn) {
		s := tls.Server(conn, config)
		if s.Handshake() == nil {
			s.Read(make([]byte, 1))
		}
	}
}

func same(a, b [][]byte) bool {
	return bytes.Equal(bytes.Join(a, nil), bytes.Join(b, nil)) && len(a) == len(b)
}

func TestServerPresentsItsChain(t *testing.T) {
	for _, name := range []string{"plain", "swapped", "sub-omitted", "leaf-expired"} {
		c, config := served(t, name)
		got, err := (&Fetcher{}).Server(t.Context(), listen(t, handshakeOn(config)))
		if err != nil {
			t.Fatal(err)
		}
		if !same(got.Certificates, c.Presented) {
			t.Errorf("%s: not the certificates sent", name)
		}
	}
}

// A certificate that Go cannot parse does not hide the chain.
func TestServerWithCertificateThatGoCannotRead(t *testing.T) {
	c, config := served(t, "serial-negative")
	got, err := (&Fetcher{}).Server(t.Context(), listen(t, handshakeOn(config)))
	if err != nil {
		t.Fatal(err)
	}
	if !same(got.Certificates, c.Presented) {
		t.Error("not the certificates sent")
	}
}

func TestStartTLS(t *testing.T) {
	c, config := served(t, "plain")
	talk := map[string]func(*bufio.ReadWriter){
		"smtp": func(rw *bufio.ReadWriter) {
			say(rw, "220-mail.test\r\n220 ready\r\n")
			rw.ReadString('\n')
			say(rw, "250-mail.test\r\n250 STARTTLS\r\n")
			rw.ReadString('\n')
			say(rw, "220 go\r\n")
		},
		"imap": func(rw *bufio.ReadWriter) {
			say(rw, "* OK ready\r\n")
			rw.ReadString('\n')
			say(rw, "* CAPABILITY X\r\na1 OK begin\r\n")
		},
		"ldap": func(rw *bufio.ReadWriter) {
			io.ReadFull(rw, make([]byte, 31))
			say(rw, "0\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00")
		},
	}
	for protocol, dialogue := range talk {
		target := listen(t, func(conn net.Conn) {
			dialogue(bufio.NewReadWriter(bufio.NewReaderSize(conn, 16), bufio.NewWriter(conn)))
			handshakeOn(config)(conn)
		})
		target.StartTLS = protocol
		got, err := (&Fetcher{}).Server(t.Context(), target)
		if err != nil {
			t.Errorf("%s: %v", protocol, err)
		} else if !same(got.Certificates, c.Presented) {
			t.Errorf("%s: not the certificates sent", protocol)
		}
	}
}

func say(rw *bufio.ReadWriter, s string) {
	rw.WriteString(s)
	rw.Flush()
}

func TestServersThatMisbehave(t *testing.T) {
	endless := func(conn net.Conn, b []byte) {
		for {
			if _, err := conn.Write(b); err != nil {
				return
			}
		}
	}
	cases := map[string]struct {
		serve    func(net.Conn)
		startTLS string
		want     error
	}{
		"silent":   {func(c net.Conn) { c.Read(make([]byte, 1<<16)); c.Read(make([]byte, 1)) }, "", context.DeadlineExceeded},
		"slow":     {func(c net.Conn) { slowly(c) }, "", context.DeadlineExceeded},
		"no TLS":   {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, "", ErrNoTLS},
		"hangs up": {func(c net.Conn) {}, "", ErrNoCertificate},
		"talks":    {func(c net.Conn) { endless(c, bytes.Repeat([]byte("220-x\r\n"), 100)) }, "smtp", ErrTooLong},
		"one line": {func(c net.Conn) { endless(c, bytes.Repeat([]byte("x"), 1000)) }, "imap", ErrTooLong},
		"handshake without end": {func(c net.Conn) {
			endless(c, append([]byte{22, 3, 3, 0x40, 0}, bytes.Repeat([]byte{0}, 0x4000)...))
		}, "", ErrNoCertificate},
		"no STARTTLS": {func(c net.Conn) { io.WriteString(c, "554 no\r\n") }, "smtp", ErrNoTLS},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := listen(t, c.serve)
			target.StartTLS = c.startTLS
			_, err := (&Fetcher{Timeout: 300 * time.Millisecond}).Server(t.Context(), target)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func slowly(c net.Conn) {
	io.WriteString(c, "\x16\x03\x03\x40\x00")
	for {
		if _, err := c.Write([]byte{2}); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func TestThroughProxy(t *testing.T) {
	c, config := served(t, "plain")
	target := listen(t, handshakeOn(config))
	var asked string
	proxy := listen(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		asked = r.Host
		if user, password, ok := basicAuth(r); !ok || user != "u" || password != "p" {
			io.WriteString(conn, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
			return
		}
		to, err := net.Dial("tcp", target.address())
		if err != nil {
			return
		}
		defer to.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		go io.Copy(to, in)
		io.Copy(conn, to)
	})
	environment := func(userinfo string) *host.Host {
		return &host.Host{Environ: map[string]string{"https_proxy": "http://" + userinfo + proxy.address()}}
	}
	remote := Target{Host: "www.vb.test", Port: 443}
	got, err := (&Fetcher{Host: environment("u:p@")}).Server(t.Context(), remote)
	if err != nil {
		t.Fatal(err)
	}
	if !same(got.Certificates, c.Presented) || asked != "www.vb.test:443" || strings.Contains(got.Proxy, "p@") {
		t.Errorf("asked %q, proxy %q", asked, got.Proxy)
	}
	if _, err := (&Fetcher{Host: environment("")}).Server(t.Context(), remote); !errors.Is(err, ErrProxyPassword) {
		t.Errorf("without a password: %v", err)
	}
}

func basicAuth(r *http.Request) (user, password string, ok bool) {
	r.Header.Set("Authorization", r.Header.Get("Proxy-Authorization"))
	return r.BasicAuth()
}

func TestBypassed(t *testing.T) {
	for _, c := range []struct {
		list, name string
		want       bool
	}{
		{"", "www.test", false}, {"*", "www.test", true}, {"test", "www.test", true}, {".test", "www.test", true},
		{"ww.test", "www.test", false}, {"www.test:443", "www.test", true}, {"www.test:80", "www.test", false},
		{"10.0.0.0/8", "10.1.2.3", true}, {"10.0.0.0/8", "11.1.2.3", false}, {"", "localhost", true}, {"", "::1", true},
	} {
		if got := bypassed(c.list, c.name, 443); got != c.want {
			t.Errorf("%q, %q: %v", c.list, c.name, got)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for in, want := range map[string]Target{
		"www.test": {Host: "www.test", Port: 443}, "www.test:8443": {Host: "www.test", Port: 8443},
		"::1": {Host: "::1", Port: 443}, "[::1]": {Host: "::1", Port: 443}, "[::1]:25": {Host: "::1", Port: 25},
		"香港.hk": {Host: "香港.hk", Port: 443}, "https://www.test/eng/?a=b#c": {Host: "www.test", Port: 443},
		"HTTPS://www.test:8443": {Host: "www.test", Port: 8443}, "https://[::1]/": {Host: "::1", Port: 443},
	} {
		if got, err := ParseTarget(in); err != nil || got != want {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", ":443", "a b", "a:0", "a:x", "http://a/", "https://", "https://u:p@a/", "https://a:x/", strings.Repeat("a", 256), "a:b:c"} {
		if got, err := ParseTarget(in); !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %+v, %v", in, got, err)
		}
	}
}

func TestIssuersGoNowhereForbidden(t *testing.T) {
	local := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was asked", r.URL)
	}))
	defer local.Close()
	f := &Fetcher{Resolve: func(_ context.Context, name string) ([]net.IPAddr, error) {
		return []net.IPAddr{{IP: net.ParseIP("192.0.43.8")}, {IP: net.ParseIP("127.0.0.1")}}, nil
	}, Dial: func(context.Context, string, string) (net.Conn, error) {
		return net.Dial("tcp", local.Listener.Addr().String())
	}}
	for _, u := range []string{
		"http://two-addresses.test/ca.crt", "https://www.test/ca.crt", "http://www.test:8080/", "http://u:p@www.test/", "ftp://www.test/", "file:///etc/passwd", "ldap://x/",
	} {
		if got := f.Issuers(t.Context(), []string{u}, nil); !errors.Is(got[0].Err, ErrForbidden) {
			t.Errorf("%s: %v", u, got[0].Err)
		}
	}
	behind := &Fetcher{Host: &host.Host{Environ: map[string]string{"http_proxy": local.Listener.Addr().String()}}}
	if got := behind.Issuers(t.Context(), []string{"http://www.test/"}, nil); !errors.Is(got[0].Err, ErrForbidden) {
		t.Errorf("behind a proxy: %v", got[0].Err)
	}
}

func TestIssuersAreBounded(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/good", http.StatusFound)
		case "/long":
			w.Write(make([]byte, MaxIssuerBytes+1))
		default:
			io.WriteString(w, "certificate")
		}
	}))
	defer server.Close()
	f := &Fetcher{
		Resolve: func(context.Context, string) ([]net.IPAddr, error) {
			return []net.IPAddr{{IP: net.ParseIP("192.0.43.8")}}, nil
		},
		Dial: func(context.Context, string, string) (net.Conn, error) {
			return net.Dial("tcp", server.Listener.Addr().String())
		},
	}
	got := f.Issuers(t.Context(), []string{"http://a.test/redirect", "http://a.test/long", "http://a.test/good", "http://a.test/good", "http://a.test/good"}, nil)
	if len(got) != MaxIssuerFetches || asked != MaxIssuerFetches {
		t.Fatalf("%d answers, %d questions", len(got), asked)
	}
	if got[0].Err == nil || !errors.Is(got[1].Err, ErrTooLong) || got[2].Err != nil || string(got[2].Body) != "certificate" {
		t.Errorf("%+v", got)
	}
}

func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"192.0.43.8": true, "2606:2800:220:1::1": true, "127.0.0.1": false, "10.1.1.1": false, "169.254.169.254": false,
		"100.64.1.1": false, "192.168.1.1": false, "0.0.0.0": false, "::1": false, "fe80::1": false, "fc00::1": false,
		"::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "224.0.0.1": false, "255.255.255.255": false,
	} {
		if got := public(netip.MustParseAddr(text).Unmap()); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func FuzzCertificatesIn(f *testing.F) {
	f.Add([]byte{22, 3, 3, 0, 10, 11, 0, 0, 6, 0, 0, 3, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) { certificatesIn(data) })
}
