package anchors_test

import (
	"bytes"
	"os/exec"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/host"
)

// TestTogether is eight runs of ours at once, and Debian's own updater among
// them, of which two at once spoil the bundle.
func TestTogether(t *testing.T) {
	debian(t, func(t *testing.T) {
		withoutJava(t)
		s := find(t, &host.Host{})
		was := bundle(t, debianBundle)
		before := listing(t, "/etc/ssl/certs", debianLocal)
		var certs []javatest.Certificate
		var running []*exec.Cmd
		var outputs []*bytes.Buffer
		start := func(cmd *exec.Cmd) {
			output := &bytes.Buffer{}
			cmd.Stdout, cmd.Stderr = output, output
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			running, outputs = append(running, cmd), append(outputs, output)
		}
		for i := range 8 {
			certs = append(certs, pki(t).Root)
			start(child(t, adds(certs[i])))
			if i%3 == 1 {
				start(exec.Command("update-ca-certificates"))
			}
		}
		for i, cmd := range running {
			// The distribution's own runs fail, or spoil the bundle, among
			// themselves: nobody keeps them apart.
			if err := cmd.Wait(); err != nil && cmd.Args[0] != "update-ca-certificates" {
				t.Errorf("%v: %v\n%s", cmd.Args, err, outputs[i])
			}
		}
		if _, err := s.Mend(t.Context()); err != nil {
			t.Error(err)
		}
		now := bundle(t, debianBundle)
		for id, n := range now {
			if n != max(1, was[id]) {
				t.Errorf("a certificate stands %d times in the bundle", n)
			}
		}
		if want := len(was) + len(certs); len(now) != want {
			t.Errorf("%d certificates, want %d", len(now), want)
		}
		c := read(t, s)
		wantInOrder(t, c)
		for _, cert := range certs {
			wantTrusted(t, c, cert, true)
			if found, known, err := s.Directory(cert.Raw); !found || !known || err != nil {
				t.Errorf("in the directory: %v, %v, %v", found, known, err)
			}
		}
		apply(t, s, removes(certs...))
		wantSame(t, before, listing(t, "/etc/ssl/certs", debianLocal))
	})
}
