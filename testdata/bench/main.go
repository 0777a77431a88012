//go:build unix

// Command bench compares whole processes, in one run and by turns, so that
// what else the machine does falls on all alike: hktrust with keytool, with
// certutil, and with the least that such a change takes (see floor). It prints
// medians and ratios; a line whose promise is not kept ends with an exclamation
// mark. Nothing is asserted.
//
//	go run ./testdata/bench [-for 20s] [-cacerts file] [java] [pkcs12] [many] [nss]
//	go run ./testdata/bench [-for 20s] system
//	go run ./testdata/bench [-for 20s] wine
//
// Each comparison takes about the time given by -for, and two rounds and
// one to warm up at least. Run by root, it works as a user that need not exist: the ledger must
// not be this machine's. The system's store takes root, and a mount namespace; the
// start on Windows takes Wine, and a quiet machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hktrust/hktrust/testdata/namespace"
)

var (
	patience = flag.Duration("for", 20*time.Second, "how long each comparison goes on")
	keytool  = flag.String("keytool", "keytool", "keytool `program`")
	cacerts  = flag.String("cacerts", "/etc/ssl/certs/java/cacerts", "JKS `file` to work on copies of")
	keep     = flag.String("in", "", "directory in which everything is built already")
)

func main() {
	flag.Parse()
	if *keep == "" {
		check(prepare())
		return
	}
	b := &bench{dir: *keep}
	sections := []struct {
		name string
		run  func(*bench)
	}{{"java", (*bench).java}, {"pkcs12", (*bench).pkcs12}, {"many", (*bench).many}, {"nss", (*bench).nss}}
	fmt.Printf("load %s; %d processors\n", load(), runtime.NumCPU())
	switch {
	case ofSystem():
		b.system()
		return
	case ofWine():
		b.wine()
		return
	}
	for _, s := range sections {
		if flag.NArg() == 0 || slices.Contains(flag.Args(), s.name) {
			fmt.Printf("\n%s (load %s)\n", s.name, load())
			s.run(b)
		}
	}
}

// ofSystem reports whether it is the system's store that is asked for.
func ofSystem() bool { return flag.Arg(0) == "system" }

// ofWine reports whether it is the start on Windows that is asked for.
func ofWine() bool { return flag.Arg(0) == "wine" }

// bench is a directory with the programs that are compared.
type bench struct{ dir string }

func (b *bench) path(name ...string) string {
	return filepath.Join(append([]string{b.dir}, name...)...)
}

// nobody is a user that need not exist.
const nobody = 65534

// prepare builds the programs as releases are made, and has the bench run as
// an ordinary user.
func prepare() error {
	dir, err := os.MkdirTemp("", "hktrust-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, program := range []string{"truststore/cmd/hktrust", "testdata/bench/floor"} {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", dir, "github.com/hktrust/hktrust/"+program)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return err
		}
	}
	if ofWine() {
		if err := buildForWine(dir); err != nil {
			return err
		}
	}
	program, err := os.ReadFile(self)
	if err := errors.Join(err, os.WriteFile(filepath.Join(dir, "bench"), program, 0o755)); err != nil {
		return err
	}
	args := append([]string{"-in", dir}, os.Args[1:]...)
	cmd := exec.Command(filepath.Join(dir, "bench"), args...)
	if ofSystem() {
		cmd = namespace.Command(context.Background(), nil, cmd.Path, args...)
	}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_STATE_HOME="+filepath.Join(dir, "state"), "LC_ALL=C.UTF-8")
	if os.Geteuid() == 0 && !ofSystem() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			return errors.Join(err, os.Lchown(path, nobody, nobody))
		})
		if err != nil {
			return err
		}
	}
	return cmd.Run()
}

func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
