package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hktrust/hktrust/testdata/namespace"
)

// hktrust becomes this user in scripts. It need not exist; its group is the one
// that root gives to a child whose user has none that is known.
const (
	nobody  = 54331
	nogroup = 65534
)

// inside marks a process that has a mount namespace of its own.
const inside = "HKTRUST_TEST_NAMESPACE"

// become changes who runs this process. Root stays root if asRoot names a
// directory, which then stands in the place of /var/lib.
func become(asRoot string) {
	switch {
	case os.Geteuid() != 0:
	case asRoot == "":
		must(syscall.Setgroups(nil))
		must(syscall.Setgid(nogroup))
		must(syscall.Setuid(nobody))
	case os.Getenv(inside) == "":
		os.Exit(inNamespace())
	default:
		os.Unsetenv(inside)
		os.Unsetenv("AS_ROOT")
		must(syscall.Mount(asRoot, "/var/lib", "", syscall.MS_BIND, ""))
	}
}

// inNamespace runs this very command again in a mount namespace of its own.
func inNamespace() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = "hktrust"
	cmd.Env = append(os.Environ(), inside+"=yes")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = namespace.Own()
	if err := cmd.Run(); cmd.ProcessState == nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	return cmd.ProcessState.ExitCode()
}

// handOver gives a tree to the user that hktrust becomes, and lets it be found.
func handOver(dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// Files of a runtime are shared with other tests by hard links.
		if info, err := os.Lstat(path); err != nil || info.Sys().(*syscall.Stat_t).Nlink > 1 && !info.IsDir() {
			return err
		}
		return os.Lchown(path, nobody, nogroup)
	})
}

func makeFIFO(ts *testscript.TestScript, path string) {
	ts.Check(syscall.Mkfifo(path, 0o600))
	ts.Check(handOver(path))
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
}
