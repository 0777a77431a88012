package truststore

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/hktrust/hktrust/truststore/internal/fetch"
)

// Codes of failures to get a server's chain.
const (
	CodeServerAddress Code = "server.address"        // no host name or address with a port
	CodeServerNoTLS   Code = "server.no-tls"         // it does not speak TLS
	CodeServerSilent  Code = "server.no-certificate" // the handshake ended before a certificate came
	CodeServerTooMuch Code = "server.too-much"       // it sends more than is read
	CodeServerTimeout Code = "server.timeout"
	CodeServerUnknown Code = "server.not-found" // no such name
	CodeServerRefused Code = "server.unreachable"
	CodeProxyPassword Code = "proxy.password"
	CodeProxyRefused  Code = "proxy.refused"
)

// ServerError is a failure to get a server's chain.
type ServerError struct {
	Target string
	Code   Code
	Err    error
}

func (e *ServerError) Error() string { return e.Target + ": " + e.Err.Error() }
func (e *ServerError) Unwrap() error { return e.Err }

func serverError(target string, err error) error {
	code := CodeServerRefused
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, fetch.ErrAddress):
		code, err = CodeServerAddress, fmt.Errorf("%w: %w", ErrOptions, err)
	case errors.Is(err, context.DeadlineExceeded): // whatever had come by then
		code = CodeServerTimeout
	case errors.Is(err, fetch.ErrNoTLS):
		code = CodeServerNoTLS
	case errors.Is(err, fetch.ErrNoCertificate):
		code = CodeServerSilent
	case errors.Is(err, fetch.ErrTooLong):
		code = CodeServerTooMuch
	case errors.Is(err, fetch.ErrProxyPassword):
		code = CodeProxyPassword
	case errors.Is(err, fetch.ErrProxy):
		code = CodeProxyRefused
	case errors.As(err, &dns) && dns.IsNotFound:
		code = CodeServerUnknown
	case errors.As(err, &timeout) && timeout.Timeout():
		code = CodeServerTimeout
	}
	return &ServerError{Target: target, Code: code, Err: err}
}

// Server is a TLS server whose chain is asked for.
type Server struct {
	// Address is HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT; the port is
	// 443 by default.
	Address string
	// StartTLS is "smtp", "imap" or "ldap" where TLS begins inside that
	// protocol.
	StartTLS string
}

// VerifyServer gets the chain that a server presents, without trusting it, and
// judges it as [Machine.Verify] does. The name to be verified is the server's,
// unless the options have one. A proxy is taken from the environment.
func (m *Machine) VerifyServer(ctx context.Context, server Server, opt VerifyOptions) (*Verification, error) {
	v, err := m.NewVerifier(ctx, opt)
	if err != nil {
		out := failedVerification(server.Address, err)
		return out, out.Err
	}
	out := v.VerifyServer(ctx, server)
	return out, out.Err
}

// VerifyServer is [Machine.VerifyServer] with stores that have been read.
func (v *Verifier) VerifyServer(ctx context.Context, server Server) *Verification {
	target, err := fetch.ParseTarget(server.Address)
	if err != nil {
		return failedVerification(server.Address, serverError(server.Address, err))
	}
	target.StartTLS, target.ServerName = server.StartTLS, v.opt.ServerName
	v.machine.working(server.Address)
	fetcher := fetch.Fetcher{Host: v.machine.host()}
	presented, err := fetcher.Server(ctx, target)
	if err != nil {
		out := failedVerification(server.Address, serverError(server.Address, err))
		if ctx.Err() != nil {
			out.Exit = ExitInterrupted
		}
		return out
	}
	name := v.opt.ServerName
	if name == "" {
		name = target.Host
	}
	return v.verify(ctx, server.Address, presented.Certificates, v.at(name))
}
