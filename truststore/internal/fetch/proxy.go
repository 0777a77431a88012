package fetch

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// connect reaches the target, through the proxy that the environment names.
// proxy is that proxy's address, without any password.
func (f *Fetcher) connect(ctx context.Context, t Target) (conn net.Conn, proxy string, err error) {
	via, err := proxyFor(f.Host, "https", t.Host, t.Port)
	if err != nil {
		return nil, "", err
	}
	if via == nil {
		conn, err := f.dial(ctx, t.address())
		return conn, "", err
	}
	conn, err = f.dial(ctx, proxyAddress(via))
	if err != nil {
		return nil, via.Host, fmt.Errorf("proxy %s: %w", via.Host, err)
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := connectThrough(conn, via, t.address()); err != nil {
		conn.Close()
		return nil, via.Host, err
	}
	return conn, via.Host, nil
}

// connectThrough asks a proxy for a tunnel (RFC 9110 §9.3.6).
func connectThrough(conn net.Conn, via *url.URL, address string) error {
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if via.User != nil {
		password, _ := via.User.Password()
		basic := http.Request{Header: http.Header{}}
		basic.SetBasicAuth(via.User.Username(), password)
		request.Header.Set("Proxy-Authorization", basic.Header.Get("Authorization"))
	}
	if err := request.Write(conn); err != nil {
		return fmt.Errorf("proxy %s: %w", via.Host, err)
	}
	// The answer ends before the first octet of TLS: a server speaks second.
	limited := &limitedConn{Conn: conn, left: MaxBytes}
	response, err := http.ReadResponse(bufio.NewReaderSize(oneByOne{limited}, 16), request)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrProxy, via.Host, err)
	}
	switch {
	case response.StatusCode == http.StatusProxyAuthRequired:
		return fmt.Errorf("%w: %s", ErrProxyPassword, via.Host)
	case response.StatusCode/100 != 2:
		return fmt.Errorf("%w: %s: %s", ErrProxy, via.Host, response.Status)
	}
	return nil
}

// oneByOne keeps a buffered reader from reading what is not its own: an
// SMTP server, unlike a TLS one, speaks first.
type oneByOne struct{ io.Reader }

func (r oneByOne) Read(p []byte) (int, error) {
	if len(p) > 1 {
		p = p[:1]
	}
	return r.Reader.Read(p)
}

// proxyFor is the proxy for a target by the environment's HTTPS_PROXY,
// HTTP_PROXY and NO_PROXY, in capitals or not; nil for none. HTTP_PROXY counts
// for http alone.
func proxyFor(h *host.Host, scheme, name string, port int) (*url.URL, error) {
	if h == nil || bypassed(variable(h, "no_proxy"), name, port) {
		return nil, nil
	}
	text := variable(h, scheme+"_proxy")
	if text == "" {
		return nil, nil
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" {
		// The text is not repeated: it may hold a password.
		return nil, fmt.Errorf("%w: %s_proxy is not the address of an HTTP proxy", ErrProxy, scheme)
	}
	return u, nil
}

func variable(h *host.Host, name string) string {
	if v := h.Getenv(name); v != "" {
		return v
	}
	return h.Getenv(strings.ToUpper(name))
}

func proxyAddress(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return net.JoinHostPort(u.Hostname(), "80")
}

// bypassed reports whether a target is reached without the proxy: this very
// machine, and what NO_PROXY lists as names, domains, addresses and networks.
func bypassed(list, name string, port int) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	address, err := netip.ParseAddr(name)
	isAddress := err == nil
	if name == "localhost" || isAddress && address.Unmap().IsLoopback() {
		return true
	}
	for _, entry := range strings.Split(strings.ToLower(list), ",") {
		entry = strings.TrimSpace(entry)
		if h, p, err := net.SplitHostPort(entry); err == nil {
			if p != strconv.Itoa(port) {
				continue
			}
			entry = h
		}
		network, err := netip.ParsePrefix(entry)
		switch {
		case entry == "":
		case entry == "*", entry == name:
			return true
		case err == nil:
			if isAddress && network.Contains(address.Unmap()) {
				return true
			}
		case !isAddress && strings.HasSuffix(name, "."+strings.TrimPrefix(strings.TrimPrefix(entry, "*"), ".")):
			return true
		}
	}
	return false
}
