package main

import (
	"bytes"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

// A line of progress is gone before anything else is written.
func TestProgressMakesRoom(t *testing.T) {
	var out bytes.Buffer
	p := &progress{text: english(), out: &out, wipes: true, what: "/a"}
	p.write()
	beside{p, &out}.Write([]byte("ok\n"))
	p.write() // too late: nothing is being looked at
	if got, want := out.String(), "Looking at /a …\r\x1b[Kok\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	out.Reset()
	p = &progress{text: chinese(), out: &out, what: "/a\x1b[2J"}
	p.write()
	if got, want := out.String(), "正在檢查 /a\uFFFD[2J …\n"; got != want {
		t.Errorf("a plain terminal gets %q, want %q", got, want)
	}
}

// Who reads through a pipe gets no progress.
func TestProgressIsForTerminals(t *testing.T) {
	if p := newProgress(english(), &bytes.Buffer{}, &host.Host{}); p.out != nil {
		t.Error("progress into a buffer")
	}
}

func TestClipCountsColumns(t *testing.T) {
	for text, want := range map[string]string{"abcdef": "abcde", "香港郵政": "香港", "abc": "abc"} {
		if got := clip(text, 5); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// On a real terminal a server that does not answer is named while a person waits.
func TestProgressOnATerminal(t *testing.T) {
	script := oracle.Need(t, "script")
	home, program := t.TempDir(), t.TempDir()+"/hktrust"
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	silent := silentServer(t)
	for terminal, want := range map[string]string{"xterm": "Looking at " + silent + " …\r\x1b[K", "dumb": "Looking at " + silent + " …\r\n"} {
		cmd := exec.Command(script, "-qec", program+" verify --lang en --anchors "+certificateFile(t)+" "+silent, "/dev/null")
		cmd.Env = []string{"HOME=" + home, "TERM=" + terminal, "PATH=/usr/bin:/bin"}
		out, _ := cmd.CombinedOutput() // its exit code tells of the server
		if !strings.Contains(string(out), want) {
			t.Errorf("%s: %q", terminal, out)
		}
	}
}

// silentServer accepts connections, and ends them after a second.
func silentServer(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			time.AfterFunc(time.Second, func() { conn.Close() })
		}
	}()
	return listener.Addr().String()
}

func certificateFile(t *testing.T) string {
	t.Helper()
	root, _ := hkpost.BySlug("root-ca-3")
	file := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.DER()}), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
