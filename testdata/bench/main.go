// Command bench compares whole processes: hktrust with keytool, on the same
// files, in one run. It prints medians and ratios; nothing is asserted.
//
//	go run ./testdata/bench [-n runs] [-keytool program] [-cacerts file]
//
// keytool is measured as people run it, and with the options that make it start
// fastest.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

func main() {
	log.SetFlags(0)
	runs := flag.Int("n", 15, "runs of each hktrust command; keytool's are a third")
	keytool := flag.String("keytool", "keytool", "keytool `program`")
	cacerts := flag.String("cacerts", "/etc/ssl/certs/java/cacerts", "JKS `file` to work on copies of")
	flag.Parse()
	dir, err := os.MkdirTemp("", "hktrust-bench-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	b := &bench{dir: dir, keytool: *keytool, runs: *runs}
	if err := errors.Join(b.build(), b.keystore(*cacerts)); err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(b.compare(), b.comparePKCS12()); err != nil {
		log.Fatal(err)
	}
}

type bench struct {
	dir, keytool string
	runs         int
	original     []byte
	certs        []string // files of the profile server
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// build makes the command as releases are made.
func (b *bench) build() error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.path("hktrust"),
		"github.com/hktrust/hktrust/truststore/cmd/hktrust")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// keystore reads the file, takes Hongkong Post's certificates out of it, and
// writes those of the profile for keytool.
func (b *bench) keystore(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	ks, err := javaks.Open(data)
	if err != nil {
		return err
	}
	members, err := hkpost.Members(hkpost.Server, time.Now())
	if err != nil {
		return err
	}
	var edit javaks.Edit
	for _, m := range members {
		edit.Remove = append(edit.Remove, javaks.Removal{SHA256: m.SHA256})
		cert := b.path(m.Slug + ".der")
		if err := os.WriteFile(cert, m.DER(), 0o644); err != nil {
			return err
		}
		b.certs = append(b.certs, cert)
	}
	if b.original, _, err = ks.Edit(edit); err != nil {
		return err
	}
	fmt.Printf("%s: %s, %d entries, %d of them Hongkong Post's and left out\n\n", file, ks.Format(), len(ks.Entries()),
		len(ks.Entries())-count(b.original))
	return nil
}

func count(data []byte) int {
	ks, err := javaks.Open(data)
	if err != nil {
		return 0
	}
	return len(ks.Entries())
}

// job is something to measure: what is done before, and the processes.
type job struct {
	prepare  func() error
	commands [][]string
}

func (b *bench) compare() error {
	store := b.path("cacerts")
	fresh := func() error {
		return errors.Join(os.RemoveAll(b.path("state")), os.RemoveAll(store+".hktrust-orig"), os.WriteFile(store, b.original, 0o644))
	}
	hktrust := func(args ...string) []string {
		return append(append([]string{b.path("hktrust")}, args...), "--store", store)
	}
	ensure, err := b.median(b.runs, job{fresh, [][]string{hktrust("ensure")}})
	if err != nil {
		return err
	}
	noop, err := b.median(b.runs, job{nil, [][]string{hktrust("ensure")}})
	if err != nil {
		return err
	}
	check, err := b.median(b.runs, job{nil, [][]string{hktrust("check")}})
	if err != nil {
		return err
	}
	version, err := b.median(b.runs, job{nil, [][]string{{b.path("hktrust"), "version"}}})
	if err != nil {
		return err
	}
	fmt.Printf("hktrust version    %8.1f ms\n", ms(version))
	fmt.Printf("hktrust ensure     %8.1f ms   three CAs go in\n", ms(ensure))
	fmt.Printf("hktrust ensure     %8.1f ms   nothing to do\n", ms(noop))
	fmt.Printf("hktrust check      %8.1f ms\n\n", ms(check))
	for _, k := range []struct {
		name    string
		options []string
	}{
		{"keytool", nil},
		{"keytool, fastest", []string{"-J-XX:+UseSerialGC", "-J-XX:TieredStopAtLevel=1", "-J-Xshare:auto"}},
	} {
		java := func(args ...string) []string {
			return slices.Concat([]string{b.keytool}, k.options, args, []string{"-keystore", store, "-storepass", "changeit"})
		}
		list, err := b.median(b.runs/3, job{nil, [][]string{java("-list")}})
		if err != nil {
			return err
		}
		var imports [][]string
		for n, cert := range b.certs {
			imports = append(imports, java("-importcert", "-noprompt", "-alias", fmt.Sprint("ca", n), "-file", cert))
		}
		imported, err := b.median(b.runs/3, job{fresh, imports})
		if err != nil {
			return err
		}
		fmt.Printf("%s:\n  -importcert ×3   %8.1f ms   %4.0f × hktrust ensure\n", k.name, ms(imported), ratio(imported, ensure))
		fmt.Printf("  -list            %8.1f ms   %4.0f × hktrust check\n", ms(list), ratio(list, check))
	}
	return nil
}

// median runs the job's processes several times, after a first time that
// warms the caches, and returns the median of how long all of them take.
func (b *bench) median(runs int, j job) (time.Duration, error) {
	var times []time.Duration
	for n := range max(runs, 3) + 1 {
		if j.prepare != nil {
			if err := j.prepare(); err != nil {
				return 0, err
			}
		}
		if err := handOver(b.dir); err != nil {
			return 0, err
		}
		start := time.Now()
		for _, args := range j.commands {
			if err := b.run(args); err != nil {
				return 0, err
			}
		}
		if n > 0 {
			times = append(times, time.Since(start))
		}
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

func (b *bench) run(args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "HOME="+b.dir, "XDG_STATE_HOME="+b.path("state"), "LC_ALL=C.UTF-8")
	isolate(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
