package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// Presented is what a server presented.
type Presented struct {
	Certificates [][]byte // DER, as sent, the server's own first
	Version      uint16   // of TLS
	// Proxy is the proxy that the connection went through; "" if none.
	Proxy string
}

// errEnough ends a handshake whose certificates are known.
var errEnough = errors.New("enough")

// Server gets the certificates that a server presents, without judging them
// and without sending it anything after its certificates. A chain with a
// certificate that Go cannot read is taken from a second handshake, of TLS 1.2,
// where certificates travel in the clear; a server that speaks TLS 1.3 alone
// then gives ErrNoCertificate.
func (f *Fetcher) Server(ctx context.Context, t Target) (*Presented, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout())
	defer cancel()
	got, err := f.once(ctx, t, tls.VersionTLS13)
	if err == nil || !errors.Is(err, ErrNoCertificate) || ctx.Err() != nil {
		return got, err
	}
	if again, err := f.once(ctx, t, tls.VersionTLS12); err == nil {
		return again, nil
	}
	return nil, err
}

func (f *Fetcher) once(ctx context.Context, t Target, maximum uint16) (*Presented, error) {
	conn, proxy, err := f.connect(ctx, t)
	if err != nil {
		return nil, explained(ctx, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	limited := &limitedConn{Conn: conn, left: MaxBytes}
	if err := startTLS(limited, t); err != nil {
		return nil, explained(ctx, err)
	}
	got := &Presented{Proxy: proxy}
	record := &recorder{Conn: limited}
	err = handshake(ctx, record, t, maximum, got)
	if err != nil && maximum < tls.VersionTLS13 {
		if got.Certificates = certificatesIn(record.seen.Bytes()); len(got.Certificates) > 0 {
			return got, nil
		}
	}
	if err != nil {
		return nil, explained(ctx, err)
	}
	return got, nil
}

// handshake runs TLS until the certificates have come.
func handshake(ctx context.Context, conn net.Conn, t Target, maximum uint16, got *Presented) error {
	name := t.ServerName
	if name == "" {
		name = t.Host
	}
	client := tls.Client(conn, &tls.Config{
		ServerName:         strings.TrimSuffix(name, "."),
		InsecureSkipVerify: true, // the caller judges
		MinVersion:         tls.VersionTLS10,
		MaxVersion:         maximum,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			got.Certificates = raw
			return errEnough
		},
	})
	err := client.HandshakeContext(ctx)
	got.Version = client.ConnectionState().Version
	var notTLS tls.RecordHeaderError
	switch {
	case len(got.Certificates) > MaxCertificates:
		return fmt.Errorf("%w: %d certificates", ErrTooLong, len(got.Certificates))
	case len(got.Certificates) > 0:
		return nil
	case err == nil:
		return ErrNoCertificate
	case errors.As(err, &notTLS):
		return fmt.Errorf("%w: %w", ErrNoTLS, err)
	}
	return fmt.Errorf("%w: %w", ErrNoCertificate, err)
}

// explained puts the end of the time before what it caused.
func explained(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	return err
}

// limitedConn reads no more than it may.
type limitedConn struct {
	net.Conn
	left int
}

func (c *limitedConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, fmt.Errorf("%w: more than %d octets", ErrTooLong, MaxBytes)
	}
	if len(p) > c.left {
		p = p[:c.left]
	}
	n, err := c.Conn.Read(p)
	c.left -= n
	return n, err
}
