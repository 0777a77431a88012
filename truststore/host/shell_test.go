package host_test

import (
	"os/exec"
	"runtime"
	"slices"
	"testing"

	"github.com/hktrust/hktrust/truststore/host"
)

// A line means to a shell, and to us, the words that it was made of.
func TestShellLine(t *testing.T) {
	words := []string{"a", "", "b c", "it's", `\`, "'", `$x "y"`, "/etc/ssl/certs/x.pem", "*", "-n", "ő"}
	line := host.ShellLine(words...)
	if got := host.ShellWords(line); !slices.Equal(got, words) {
		t.Errorf("%s is read as %q", line, got)
	}
	if runtime.GOOS == "windows" {
		return
	}
	out, err := exec.Command("sh", "-c", `printf '[%s]' `+line).Output()
	want := ""
	for _, w := range words {
		want += "[" + w + "]"
	}
	if err != nil || string(out) != want {
		t.Errorf("a shell reads %q, %v", out, err)
	}
}
