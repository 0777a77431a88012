//go:build unix

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"time"
)

// Where Debian keeps what an administrator adds, and its list of certificates.
const (
	localFile = "/usr/local/share/ca-certificates/bench.crt"
	conf      = "/etc/ca-certificates.conf"
)

// system compares with Debian's own updater, in a mount namespace: with a run
// that adds a certificate, and with one that takes it away in the way that
// leaves nothing behind, by a list that deselects it.
func (b *bench) system() {
	cert, deselecting := b.path("root.pem"), b.path("conf")
	check(os.WriteFile(cert, root(), 0o644))
	list, err := os.ReadFile(conf)
	check(err)
	check(os.WriteFile(deselecting, append(list, "\n!local/bench.crt\n"...), 0o644))
	run("update-ca-certificates")

	all := compare(
		contestant{run: func() usage { return b.hktrust("version") }},
		contestant{run: func() usage { return b.hktrust("ensure", "--store", "system") }},
	)
	line("start", all[0])
	line("ensure, nothing to do", all[1])
	atMost("beyond the start", all[1].without(all[0]).ms(), 5, "ms")

	all = compare(
		contestant{ready: func() { check(os.WriteFile(localFile, root(), 0o644)) }, run: func() usage { return run("update-ca-certificates") }},
		contestant{ready: func() { check(os.Remove(localFile)) }, run: func() usage { return run("update-ca-certificates", "--certsconf", deselecting) }},
		contestant{run: func() usage { return b.hktrust("ensure", "--store", "system", "--cert", cert) }},
		contestant{run: func() usage { return b.hktrust("undo") }},
	)
	line("update-ca-certificates, one more", all[0])
	line("update-ca-certificates, one less", all[1])
	line("ensure --cert", all[2])
	line("undo", all[3])
	atMost("ensure ÷ updater", all[2].over(all[0]), 1.2, "×")
	atMost("undo ÷ updater", all[3].over(all[1]), 1.2, "×")
}

// root makes a CA certificate.
func root() []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "Bench Root"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
