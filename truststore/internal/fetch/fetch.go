// Package fetch gets certificates over the network without trusting anybody:
// the chain that a TLS server presents ([Server]), and issuing certificates
// that a certificate points to ([Issuers]).
//
// Everything is bounded: time, octets, certificates, addresses. Nothing that
// is received is believed, run or stored; a server that lies can at worst make
// the caller judge certificates that are not the server's.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// Limits of a fetch. A server that is slower or talks more is an error, not a
// longer wait.
const (
	// DefaultTimeout is for everything from the first connection to the last
	// certificate.
	DefaultTimeout = 10 * time.Second
	// MaxBytes is how much of a handshake is read, in octets. Go's TLS takes
	// messages of 64 KiB (certificates among them), so that more is never
	// needed.
	MaxBytes = 256 << 10
	// MaxCertificates is how many certificates of a server are kept.
	MaxCertificates = 100
	// maxLine bounds a line of the protocols before TLS.
	maxLine = 2048
	// maxLines bounds how many of them a server may send.
	maxLines = 100
)

// Errors of this package, wrapped.
var (
	// ErrAddress means that a target is no host name or address with a port.
	ErrAddress = errors.New("not a server's address")
	// ErrTooLong means that a server sent more than the limits allow.
	ErrTooLong = errors.New("the server sends too much")
	// ErrNoTLS means that the server does not speak TLS there.
	ErrNoTLS = errors.New("the server does not speak TLS")
	// ErrNoCertificate means that the handshake ended before a certificate came.
	ErrNoCertificate = errors.New("the server presented no certificate")
	// ErrProxyPassword means that the proxy wants a user name and a password.
	ErrProxyPassword = errors.New("the proxy wants a password")
	// ErrProxy means that the proxy refuses or does not work.
	ErrProxy = errors.New("the proxy refuses")
)

// Target is a TLS server.
type Target struct {
	Host string // a name or an address, without brackets
	Port int
	// StartTLS is "smtp", "imap" or "ldap" where TLS begins inside that
	// protocol, "" where it begins at once.
	StartTLS string
	// ServerName is the name sent (SNI) if it is not Host.
	ServerName string
}

// ParseTarget reads HOST, HOST:PORT, [ADDRESS], [ADDRESS]:PORT or an https URL; an address
// of IPv6 may also stand without brackets and port. The port is 443 by default.
func ParseTarget(s string) (Target, error) {
	if page, err := url.Parse(s); err == nil && strings.EqualFold(page.Scheme, "https") && page.User == nil {
		s = page.Host // as pasted from a browser
	}
	t := Target{Host: s, Port: 443}
	if ip := net.ParseIP(s); ip == nil {
		if h, p, err := net.SplitHostPort(s); err == nil {
			port, err := strconv.Atoi(p)
			if err != nil || port < 1 || port > 65535 {
				return Target{}, fmt.Errorf("%w: port %q", ErrAddress, p)
			}
			t.Host, t.Port = h, port
		} else {
			inner, opened := strings.CutPrefix(s, "[")
			inner, closed := strings.CutSuffix(inner, "]")
			if opened != closed {
				return Target{}, fmt.Errorf("%w: %q", ErrAddress, s)
			}
			t.Host = inner
		}
	}
	if t.Host == "" || len(t.Host) > 255 || strings.ContainsAny(t.Host, " \t\r\n/@?#\x00") ||
		strings.Contains(t.Host, ":") && net.ParseIP(t.Host) == nil {
		return Target{}, fmt.Errorf("%w: %q", ErrAddress, s)
	}
	return t, nil
}

// address is the target as dialers take it.
func (t Target) address() string { return net.JoinHostPort(t.Host, strconv.Itoa(t.Port)) }

// Fetcher fetches. The zero value dials for itself and knows no proxy.
type Fetcher struct {
	// Host is the machine whose environment names the HTTP proxy; nil: none.
	Host *host.Host
	// Timeout is for a whole fetch; 0 is DefaultTimeout.
	Timeout time.Duration
	// Dial connects; nil is net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Resolve looks up a host's addresses for Issuers; nil is net.DefaultResolver.
	Resolve func(ctx context.Context, host string) ([]net.IPAddr, error)
}

func (f *Fetcher) timeout() time.Duration {
	if f.Timeout > 0 {
		return f.Timeout
	}
	return DefaultTimeout
}

func (f *Fetcher) dial(ctx context.Context, address string) (net.Conn, error) {
	if f.Dial != nil {
		return f.Dial(ctx, "tcp", address)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", address)
}
