//go:build unix

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"time"
)

// nss adds CAs to NSS databases, and lists them.
func (b *bench) nss() {
	certs := b.authorities(300)
	b.addSix(certs, "")
	b.addSix(certs, "Secr3t!pw")
	b.list(certs)
	b.profiles(certs, 100)
	b.add300(certs)
}

// certutil runs certutil on a database.
func certutil(dir string, args ...string) usage {
	return run("certutil", append(args, "-d", "sql:"+dir)...)
}

// authorities makes CAs.
func (b *bench) authorities(n int) (files []string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	for i := range n {
		template := x509.Certificate{
			Subject: pkix.Name{CommonName: fmt.Sprintf("Bench CA %d", i)}, SerialNumber: big.NewInt(int64(i + 1)),
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(5, 0, 0),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
		check(err)
		file := b.path(fmt.Sprintf("ca%d.pem", i))
		check(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
		files = append(files, file)
	}
	return files
}

// db makes a new database.
func (b *bench) db(name, password string) string {
	dir := b.path(name)
	check(os.RemoveAll(dir))
	check(os.MkdirAll(dir, 0o700))
	if password == "" {
		certutil(dir, "-N", "--empty-password")
	} else {
		certutil(dir, "-N", "-f", b.passwordFile(password))
	}
	return dir
}

func (b *bench) passwordFile(password string) string {
	file := b.path("password")
	check(os.WriteFile(file, []byte(password+"\n"), 0o600))
	return file
}

// want are the options that name CAs.
func want(files []string) (args []string) {
	for _, file := range files {
		args = append(args, "--cert", file)
	}
	return args
}

func (b *bench) addSix(certs []string, password string) {
	var common, given []string
	what, promised := "six CAs", 4.0
	if password != "" {
		what, promised = what+", primary password", 8
		common = []string{"-f", b.passwordFile(password)}
		given = []string{"--password-file", b.passwordFile(password)}
	}
	var dir string
	ready := func() { b.forget(); dir = b.db("db", password) }
	all := compare(
		contestant{ready: ready, run: func() usage {
			args := append([]string{"ensure", "--profile-dir", dir}, given...)
			return b.hktrust(append(args, want(certs[:6])...)...)
		}},
		contestant{ready: ready, run: func() usage {
			var sum usage
			for i, file := range certs[:6] {
				sum = sum.and(certutil(dir, append([]string{"-A", "-n", fmt.Sprint(i), "-t", "C,,", "-i", file}, common...)...))
			}
			return sum
		}},
	)
	line("hktrust ensure, "+what, all[0])
	line("certutil -A ×6", all[1])
	atLeast("certutil ÷ hktrust", all[1].over(all[0]), promised)
	fmt.Printf("  of the processor's time %.2f ×\n", all[1].cpuMS()/all[0].cpuMS())
}

func (b *bench) list(certs []string) {
	b.forget()
	dir := b.db("db", "")
	b.hktrust(append([]string{"ensure", "--profile-dir", dir}, want(certs[:100])...)...)
	all := compare(
		contestant{run: func() usage { return b.hktrust("list", "--all", "--profile-dir", dir) }},
		contestant{run: func() usage { return certutil(dir, "-L") }},
	)
	line("hktrust list, 100 CAs", all[0])
	line("certutil -L", all[1])
	atLeast("certutil ÷ hktrust", all[1].over(all[0]), 1)
	atMost("memory", all[0].mib(), 32, "MiB")
}

// profiles looks at n profiles in which nothing is to be done.
func (b *bench) profiles(certs []string, n int) {
	b.forget()
	var args []string
	for i := range n {
		args = append(args, "--profile-dir", b.db(fmt.Sprintf("profile%d", i), ""))
	}
	args = append(args, want(certs[:2])...)
	first := b.hktrust(append([]string{"ensure"}, args...)...)
	all := compare(
		contestant{run: func() usage { return b.hktrust(append([]string{"check"}, args...)...) }},
		contestant{run: func() usage { return b.hktrust(append([]string{"ensure"}, args...)...) }},
	)
	atMost(fmt.Sprintf("ensure of %d profiles, a store", n), first.ms()/float64(n), 5, "ms")
	atMost("check, a store", all[0].ms()/float64(n), 1, "ms")
	atMost("ensure, nothing to do, a store", all[1].ms()/float64(n), 1, "ms")
	atMost("undo, a store", b.hktrust("undo").ms()/float64(n), 5, "ms")
}

func (b *bench) add300(certs []string) {
	var dir string
	all := compare(
		contestant{ready: func() { b.forget(); dir = b.db("db", "") },
			run: func() usage { return b.hktrust(append([]string{"ensure", "--profile-dir", dir}, want(certs)...)...) }},
		contestant{run: func() usage { return b.hktrust("undo") }},
	)
	line("300 CAs in one transaction", all[0])
	line("undo of that", all[1])
}
