package javatest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// PKI is a root, an issuing CA and a TLS server for localhost and 127.0.0.1,
// all made for one test.
type PKI struct {
	Root, Issuing, Leaf Certificate
}

// Certificate is a certificate with its key.
type Certificate struct {
	*x509.Certificate
	Key crypto.Signer
}

// NewPKI makes a PKI with ECDSA P-256 keys.
func NewPKI(t testing.TB) *PKI {
	t.Helper()
	return newPKI(t, func() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) })
}

// NewRSAPKI makes a PKI with RSA keys of 2048 bits, as older programs need it.
func NewRSAPKI(t testing.TB) *PKI {
	t.Helper()
	return newPKI(t, func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, 2048) })
}

func newPKI(t testing.TB, newKey func() (crypto.Signer, error)) *PKI {
	t.Helper()
	issued := func(template x509.Certificate, issuer *Certificate) Certificate {
		key, err := newKey()
		if err != nil {
			t.Fatal(err)
		}
		return issue(t, template, key, issuer)
	}
	ca := x509.Certificate{
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(10, 0, 0),
	}
	var p PKI
	ca.Subject = pkix.Name{Organization: []string{"Test"}, CommonName: "Test Root"}
	p.Root = issued(ca, nil)
	ca.Subject = pkix.Name{Organization: []string{"Test"}, CommonName: "Test Issuing CA"}
	p.Issuing = issued(ca, &p.Root)
	p.Leaf = issued(x509.Certificate{
		Subject:     pkix.Name{CommonName: "localhost"},
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(0, 6, 0),
	}, &p.Issuing)
	return &p
}

// issue signs a certificate; a nil issuer makes it self-signed.
func issue(t testing.TB, template x509.Certificate, key crypto.Signer, issuer *Certificate) Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = serial
	parent, signer := &template, key
	if issuer != nil {
		parent, signer = issuer.Certificate, issuer.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return Certificate{parsed, key}
}

// SHA256 returns the certificate's fingerprint.
func (c Certificate) SHA256() [sha256.Size]byte { return sha256.Sum256(c.Raw) }

// PEM returns the certificate in PEM.
func (c Certificate) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// File writes the certificate as DER into a temporary file and returns its path.
func (c Certificate) File(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cert.der")
	if err := os.WriteFile(path, c.Raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Config returns a server's TLS configuration that sends the leaf followed by
// the given certificates.
func (p *PKI) Config(chain ...Certificate) *tls.Config {
	cert := tls.Certificate{Certificate: [][]byte{p.Leaf.Raw}, PrivateKey: p.Leaf.Key}
	for _, c := range chain {
		cert.Certificate = append(cert.Certificate, c.Raw)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}}
}

// Serve runs a TLS server on loopback until the test ends and returns its
// address, localhost:port. It sends the leaf followed by the given
// certificates: Serve(t, p.Issuing) is a well-kept server, Serve(t) one that
// sends its leaf only.
func (p *PKI) Serve(t testing.TB, chain ...Certificate) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", p.Config(chain...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.SetDeadline(time.Now().Add(30 * time.Second))
				// A client that rejects us is the point of some tests.
				if conn.(*tls.Conn).Handshake() == nil {
					conn.Read(make([]byte, 1))
				}
			}()
		}
	}()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return net.JoinHostPort("localhost", port)
}

// Reissue returns a self-signed certificate with the issuer, serial number and
// key of another one, and different content.
func Reissue(t testing.TB, c Certificate) Certificate {
	t.Helper()
	template := *c.Certificate
	template.NotAfter = template.NotAfter.Add(-24 * time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, c.Key.Public(), c.Key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return Certificate{parsed, c.Key}
}
