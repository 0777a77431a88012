//go:build unix

// Command nss compares hktrust with certutil, whole processes of both, on
// databases in a temporary directory:
//
//	go run ./testdata/bench/nss
//
// It prints medians, ratios and what hktrust promises: of the time that passes,
// and of the processor's, which other work on the machine disturbs less.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

var rounds = flag.Int("n", 11, "how often each measurement is made")

func main() {
	flag.Parse()
	work, err := os.MkdirTemp("", "hktrust-bench-")
	check(err)
	defer os.RemoveAll(work)
	b := &bench{root: work, hktrust: filepath.Join(work, "hktrust")}
	run(nil, "go", "build", "-o", b.hktrust, "github.com/hktrust/hktrust/truststore/cmd/hktrust")
	b.certs(300)
	b.addSix("")
	b.addSix("Secr3t!pw")
	b.list()
	b.profiles(100)
	b.add300()
}

// bench is a file tree in which hktrust finds its ledger and the databases.
type bench struct {
	root, hktrust string
	files         []string // a CA each
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// usage is what processes took.
type usage struct {
	time, cpu time.Duration
	memory    int64 // largest resident set, in bytes
}

func (u usage) and(v usage) usage {
	return usage{u.time + v.time, u.cpu + v.cpu, max(u.memory, v.memory)}
}

// run runs a program, which must succeed.
func run(env []string, name string, args ...string) usage {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		check(fmt.Errorf("%s %q: %w\n%s", name, args, err, out))
	}
	took := time.Since(start)
	state := cmd.ProcessState
	return usage{took, state.UserTime() + state.SystemTime(), state.SysUsage().(*syscall.Rusage).Maxrss << 10}
}

func (b *bench) trust(args ...string) usage {
	return run(nil, b.hktrust, append(args, "--root", b.root)...)
}

// certutil runs certutil on a database.
func certutil(dir string, args ...string) usage {
	return run(nil, "certutil", append(args, "-d", "sql:"+dir)...)
}

// median returns the median of each figure.
func median(took []usage) usage {
	of := func(figure func(usage) int64) int64 {
		all := make([]int64, len(took))
		for i, u := range took {
			all[i] = figure(u)
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	return usage{
		time:   time.Duration(of(func(u usage) int64 { return int64(u.time) })),
		cpu:    time.Duration(of(func(u usage) int64 { return int64(u.cpu) })),
		memory: of(func(u usage) int64 { return u.memory }),
	}
}

// tell prints one result; a promise that is not kept ends with an exclamation
// mark.
func tell(what string, ours, theirs usage, promised float64) {
	ratio := float64(theirs.time) / float64(ours.time)
	mark := ""
	if ratio < promised {
		mark = " !"
	}
	fmt.Printf("%-34s hktrust %7.1f ms  certutil %7.1f ms  %5.1fx  (processor %5.1f and %5.1f ms, %4.1fx)  promised %.0fx%s\n",
		what, milliseconds(ours.time), milliseconds(theirs.time), ratio,
		milliseconds(ours.cpu), milliseconds(theirs.cpu), float64(theirs.cpu)/float64(ours.cpu), promised, mark)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// atMost prints a result that has a bound.
func atMost(what string, got, bound float64, unit string) {
	mark := ""
	if got > bound {
		mark = " !"
	}
	fmt.Printf("%-34s %8.1f %s (promised at most %.0f)%s\n", what, got, unit, bound, mark)
}

// certs makes CAs.
func (b *bench) certs(n int) {
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
		file := filepath.Join(b.root, fmt.Sprintf("ca%d.pem", i))
		check(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
		b.files = append(b.files, file)
	}
}

// db makes a new database and returns where it is, and where hktrust sees it.
func (b *bench) db(name, password string) (dir, seen string) {
	dir = filepath.Join(b.root, name)
	check(os.RemoveAll(dir))
	check(os.MkdirAll(dir, 0o700))
	if password == "" {
		certutil(dir, "-N", "--empty-password")
	} else {
		certutil(dir, "-N", "-f", b.passwordFile(password))
	}
	return dir, "/" + name
}

func (b *bench) passwordFile(password string) string {
	file := filepath.Join(b.root, "password")
	check(os.WriteFile(file, []byte(password+"\n"), 0o600))
	return file
}

// want are the options that name the first n CAs.
func (b *bench) want(n int) (args []string) {
	for _, file := range b.files[:n] {
		args = append(args, "--cert", file)
	}
	return args
}

func (b *bench) addSix(password string) {
	var ours, theirs []usage
	var common []string
	what, promised := "add 6 CAs", 4.0
	var given []string
	if password != "" {
		what, promised = what+", primary password", 8
		common = []string{"-f", b.passwordFile(password)}
		given = []string{"--password-file", b.passwordFile(password)}
	}
	for range *rounds {
		_, seen := b.db("db", password)
		args := append([]string{"ensure", "--profile-dir", seen}, given...)
		ours = append(ours, b.trust(append(args, b.want(6)...)...))
		dir, _ := b.db("db", password)
		var sum usage
		for i, file := range b.files[:6] {
			sum = sum.and(certutil(dir, append([]string{"-A", "-n", fmt.Sprint(i), "-t", "C,,", "-i", file}, common...)...))
		}
		theirs = append(theirs, sum)
		check(os.RemoveAll(filepath.Join(b.root, "var")))
	}
	tell(what, median(ours), median(theirs), promised)
}

func (b *bench) list() {
	dir, seen := b.db("db", "")
	b.trust(append([]string{"ensure", "--profile-dir", seen}, b.want(100)...)...)
	var ours, theirs []usage
	for range *rounds {
		ours = append(ours, b.trust("list", "--all", "--profile-dir", seen))
		theirs = append(theirs, certutil(dir, "-L"))
	}
	tell("list 100 CAs", median(ours), median(theirs), 1)
	atMost("memory of that list", float64(median(ours).memory)/(1<<20), 32, "MiB")
	check(os.RemoveAll(filepath.Join(b.root, "var")))
}

// profiles checks n profiles in which nothing is to be done.
func (b *bench) profiles(n int) {
	var args []string
	for i := range n {
		_, seen := b.db(fmt.Sprintf("profile%d", i), "")
		args = append(args, "--profile-dir", seen)
	}
	args = append(args, b.want(2)...)
	b.trust(append([]string{"ensure"}, args...)...)
	var took []usage
	for range *rounds {
		took = append(took, b.trust(append([]string{"check"}, args...)...))
	}
	atMost(fmt.Sprintf("check of %d profiles, no-op", n), milliseconds(median(took).time), 600, "ms")
	took = nil
	for range *rounds {
		took = append(took, b.trust(append([]string{"ensure"}, args...)...))
	}
	atMost(fmt.Sprintf("ensure of %d profiles, no-op", n), milliseconds(median(took).time), 600, "ms")
	check(os.RemoveAll(filepath.Join(b.root, "var")))
}

func (b *bench) add300() {
	var ours, undone []usage
	for range max(3, *rounds/4) {
		_, seen := b.db("db", "")
		ours = append(ours, b.trust(append([]string{"ensure", "--profile-dir", seen}, b.want(300)...)...))
		undone = append(undone, b.trust("undo"))
	}
	fmt.Printf("%-34s %8.1f ms\n", "add 300 CAs in one transaction", milliseconds(median(ours).time))
	fmt.Printf("%-34s %8.1f ms\n", "undo that", milliseconds(median(undone).time))
}
