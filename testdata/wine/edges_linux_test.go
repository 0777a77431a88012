package wine

import (
	"os"
	"strings"
	"testing"
)

// What a Windows without Java and browsers shows of the command.
func TestCommandOnAnEmptyWindows(t *testing.T) {
	m := newMachine(t)

	t.Run("start", func(t *testing.T) {
		m.t = t
		if out := m.want(0, "version"); !strings.Contains(out, "windows/amd64") {
			t.Errorf("version says %q", out)
		}
		m.want(2, "ensure", "--no-such-flag")
	})

	// No tree below a directory can hold paths that begin with a drive.
	t.Run("no other root", func(t *testing.T) {
		m.t = t
		for _, args := range [][]string{{"ensure", "--root", `C:\`}, {"check", "--json", "--root", ""}} {
			if out := m.want(2, args...); !strings.Contains(out, "cannot be used on Windows") {
				t.Errorf("hktrust %q says %q", args, out)
			}
		}
		if out := m.want(2, "list", "--root", `C:\`, "--lang", "zh-HK"); !strings.Contains(out, "Windows 上不可使用 --root") {
			t.Errorf("in Chinese it says %q", out)
		}
	})

	t.Run("NUL is no file", func(t *testing.T) {
		m.t = t
		for _, args := range [][]string{
			{"check", "--cert", "NUL"}, {"ensure", "--create", "--store", "java:nul"}, {"check", "--store", `java:C:\NUL`},
			{"plan", "--store", "java", "--out", "NUL"}, {"apply", "NUL"},
		} {
			if out := m.want(1, args...); !strings.Contains(out, "not an ordinary file") && !strings.Contains(out, "not a keystore") {
				t.Errorf("hktrust %q says %q", args, out)
			}
		}
		if out := m.want(1, "check", "--java-home", "NUL", "--profile-dir", "NUL"); strings.Count(out, "not a directory") != 2 {
			t.Errorf("directories: %q", out)
		}
		if out := m.want(3, "ecert", "inspect", "NUL"); !strings.Contains(out, "a device, not a file") {
			t.Errorf("ecert says %q", out)
		}
		m.want(0, "check", "--store", "java", "--password-file", "NUL") // an empty password
		if _, err := os.Stat(m.Path(`C:\NUL`)); err == nil {
			t.Error("a file named NUL was made")
		}
	})

	t.Run("nobody reads the answer", func(t *testing.T) {
		m.t = t
		m.needRights()
		ensure := append([]string{"deaf", `Z:` + m.exe, "ensure", "--store", "system"}, m.goal()...)
		cmd := m.Command(t.Context(), m.neighbour, ensure...)
		out, _ := Output(cmd)
		if exit := cmd.ProcessState.ExitCode(); exit != 1 || !strings.Contains(out, "hktrust: write") {
			t.Errorf("exit code %d, %q", exit, out)
		}
		m.want(0, append([]string{"check", "--store", "system"}, m.goal()...)...)
		m.want(0, "undo")
	})

	// Windows would show its dialog, which Wine has not: what is shown here is
	// that the user's own roots are not touched unasked.
	t.Run("a user's own roots", func(t *testing.T) {
		m.t = t
		url := m.server()
		user := append([]string{"--scope", "user"}, m.goal()...)
		for _, step := range []struct {
			exit     int
			args     []string
			accepted bool
		}{
			{7, append([]string{"ensure"}, user...), false},
			{0, append([]string{"ensure", "--interactive"}, user...), true},
			{0, append([]string{"check"}, user...), true},
			{7, []string{"undo"}, true},
			{0, []string{"undo", "--interactive"}, false},
			{3, append([]string{"check"}, user...), false},
		} {
			m.want(step.exit, step.args...)
			if got := m.accepts(url); got != step.accepted {
				t.Errorf("after hktrust %q: trusted %v", step.args, got)
			}
		}
	})
}
