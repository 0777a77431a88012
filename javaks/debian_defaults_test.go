package javaks

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// defaultsFiles are contents of /etc/default/cacerts.
var defaultsFiles = []string{
	"", "storepass=''\n", "storepass=secret\n", "storepass='sec ret'\n", "storepass=\"sec ret\"", "storepass=a'b'\"c\"d\n",
	"# storepass=no\nstorepass=yes # a comment\n", "storepass=a#b\n", "  storepass=x  \n", "export storepass=x\n",
	"export other=1 storepass=x\n", "storepass=one\nstorepass=two\n", "storepass=one\nstorepass=\n",
	"storepass=one; storepass=two\n", "storepass=one true\n", "cacerts_updates=yes\nstorepass='it'\\''s'\n",
	"storepass=a\\ b\\\\c\n", "storepass=\"a\\\"b\\\\c\\d\\$e\\`\"\n", "storepass=long\\\nword\n", "storepass='two\nlines'\n",
	"storepass=a$ b\n", "storepass=\"50$\"\n", "storepass=p$%x\n", "storepass=\"x\"\r\n", "storepass =x\n", "mystorepass=x\n",
	"storepass=密碼\n", "storepass=a=b\n", "a=b storepass=c\n", "readonly storepass=x\n", "\tstorepass=tab\t\n", "storepass=x\\",
}

// A shell reads the same password in each file.
func TestDebianPasswordIsTheShells(t *testing.T) {
	sh := oracle.Need(t, "sh")
	for _, text := range defaultsFiles {
		file := filepath.Join(t.TempDir(), "cacerts")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(sh, "-c", `. "$1" 2>/dev/null; printf %s "$storepass"`, "sh", file)
		cmd.Env = []string{"PATH=/usr/bin:/bin"}
		want, err := cmd.Output()
		if err != nil {
			t.Fatalf("%q: sh: %v", text, err)
		}
		m := newTree(t, "linux")
		m.write(debianDefaults, text)
		if got, err := DebianPassword(m.Host); err != nil || got != string(want) {
			t.Errorf("%q: %q, %v; sh says %q", text, got, err, want)
		}
	}
}

func TestDebianPasswordThatOnlyAShellCanTell(t *testing.T) {
	for _, text := range []string{
		"storepass=$other", "storepass=\"${other}\"", "storepass=`cat /etc/secret`", "storepass=$(cat /etc/secret)", "storepass='open", "storepass=\"open",
	} {
		m := newTree(t, "linux")
		m.write(debianDefaults, text)
		if got, err := DebianPassword(m.Host); got != "" || !errors.Is(err, ErrShell) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if got, err := DebianPassword(newTree(t, "linux").Host); got != "" || err != nil {
		t.Errorf("no file: %q, %v", got, err)
	}
}

func FuzzShellVariable(f *testing.F) {
	for _, text := range defaultsFiles {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if value, err := shellVariable(text, "storepass"); len(value) > len(text) || err != nil && !errors.Is(err, ErrShell) {
			t.Errorf("%d bytes, %v", len(value), err)
		}
	})
}
