package browser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// ChromiumSession is a running Chromium that loads one thing after the other. It serves
// one goroutine.
type ChromiumSession struct {
	t       testing.TB
	process *process
	remote  *devtools
	tab     string // the session of its only tab
}

// Session starts Chromium in a home directory; it ends with the test. What
// lies in the home's trust stores is read at the start.
func (c *ChromiumBin) Session(t testing.TB, home string) *ChromiumSession {
	t.Helper()
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); out.Close() })
	s := &ChromiumSession{t: t, remote: &devtools{in: in, out: out, buffered: bufio.NewReader(out)}}
	s.process = startWith(t, []*os.File{theirIn, theirOut}, c.environment(home), c.Path,
		c.arguments(home, "--remote-debugging-pipe", "--disable-features=LocalNetworkAccessChecks", "about:blank")...)
	theirIn.Close()
	theirOut.Close()
	var target struct {
		TargetID string `json:"targetId"`
	}
	s.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		SessionID string `json:"sessionId"`
	}
	s.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	s.tab = attached.SessionID
	s.call("Network.enable", map[string]any{}, &struct{}{})
	return s
}

// Fetch loads what a page would load into another one: Chromium decides about
// the server as for a page, but shows no error, for which it would take three
// seconds.
func (s *ChromiumSession) Fetch(url string) Page {
	s.t.Helper()
	script := fmt.Sprintf(`fetch(%q, {mode: "no-cors", cache: "no-store"}).then(() => "ok", e => "failed")`, url)
	var evaluated struct {
		Result struct {
			Value string `json:"value"`
		} `json:"result"`
	}
	s.remote.failed = ""
	s.call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true}, &evaluated)
	if evaluated.Result.Value == "ok" {
		return Served
	}
	for s.remote.failed == "" { // the event may come later
		s.call("Runtime.evaluate", map[string]any{"expression": "0"}, &struct{}{})
	}
	return Page{Error: strings.TrimPrefix(s.remote.failed, "net::")}
}

func (s *ChromiumSession) call(method string, params map[string]any, into any) {
	s.t.Helper()
	if err := s.remote.call(s.tab, method, params, into); err != nil {
		s.t.Fatalf("%v\n%s", err, s.process.said())
	}
}

// devtools speaks the Chrome DevTools Protocol over a pair of pipes: JSON
// messages, each ended by a zero byte.
type devtools struct {
	in, out  *os.File
	buffered *bufio.Reader
	lastID   int
	failed   string // the error of the last request that failed
}

// call sends a command to a session, "" for the browser's own, and waits for
// its result; events are passed over.
func (d *devtools) call(session, method string, params map[string]any, into any) error {
	d.lastID++
	command := map[string]any{"id": d.lastID, "method": method, "params": params}
	if session != "" {
		command["sessionId"] = session
	}
	message, err := json.Marshal(command)
	if err != nil {
		return err
	}
	deadline := time.Now().Add(commandDeadline)
	d.in.SetDeadline(deadline)
	d.out.SetDeadline(deadline)
	if _, err := d.in.Write(append(message, 0)); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	for {
		data, err := d.buffered.ReadBytes(0)
		if err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		var answer struct {
			Method string `json:"method"`
			Params struct {
				ErrorText string `json:"errorText"`
			} `json:"params"`
			ID     int             `json:"id"`
			Result json.RawMessage `json:"result"`
			Error  *struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if err := json.Unmarshal(data[:len(data)-1], &answer); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		switch {
		case answer.Method == "Network.loadingFailed":
			d.failed = answer.Params.ErrorText
			continue
		case answer.ID != d.lastID:
			continue
		case answer.Error != nil:
			return fmt.Errorf("%s: %s", method, answer.Error.Message)
		}
		return json.Unmarshal(answer.Result, into)
	}
}

// Open loads a page and waits until it is complete.
func (s *ChromiumSession) Open(url string) {
	s.t.Helper()
	s.call("Page.navigate", map[string]any{"url": url}, &struct{}{})
	for deadline := time.Now().Add(commandDeadline); time.Now().Before(deadline); {
		var state string
		s.Evaluate(`location.href + " " + document.readyState`, &state)
		if state == url+" complete" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.t.Fatalf("Chromium does not load %s\n%s", url, s.process.said())
}

// Evaluate runs a script in the page, whatever its policy is, and awaits what it
// promises.
func (s *ChromiumSession) Evaluate(script string, into any) {
	s.t.Helper()
	var evaluated struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		ExceptionDetails json.RawMessage `json:"exceptionDetails"`
	}
	s.call("Runtime.evaluate", map[string]any{"expression": script, "awaitPromise": true, "returnByValue": true}, &evaluated)
	if evaluated.ExceptionDetails != nil {
		s.t.Fatalf("%.80s: %s", script, evaluated.ExceptionDetails)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(evaluated.Result.Value, into); err != nil {
		s.t.Fatalf("%.80s: %v", script, err)
	}
}

// Screen gives the page a width, in CSS pixels, and a colour scheme.
func (s *ChromiumSession) Screen(width int, scheme string) {
	s.t.Helper()
	s.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, &struct{}{})
	feature := map[string]any{"name": "prefers-color-scheme", "value": scheme}
	s.call("Emulation.setEmulatedMedia", map[string]any{"features": []any{feature}}, &struct{}{})
}

// Press presses a key, by its name and its number on Windows.
func (s *ChromiumSession) Press(key string, code int) {
	s.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		s.call("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code}, &struct{}{})
	}
}

// Print prints the page to PDF.
func (s *ChromiumSession) Print() []byte {
	s.t.Helper()
	var printed struct{ Data []byte }
	s.call("Page.printToPDF", map[string]any{"preferCSSPageSize": true}, &printed)
	return printed.Data
}
