package keychain

import (
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// These tests use Apple's own security(1). The first two write to files alone;
// the last changes the System keychain of a machine made for tests.

// export has Apple's tool write the settings that an option would make.
func export(t *testing.T, der []byte, options ...string) Settings {
	t.Helper()
	dir := t.TempDir()
	certificate, out := filepath.Join(dir, "certificate.pem"), filepath.Join(dir, "settings.plist")
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(certificate, data, 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(append([]string{"add-trusted-cert"}, options...), "-o", out, certificate)
	if message, err := exec.Command(program, args...).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: security %q: %v\n%s", options, err, message)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := parseSettings(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	return settings
}

func TestLiveSettingsOfApplesTool(t *testing.T) {
	root := authority(t, "Root of an hktrust test", "")
	for name, test := range map[string]struct {
		options []string
		policy  Policy
		want    TrustResult
	}{
		"for TLS":          {[]string{"-r", "trustRoot", "-p", "ssl"}, SSL, TrustRoot},
		"for TLS, mail":    {[]string{"-r", "trustRoot", "-p", "ssl"}, SMIME, Unspecified},
		"for everything":   {[]string{"-r", "trustRoot"}, CodeSigning, TrustRoot},
		"denied":           {[]string{"-r", "deny", "-p", "ssl"}, SSL, Deny},
		"nothing decided":  {[]string{"-r", "unspecified", "-p", "ssl"}, SSL, Unspecified},
		"for TLS and more": {[]string{"-r", "trustRoot", "-p", "ssl", "-p", "basic"}, Basic, TrustRoot},
	} {
		t.Run(name, func(t *testing.T) {
			if said, _ := export(t, root, test.options...).say(root, test.policy); said != test.want {
				t.Errorf("says %d, want %d", said, test.want)
			}
		})
	}
}

func TestLiveRead(t *testing.T) {
	k, err := New(&host.Host{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range c.Unread {
		t.Error(err)
	}
	vendor := 0
	for _, found := range c.Certificates {
		if c.State(found.DER, SSL, true).Level == Vendor {
			vendor++
		}
	}
	if vendor < 50 {
		t.Errorf("%d roots of Apple's", vendor)
	}
}

// A certificate needs root and no person. Trust needs a person: on a machine
// where nobody sits it is refused, and leaves nothing behind.
func TestLiveSystemKeychain(t *testing.T) {
	if os.Getenv("HKTRUST_TEST_SYSTEM_STORE") == "" || os.Geteuid() != 0 {
		t.Skip("NOT TESTED: not root, or HKTRUST_TEST_SYSTEM_STORE is not set")
	}
	k, err := New(&host.Host{})
	if err != nil {
		t.Fatal(err)
	}
	k.ask = 20 * time.Second
	level := func(der []byte) Level {
		t.Helper()
		c, err := k.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return c.State(der, SSL, false).Level
	}
	issuing := Change{DER: authority(t, "Issuing CA of an hktrust test", "Root"), Certificate: true}
	defer func() {
		issuing.Remove = true
		if _, err := k.Apply(t.Context(), []Change{issuing}); err != nil {
			t.Error(err)
		}
		if got := level(issuing.DER); got != Absent {
			t.Errorf("after the removal: level %d", got)
		}
	}()
	if _, err := k.Apply(t.Context(), []Change{issuing}); err != nil {
		t.Fatal(err)
	}
	if got := level(issuing.DER); got != Present {
		t.Errorf("level %d", got)
	}
	root := anchor(authority(t, "Root of an hktrust test", ""))
	_, err = k.Apply(t.Context(), []Change{root})
	want := Explicit
	if err != nil {
		if want = Absent; !errors.Is(err, ErrNeedsPerson) {
			t.Errorf("error %v, want one that matches %v", err, ErrNeedsPerson)
		}
	}
	if got := level(root.DER); got != want {
		t.Errorf("after %v: level %d", err, got)
	}
	if err == nil {
		root.Remove = true
		if _, err := k.Apply(t.Context(), []Change{root}); err != nil {
			t.Error(err)
		}
	}
}
