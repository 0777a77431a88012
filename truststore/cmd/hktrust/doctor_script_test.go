package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	cryptotls "crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// badEntry FILE adds to a keystore an entry that no JVM can load.
func badEntry(ts *testscript.TestScript, _ bool, args []string) {
	refused, err := os.ReadFile("../../../testdata/javacerts/refused.txt")
	ts.Check(err)
	first, _, _ := strings.Cut(string(refused), "\n")
	der, err := hex.DecodeString(strings.Fields(first)[2])
	ts.Check(err)
	ks, err := javaks.Open([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	out, _, err := ks.Edit(javaks.Edit{Add: []javaks.Addition{{Alias: "odd", DER: der, Restore: true}}})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), out, 0o644))
}

// catalogue DIR writes the certificates of the catalogue that are at hand.
func catalogue(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	for _, c := range hkpost.Certificates() {
		if c.DER() != nil {
			block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER()})
			ts.Check(os.WriteFile(filepath.Join(dir, c.Slug+".pem"), block, 0o644))
		}
	}
	ts.Check(handOver(dir))
}

// resigner NAME serves TLS with a certificate that a look-alike of a security
// product's root signed; $NAME is the address.
func resigner(ts *testscript.TestScript, _ bool, args []string) {
	day := time.Now()
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		ts.Check(err)
		return k
	}
	rootKey, leafKey := key(), key()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Kaspersky Anti-Virus Personal Root Certificate", Organization: []string{"AO Kaspersky Lab"}},
		NotBefore: day.Add(-time.Hour), NotAfter: day.Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	ts.Check(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: day.Add(-time.Hour), NotAfter: day.Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, leafKey.Public(), rootKey)
	ts.Check(err)
	listener, err := cryptotls.Listen("tcp", "127.0.0.1:0", &cryptotls.Config{Certificates: []cryptotls.Certificate{{Certificate: [][]byte{leafDER, rootDER}, PrivateKey: leafKey}}})
	ts.Check(err)
	server := &http.Server{ErrorLog: log.New(io.Discard, "", 0)}
	go server.Serve(listener)
	ts.Defer(func() { server.Close() })
	ts.Setenv(args[0], listener.Addr().String())
}

// remedies [PASSWORDFILE] carries out what the diagnosis on standard output
// says: each command as it is printed, and the settings by hand.
func remedies(ts *testscript.TestScript, _ bool, args []string) {
	var d truststore.Diagnosis
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &d))
	seen := map[string]bool{}
	var carryOut func([]truststore.Problem)
	carryOut = func(problems []truststore.Problem) {
		for _, p := range problems {
			carryOut(p.Consequences)
			if p.Remedy == nil || seen[strings.Join(p.Remedy.Command, " ")] && len(p.Remedy.Command) > 0 {
				continue
			}
			switch command := p.Remedy.Command; {
			case p.Remedy.Code == truststore.RemedyAnchor: // a person has to get the file
			case len(command) > 0 && command[0] == "unset":
				ts.Setenv(command[1], "")
			case len(command) > 0:
				seen[strings.Join(command, " ")] = true
				line := commandLine(p.Remedy)
				if strings.HasSuffix(line, "-") || strings.Contains(line, "--password-file -") {
					line += " <" + ts.MkAbs(args[0])
				}
				_ = ts.Exec("sh", "-c", line) // its exit code tells of the other stores, too
			case p.Remedy.Code == truststore.RemedySetting:
				ts.Check(os.Remove(p.Args["file"]))
			}
		}
	}
	carryOut(d.Problems)
}
