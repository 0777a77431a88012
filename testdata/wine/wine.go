// Package wine runs Windows programs on Linux, in Wine prefixes of their own:
// the machine's and the user's prefixes are never touched.
//
// It is made for Wine 8.0 as Debian 12 has it, whose gaps it fills (see
// replacements and forwarderDLL). What Wine shows is not all that Windows does:
// there is no dialog, each process is elevated, files have no owners, symbolic
// links are not made though the call succeeds, and crypt32 enforces neither
// purposes nor distrust.
package wine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// programs are where Wine's own program may be. The wrapper called wine asks
// for a 32-bit Wine that is not needed.
var programs = []string{"/usr/lib/wine/wine64", "/usr/lib/x86_64-linux-gnu/wine/wine64"}

// Prefix is a Windows of Wine's: a drive C: and a registry.
type Prefix struct {
	Dir string // of the prefix on Linux
	// Env is set for programs beside what Wine needs, as "KEY=value".
	Env []string
}

// New makes a prefix for a test. What still runs in it is ended with the test.
func New(t testing.TB) *Prefix {
	t.Helper()
	oracle.NeedFile(t, "wine64", programs...)
	dir := filepath.Join(t.TempDir(), "prefix")
	p, err := Make(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// Make makes a prefix in a directory that does not exist, in about 15 s.
func Make(ctx context.Context, dir string) (*Prefix, error) {
	p := &Prefix{Dir: dir}
	if out, err := Output(p.Command(ctx, "wineboot", "--init")); err != nil {
		return nil, fmt.Errorf("wineboot: %w\n%s", err, out)
	}
	// Go's runtime takes its random numbers from a library that Wine 8 lacks.
	dll := forwarderDLL("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036")
	return p, os.WriteFile(p.Path(`C:\windows\system32\bcryptprimitives.dll`), dll, 0o644)
}

// Close ends all programs that run in the prefix, and nothing else.
func (p *Prefix) Close() error {
	for _, option := range []string{"-k", "-w"} {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		cmd := exec.CommandContext(ctx, filepath.Join(filepath.Dir(program()), "wineserver"), option)
		cmd.Env = p.environ()
		out, err := cmd.CombinedOutput()
		cancel()
		// wineserver answers 1 where nothing runs.
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			return fmt.Errorf("wineserver %s: %w\n%s", option, err, out)
		}
	}
	return nil
}

// Command is a Windows program with its arguments. The program is a path as
// Linux writes it, or the name of one that Wine has.
func (p *Prefix) Command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program(), append([]string{name}, args...)...)
	cmd.Env = p.environ()
	return cmd
}

// Output runs a command and returns what it printed. It prints to a file: Wine's
// own servers, which the first program in a prefix starts, would keep a pipe
// open after the program has ended.
func Output(cmd *exec.Cmd) (string, error) {
	f, err := os.CreateTemp("", "wine-")
	if err != nil {
		return "", err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	cmd.Stdout, cmd.Stderr = f, f
	err = cmd.Run()
	out, readErr := os.ReadFile(f.Name())
	return string(out), errors.Join(err, readErr)
}

func (p *Prefix) environ() []string {
	// Nothing of the machine's Windows-like settings, and no display, where a
	// dialog would wait for ever.
	env := []string{
		"WINEPREFIX=" + p.Dir, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml,winemenubuilder.exe=",
		"LANG=C.UTF-8", "LC_ALL=C.UTF-8", "HOME=" + os.Getenv("HOME"), "PATH=" + os.Getenv("PATH"),
	}
	return append(env, p.Env...)
}

// Path is where a path of drive C: or Z: lies on Linux.
func (p *Prefix) Path(windows string) string {
	slashed := strings.ReplaceAll(windows, `\`, "/")
	if rest, ok := strings.CutPrefix(slashed, "Z:"); ok {
		return rest
	}
	return filepath.Join(p.Dir, "drive_c", strings.TrimPrefix(slashed, "C:"))
}

// program is Wine's own program; it need not exist.
func program() string {
	for _, p := range programs {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	return programs[0]
}

// Build compiles a main package for Windows as Wine needs it.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	dir := t.TempDir()
	exe := filepath.Join(dir, filepath.Base(pkg)+".exe")
	cmd, err := GoCommand(t.Context(), dir, "build", "-o", exe, pkg)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return exe
}
