//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// Who stops reading the answer, as head does, does not stop the run: it ends,
// every store is as it should be, and the exit code says that something went
// unread.
func TestReaderThatStops(t *testing.T) {
	dir := t.TempDir()
	store := filepath.Join(dir, "cacerts")
	data, err := os.ReadFile(javatest.JRE(t).Cacerts())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(store, data, 0o644); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "hktrust")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	root, _ := hkpost.BySlug("root-ca-3")
	pem := filepath.Join(dir, "root.der")
	if err := os.WriteFile(pem, root.DER(), 0o644); err != nil {
		t.Fatal(err)
	}
	hktrust := func(stdout *os.File, args ...string) truststore.Exit {
		cmd := exec.Command(program, append([]string{"--root", dir}, args...)...)
		if stdout != nil {
			cmd.Stdout = stdout
		}
		_ = cmd.Run()
		return truststore.Exit(cmd.ProcessState.ExitCode())
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	read.Close()
	args := []string{"--store", "java:/cacerts", "--cert", pem}
	if exit := hktrust(write, append([]string{"ensure"}, args...)...); exit != truststore.ExitFailed {
		t.Errorf("exit %d", exit)
	}
	if exit := hktrust(nil, append([]string{"check"}, args...)...); exit != truststore.ExitOK {
		t.Errorf("check: exit %d", exit)
	}
}
