package truststore_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// mac is an ordinary user's Mac whose security(1) is the one of testdata: no
// Mac is at hand.
type mac struct {
	t    *testing.T
	dir  string // what the fake keeps
	host *host.Host
}

func newMac(t *testing.T) *mac {
	t.Helper()
	m := &mac{t: t, dir: t.TempDir()}
	program := filepath.Join(t.TempDir(), "security.exe")
	if out, err := exec.Command("go", "build", "-o", program, "../testdata/security").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m.set("uid", "501")
	amy := host.User{Name: "amy", UID: 501, GID: 20, Home: t.TempDir()}
	real := &host.Host{}
	m.host = &host.Host{
		OS: "darwin", Account: &amy, Accounts: []host.User{amy}, Environ: map[string]string{"HOME": amy.Home},
		Runner: func(ctx context.Context, cmd host.Cmd) (host.Output, error) {
			cmd.Path, cmd.Env = program, append(cmd.Env, "HKTRUST_FAKE_SECURITY="+m.dir)
			return real.Run(ctx, cmd)
		},
	}
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

func (m *mac) machine(interactive bool) *truststore.Machine {
	return &truststore.Machine{
		Host: m.host, Owner: "test", Scope: truststore.ScopeUser, Interactive: interactive,
		Select: []truststore.Selector{{Kind: truststore.KindSystem}},
	}
}

// macOS asks a person before it changes trust: that is said before anything is
// tried, and tried where somebody is there to answer.
func TestMacNeedsAPerson(t *testing.T) {
	m := newMac(t)
	goal := derGoal([][]byte{javatest.NewPKI(t).Root.Raw})
	check := func(want truststore.Exit) {
		t.Helper()
		r, _ := m.machine(false).Check(t.Context(), goal)
		wantExit(t, r, want)
	}
	r, _ := m.machine(false).Ensure(t.Context(), goal)
	wantExit(t, r, truststore.ExitPerson)
	if len(r.Stores) != 1 || r.Stores[0].Changes[0].Blocked != truststore.CodeNeedsPerson || m.asked() != 0 {
		t.Errorf("%+v; asked %d times", r.Stores, m.asked())
	}
	for _, refusal := range []string{"denied", "cancelled", "nointeraction", "internal"} {
		m.set("auth", refusal)
		r, _ := m.machine(true).Ensure(t.Context(), goal)
		if wantExit(t, r, truststore.ExitPerson); r.Changed {
			t.Errorf("%s: changed", refusal)
		}
		check(truststore.ExitWrong)
	}
	m.set("auth", "allow")
	before := m.asked()
	r, _ = m.machine(true).Ensure(t.Context(), goal)
	if wantExit(t, r, truststore.ExitOK); !r.Changed || m.asked() == before {
		t.Errorf("changed %v, asked %d times", r.Changed, m.asked()-before)
	}
	check(truststore.ExitOK)
	// What is as wanted needs nobody, nor does looking at it.
	before = m.asked()
	r, _ = m.machine(false).Ensure(t.Context(), goal)
	if wantExit(t, r, truststore.ExitOK); r.Changed || m.asked() != before {
		t.Errorf("changed %v, asked %d times", r.Changed, m.asked()-before)
	}
	r, _ = m.machine(false).Undo(t.Context(), truststore.UndoOptions{})
	wantExit(t, r, truststore.ExitPerson)
	check(truststore.ExitOK)
	r, _ = m.machine(true).Undo(t.Context(), truststore.UndoOptions{})
	wantExit(t, r, truststore.ExitOK)
	check(truststore.ExitWrong)
}

// The keychain is a store that can be named.
func TestMacKeychainByPath(t *testing.T) {
	m := newMac(t)
	login := m.host.Join(m.host.Account.Home, "Library", "Keychains", "login.keychain-db")
	machine := m.machine(true)
	machine.Select = []truststore.Selector{{Path: login}}
	r, _ := machine.Ensure(t.Context(), derGoal([][]byte{javatest.NewPKI(t).Root.Raw}))
	wantExit(t, r, truststore.ExitOK)
	if len(r.Stores) != 1 || r.Stores[0].Info.Kind != truststore.KindSystem {
		t.Errorf("%+v", r.Stores)
	}
}
