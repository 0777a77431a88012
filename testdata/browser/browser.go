// Package browser drives the real Firefox and Chromium in tests: headless, with
// home directories of their own, against servers on loopback.
//
// A browser that is not installed ends the test as package oracle says. Every
// process is ended, with its children, when the test ends. No call waits
// without a deadline.
package browser

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Deadlines. They bound a test that hangs; a sound one waits a fraction.
const (
	startDeadline   = 3 * time.Minute
	commandDeadline = 3 * time.Minute
	quitDeadline    = 20 * time.Second
	killDeadline    = 5 * time.Second
)

// Page is what became of loading a page.
type Page struct {
	Title string // of a page that was loaded
	Error string // why it was not: SEC_ERROR_UNKNOWN_ISSUER (Firefox), ERR_CERT_AUTHORITY_INVALID (Chromium), ...
}

// Served is the page of [Serve], loaded.
var Served = Page{Title: "ok"}

// Serve serves [Served] by HTTPS on loopback until the test ends and returns
// its URL. No connection is kept and no session resumed, so that every loading
// asks the browser for its trust anew.
func Serve(t testing.TB, config *tls.Config) (url string) {
	t.Helper()
	return ServeAs(t, "localhost", config)
}

// ServeAs is [Serve] for a host of another name, which the browser must be
// told to find on loopback.
func ServeAs(t testing.TB, host string, config *tls.Config) (url string) {
	t.Helper()
	config = config.Clone()
	config.SessionTicketsDisabled = true
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		ErrorLog:    log.New(io.Discard, "", 0), // refused handshakes are the point
		ReadTimeout: commandDeadline,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "no-store")
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<!doctype html><title>ok</title>")
		}),
	}
	server.SetKeepAlivesEnabled(false)
	done := make(chan struct{})
	go func() { defer close(done); server.Serve(listener) }()
	t.Cleanup(func() { server.Close(); <-done })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "https://" + net.JoinHostPort(host, port) + "/"
}

// environment is what a browser gets to see: a home directory, and nothing of
// the developer's session, proxies or display.
func environment(home string, extra ...string) []string {
	return append([]string{
		"HOME=" + home,
		"PATH=" + os.Getenv("PATH"),
		"LANG=C.UTF-8",
		"DBUS_SESSION_BUS_ADDRESS=disabled:",
		"MOZ_CRASHREPORTER_DISABLE=1",
		"NO_AT_BRIDGE=1",
	}, extra...)
}

// process is a browser with its children.
type process struct {
	cmd    *exec.Cmd
	output string // file with what it said
	exited chan struct{}
	err    error // of Wait, once exited is closed
}

// start runs a browser that is ended with the test, at the latest.
func start(t testing.TB, env []string, name string, args ...string) *process {
	t.Helper()
	return startWith(t, nil, env, name, args...)
}

// startWith is start for a browser that is given further files, from number 3 on.
func startWith(t testing.TB, files []*os.File, env []string, name string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(name, args...), exited: make(chan struct{})}
	p.cmd.ExtraFiles = files
	output, err := os.CreateTemp(t.TempDir(), "browser-*.log")
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	p.output = output.Name()
	// Browsers make sockets in it, whose paths must be short.
	temp, err := os.MkdirTemp("", "browser")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(temp) })
	env = append(env, "TMPDIR="+temp)
	// A file, not a pipe: a straggling child must not keep Wait waiting.
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Env, p.cmd.Dir = output, output, env, filepath.Dir(p.output)
	ownGroup(p.cmd)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.err = p.cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() { p.kill() })
	return p
}

// wait reports whether the process ended by itself in time.
func (p *process) wait(d time.Duration) error {
	select {
	case <-p.exited:
		return p.err
	case <-time.After(d):
		return fmt.Errorf("still running after %v", d)
	}
}

// kill ends the process and its children, whether or not it has ended.
func (p *process) kill() error {
	killGroup(p.cmd)
	select {
	case <-p.exited:
		return nil
	case <-time.After(killDeadline):
		return errors.New("not ended by a kill")
	}
}

// stop asks the process to end, so that it waits for its children, and kills
// what is left.
func (p *process) stop() {
	terminate(p.cmd)
	p.wait(quitDeadline)
	p.kill()
}

// said returns the end of what the browser wrote.
func (p *process) said() string {
	data, _ := os.ReadFile(p.output)
	if i := len(data) - 4000; i > 0 {
		data = data[i:]
	}
	return string(bytes.TrimSpace(data))
}

// await waits until the browser has made a file.
func await(t testing.TB, p *process, file string) {
	t.Helper()
	for deadline := time.Now().Add(startDeadline); !exists(file); time.Sleep(20 * time.Millisecond) {
		select {
		case <-p.exited:
			t.Fatalf("the browser ended at once: %v\n%s", p.err, p.said())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %v\n%s", filepath.Base(file), startDeadline, p.said())
		}
	}
}
