package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/truststore"
)

func TestNamesDoNotSteerTheTerminal(t *testing.T) {
	var out bytes.Buffer
	fmt.Fprintf(plain{&out}, "香港\t%s\n", "a\x1b[2Jb\rc\u009bd\x7f\x00\u202E\u2066\u2028\u2029")
	if got, want := out.String(), "香港\ta\uFFFD[2Jb\uFFFDc\uFFFDd"+strings.Repeat("\uFFFD", 6)+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// forged is a path that looks like the end of one line and the whole of another.
const forged = "/srv/a\nok       java      /etc/ssl/certs/java/cacerts\u202E\u2028"

func TestPathsMakeNoLines(t *testing.T) {
	var out, problems bytes.Buffer
	a := &app{stdout: plain{&out}, stderr: plain{&problems}, text: english()}
	info := truststore.Info{Kind: "java", Path: forged, Label: forged}
	a.tell(truststore.Event{Store: truststore.StoreReport{
		Info: info, Status: truststore.StatusFailed,
		Err:      &truststore.StoreError{Info: info, Op: "read", Err: errors.New(forged)},
		Error:    &truststore.ErrorReport{Code: truststore.CodeFailed},
		Changes:  []truststore.Result{{Change: truststore.Change{Name: forged, Action: truststore.Add}}},
		Findings: []truststore.Finding{{Code: truststore.CodePlaceGone, Args: map[string]string{"path": forged}}},
	}})
	a.tellEntries(truststore.Event{Store: truststore.StoreReport{
		Info: info, Count: 1,
		Entries: []truststore.ListedEntry{{CommonName: forged, Entry: truststore.NewEntry([]byte{1}, truststore.AnchorTrust(forged))}},
	}})
	for _, line := range strings.Split(out.String()+problems.String(), "\n") {
		if strings.HasPrefix(line, "ok") || strings.ContainsAny(line, "\u202E\u2028") {
			t.Errorf("forged line %q", line)
		}
	}
}

// JSON has every character of a name, as an escape where it would steer.
func TestJSONKeepsNames(t *testing.T) {
	var out bytes.Buffer
	name := forged + "\u009b\x7f香港"
	(&app{stdout: plain{&out}}).document(map[string]string{"name": name})
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["name"] != name {
		t.Errorf("%q, %v", back["name"], err)
	}
	if strings.IndexFunc(out.String(), steers) >= 0 || strings.Contains(out.String(), "\uFFFD") {
		t.Errorf("%q", out.String())
	}
}

// What cannot be encoded leaves nothing on the way there.
func TestNoHalfDocument(t *testing.T) {
	var out, problems bytes.Buffer
	a := &app{stdout: plain{&out}, stderr: plain{&problems}}
	a.document(map[string]any{"a": strings.Repeat("long", 1<<16), "b": func() {}})
	if out.Len() > 0 || a.exit != truststore.ExitFailed || problems.Len() == 0 {
		t.Errorf("%d bytes, exit %d, %q", out.Len(), a.exit, problems.String())
	}
}
