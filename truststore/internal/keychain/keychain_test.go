package keychain

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore/host"
)

// fakeProgram builds testdata/security once for all tests.
var fakeProgram = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "security-")
	if err != nil {
		return "", err
	}
	exe := filepath.Join(dir, "security.exe")
	out, err := exec.Command("go", "build", "-o", exe, "../../../testdata/security").CombinedOutput()
	if err != nil {
		err = errors.Join(err, errors.New(string(out)))
	}
	return exe, err
})

func TestMain(m *testing.M) {
	code := m.Run()
	if exe, err := fakeProgram(); err == nil {
		os.RemoveAll(filepath.Dir(exe))
	}
	os.Exit(code)
}

// mac is a machine whose security(1) is the fake.
type mac struct {
	*Keychain
	t    *testing.T
	dir  string
	runs []string // the subcommands that were run
}

func newMac(t *testing.T, uid int) *mac {
	t.Helper()
	exe, err := fakeProgram()
	if err != nil {
		t.Fatal(err)
	}
	m := &mac{t: t, dir: t.TempDir()}
	m.set("uid", map[bool]string{true: "0", false: "501"}[uid == 0])
	h := &host.Host{OS: "darwin", Account: &host.User{UID: uid, GID: 20, Home: "/Users/amy"}}
	real := &host.Host{}
	h.Runner = func(ctx context.Context, cmd host.Cmd) (host.Output, error) {
		if cmd.Path != program {
			t.Errorf("%s was run", cmd.Path)
		}
		m.runs = append(m.runs, cmd.Args[0])
		cmd.Path, cmd.Env = exe, append(cmd.Env, "HKTRUST_FAKE_SECURITY="+m.dir)
		return real.Run(ctx, cmd)
	}
	k, err := New(h)
	if err != nil {
		t.Fatal(err)
	}
	m.Keychain = k
	return m
}

func (m *mac) set(name, content string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(content), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// asked is how often a dialog was shown.
func (m *mac) asked() int {
	data, _ := os.ReadFile(filepath.Join(m.dir, "asked"))
	return strings.Count(string(data), "\n")
}

func (m *mac) state(der []byte) State {
	m.t.Helper()
	c, err := m.Read(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	for _, err := range c.Unread {
		m.t.Error(err)
	}
	return c.State(der, SSL, true)
}

// nothingLeft checks that a refused change is nowhere to be seen.
func (m *mac) nothingLeft(der []byte) {
	m.t.Helper()
	if s := m.state(der); s.Level != Absent {
		m.t.Errorf("left behind: %+v", s)
	}
}

// authority is a CA; one that has an issuer is not self-signed.
func authority(t *testing.T, name, issuer string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	parent := template
	if issuer != "" {
		parent = &x509.Certificate{Subject: pkix.Name{CommonName: issuer}}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func anchor(der []byte) Change {
	return Change{DER: der, Trust: true, Certificate: true, Policies: []Policy{SSL, Basic}, Ask: true}
}

func wantIs(t *testing.T, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Errorf("error %v, want one that matches %v", err, w)
		}
	}
}

func TestApplyAllowed(t *testing.T) {
	m := newMac(t, 0)
	root, issuing := authority(t, "Root", ""), authority(t, "Issuing", "Root")
	m.nothingLeft(root)
	changes := []Change{anchor(root), {DER: issuing, Certificate: true}}
	results, err := m.Apply(t.Context(), changes)
	if err != nil || !results[0].Changed || !results[1].Changed {
		t.Fatalf("%+v, %v", results, err)
	}
	if s := m.state(root); s.Level != Explicit || s.Domain != Admin || s.Keychain != SystemKeychain {
		t.Errorf("root: %+v", s)
	}
	if s := m.state(issuing); s.Level != Present {
		t.Errorf("issuing CA: %+v", s)
	}
	c, _ := m.Read(t.Context())
	if s := c.State(root, SMIME, true); s.Level != Present {
		t.Errorf("for mail: %+v", s)
	}
	// Trusted already: nobody is asked.
	asked := m.asked()
	results, err = m.Apply(t.Context(), changes)
	if err != nil || results[0].Changed || results[1].Changed || m.asked() != asked {
		t.Errorf("again: %+v, %v, asked %d times", results, err, m.asked()-asked)
	}
	for i := range changes {
		changes[i].Remove = true
	}
	if _, err := m.Apply(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	m.nothingLeft(root)
	m.nothingLeft(issuing)
	// What is gone already is no error, and asks nobody.
	asked = m.asked()
	results, err = m.Apply(t.Context(), changes)
	if err != nil || results[0].Changed || m.asked() != asked {
		t.Errorf("removed again: %+v, %v", results, err)
	}
}

// Every refusal leaves nothing behind, in any language.
func TestApplyRefused(t *testing.T) {
	for _, language := range []bool{false, true} {
		for _, auth := range []string{"denied", "cancelled", "nointeraction", "internal"} {
			m := newMac(t, 0)
			if language {
				m.set("language", "")
			}
			m.set("auth", auth)
			root := authority(t, "Root", "")
			_, err := m.Apply(t.Context(), []Change{{DER: authority(t, "Issuing", "Root"), Certificate: true}, anchor(root)})
			wantIs(t, err, ErrNeedsPerson)
			m.nothingLeft(root)
			c, err := m.Read(t.Context())
			if err != nil || len(c.Certificates) != 0 {
				t.Errorf("%s, language %v: %d certificates left, %v", auth, language, len(c.Certificates), err)
			}
		}
	}
}

// A dialog that nobody answers is closed, and its addition taken back.
func TestApplyUnanswered(t *testing.T) {
	m := newMac(t, 0)
	m.set("auth", "hang")
	m.ask = 2 * time.Second
	root := authority(t, "Root", "")
	_, err := m.Apply(t.Context(), []Change{anchor(root)})
	wantIs(t, err, ErrNeedsPerson, context.DeadlineExceeded)
	m.nothingLeft(root)
}

// What was in the keychain before a refused change stays.
func TestApplyRefusedKeepsWhatWasThere(t *testing.T) {
	m := newMac(t, 0)
	root := authority(t, "Root", "")
	if _, err := m.Apply(t.Context(), []Change{{DER: root, Certificate: true}}); err != nil {
		t.Fatal(err)
	}
	m.set("auth", "cancelled")
	_, err := m.Apply(t.Context(), []Change{anchor(root)})
	wantIs(t, err, ErrNeedsPerson)
	if s := m.state(root); s.Level != Present {
		t.Errorf("%+v", s)
	}
}

func TestNeedsIsSaidBeforeAnythingIsTried(t *testing.T) {
	root := authority(t, "Root", "")
	silent := anchor(root)
	silent.Ask = false
	user := silent
	user.User = true
	certificate := Change{DER: root, Certificate: true}
	for _, test := range []struct {
		name   string
		uid    int
		change Change
		want   []error
	}{
		{"root's anchor", 0, silent, []error{ErrNeedsPerson}},
		{"a user's anchor for all", 501, silent, []error{ErrNeedsPerson, ErrNeedsElevation}},
		{"a user's certificate for all", 501, certificate, []error{ErrNeedsElevation}},
		{"a user's own anchor", 501, user, []error{ErrNeedsPerson}},
		{"root's own domain", 0, user, []error{errors.ErrUnsupported}},
	} {
		m := newMac(t, test.uid)
		_, err := m.Apply(t.Context(), []Change{test.change})
		wantIs(t, err, test.want...)
		if len(m.runs) != 0 {
			t.Errorf("%s: %q were run", test.name, m.runs)
		}
	}
	m := newMac(t, 0)
	if err := m.Needs(certificate); err != nil {
		t.Errorf("root's certificate: %v", err)
	}
}

func TestApplyForOneUser(t *testing.T) {
	m := newMac(t, 501)
	root := authority(t, "Root", "")
	change := anchor(root)
	change.User = true
	if _, err := m.Apply(t.Context(), []Change{change}); err != nil {
		t.Fatal(err)
	}
	if s := m.state(root); s.Level != Explicit || s.Domain != User || s.Keychain != m.LoginKeychain() {
		t.Errorf("%+v", s)
	}
	c, _ := m.Read(t.Context())
	if s := c.State(root, SSL, false); s.Level != Absent {
		t.Errorf("for the machine: %+v", s)
	}
}

func TestApplyHeedsWhatOthersSet(t *testing.T) {
	root := authority(t, "Root", "")
	print := thumbprint(root)
	for name, test := range map[string]struct {
		settings string
		want     error
	}{
		"denied":            {`[{"policy": "ssl", "result": 3}]`, ErrDistrusted},
		"denied for all":    {`[{"policy": "", "result": 3}]`, ErrDistrusted},
		"trusted for mail":  {`[{"policy": "smime", "result": 0}]`, ErrConflict},
		"nothing said":      {`[{"policy": "ssl", "result": 4}]`, ErrConflict},
		"trusted for all":   {`[]`, nil},
		"trusted, both":     {`[{"policy": "ssl"}, {"policy": "basic"}]`, nil},
		"trusted, one only": {`[{"policy": "ssl"}]`, ErrConflict},
	} {
		m := newMac(t, 0)
		m.set("admin.json", `{"`+print+`": {"settings": `+test.settings+`}}`)
		before, _ := os.ReadFile(filepath.Join(m.dir, "admin.json"))
		results, err := m.Apply(t.Context(), []Change{anchor(root)})
		if test.want != nil {
			wantIs(t, err, test.want)
		} else if err != nil || results[0].Changed {
			t.Errorf("%s: %+v, %v", name, results, err)
		}
		after, _ := os.ReadFile(filepath.Join(m.dir, "admin.json"))
		if string(before) != string(after) || m.asked() != 0 {
			t.Errorf("%s: settings of others were touched", name)
		}
	}
}

// security says yes and does nothing.
func TestApplyProves(t *testing.T) {
	m := newMac(t, 0)
	m.set("lazy", "")
	root := authority(t, "Root", "")
	_, err := m.Apply(t.Context(), []Change{anchor(root)})
	wantIs(t, err, ErrNotApplied)
	m.nothingLeft(root)
}

func TestAnchorThatIsNotSelfSigned(t *testing.T) {
	m := newMac(t, 0)
	issuing := authority(t, "Issuing", "Root")
	if _, err := m.Apply(t.Context(), []Change{anchor(issuing)}); err != nil {
		t.Fatal(err)
	}
	if s := m.state(issuing); s.Level != Explicit {
		t.Errorf("%+v", s)
	}
}

func TestOtherMachines(t *testing.T) {
	for _, h := range []*host.Host{{OS: "linux"}, {OS: "darwin", Root: t.TempDir()}} {
		if _, err := New(h); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%v", err)
		}
	}
}

func TestReadTellsWhatItCouldNotRead(t *testing.T) {
	broken := errors.New("broken")
	h := &host.Host{OS: "darwin", Account: &host.User{Home: "/var/root"}}
	h.Runner = func(_ context.Context, cmd host.Cmd) (host.Output, error) {
		switch {
		case slices.Contains(cmd.Args, RootsKeychain):
			return host.Output{Stdout: []byte("-----BEGIN CERTIFICATE-----\nMII")}, nil
		case slices.Contains(cmd.Args, "-d"):
			return host.Output{}, broken
		case cmd.Args[0] == "trust-settings-export":
			return host.Output{}, os.WriteFile(cmd.Args[len(cmd.Args)-1], []byte("junk"), 0o600)
		}
		return host.Output{}, nil
	}
	k, err := New(h)
	if err != nil {
		t.Fatal(err)
	}
	c, err := k.Read(t.Context())
	if err != nil || len(c.Unread) != 4 {
		t.Fatalf("%+v, %v", c, err)
	}
	wantIs(t, errors.Join(c.Unread...), broken, ErrDamaged)
	h2 := &host.Host{OS: "darwin", Runner: func(context.Context, host.Cmd) (host.Output, error) { return host.Output{}, fs.ErrPermission }}
	k2, _ := New(h2)
	if _, err := k2.Read(t.Context()); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("nothing can be read: %v", err)
	}
}
