package main

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

// acme is a machine of a test's own with Acme's bundle on it.
type acme struct {
	t      *testing.T
	host   *host.Host
	bundle string
	before string
}

// newAcme makes a bundle with comments, Windows line ends and no last line end.
func newAcme(t *testing.T) *acme {
	t.Helper()
	dir := t.TempDir()
	a := &acme{t: t, bundle: filepath.Join(dir, "acme", "trusted.pem")}
	a.host = &host.Host{
		Account: &host.User{Name: "tester", UID: 54321, GID: 54321, Home: dir},
		Environ: map[string]string{"HOME": dir, "XDG_STATE_HOME": filepath.Join(dir, "state")},
	}
	first, second := textOf(t, "globalsign-root-r3"), textOf(t, "root-ca-2")
	a.before = "# Acme's own\r\n" + strings.ReplaceAll(first, "\n", "\r\n") + "\n# another\n" + strings.TrimSuffix(second, "\n")
	if err := os.Mkdir(filepath.Dir(a.bundle), 0o755); err != nil {
		t.Fatal(err)
	}
	a.write(a.before)
	return a
}

func certificate(t *testing.T, slug string) hkpost.Certificate {
	t.Helper()
	c, ok := hkpost.BySlug(slug)
	if !ok {
		t.Fatalf("no certificate %s", slug)
	}
	return c
}

func textOf(t *testing.T, slug string) string {
	t.Helper()
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate(t, slug).DER()}))
}

func (a *acme) write(content string) {
	a.t.Helper()
	if err := os.WriteFile(a.bundle, []byte(content), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *acme) want(content string) {
	a.t.Helper()
	got, err := os.ReadFile(a.bundle)
	if err != nil {
		a.t.Fatal(err)
	}
	if string(got) != content {
		a.t.Errorf("the bundle is\n%q\nwant\n%q", got, content)
	}
}

// wantHolds wants the bundle to hold a certificate n times.
func (a *acme) wantHolds(slug string, n int) {
	a.t.Helper()
	snap, err := (&Bundle{a.bundle}).Read(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	id, found := certificate(a.t, slug).SHA256, 0
	for _, e := range snap.Entries {
		if e.SHA256 == id {
			found++
		}
	}
	if found != n {
		a.t.Errorf("%s is there %d times, want %d", slug, found, n)
	}
}

func (a *acme) machine(owner string) *truststore.Machine {
	return machine(a.host, owner, &Bundle{a.bundle})
}

func goal(t *testing.T, slugs ...string) truststore.Goal {
	t.Helper()
	g := truststore.Goal{Name: "test", AnyPurpose: true, Accept: truststore.Acceptance{Weak: true}}
	for _, slug := range slugs {
		cert, err := certificate(t, slug).X509()
		if err != nil {
			t.Fatal(err)
		}
		g.Want = append(g.Want, truststore.Want{Certificate: cert})
	}
	return g
}

func want(t *testing.T, exit truststore.Exit, changed bool) func(*truststore.Report, error) *truststore.Report {
	t.Helper()
	return func(r *truststore.Report, err error) *truststore.Report {
		t.Helper()
		if r.Exit != exit || r.Changed != changed || (err == nil) != (exit == truststore.ExitOK) {
			t.Fatalf("exit %d, changed=%v, want %d, %v: %v", r.Exit, r.Changed, exit, changed, err)
		}
		return r
	}
}

func TestProgram(t *testing.T) {
	a := newAcme(t)
	program := func(exit truststore.Exit, args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if got := run(t.Context(), a.host, args, &out, &out); got != int(exit) {
			t.Fatalf("%v: exit %d, want %d\n%s", args, got, exit, &out)
		}
		return out.String()
	}
	program(truststore.ExitUsage, "ensure")
	program(truststore.ExitUsage, "mend", a.bundle)
	program(truststore.ExitFailed, "ensure", a.bundle+".none")
	program(truststore.ExitWrong, "check", a.bundle)
	if out := program(truststore.ExitOK, "ensure", a.bundle); strings.Count(out, "  + ") != 3 {
		t.Errorf("%s", out)
	}
	program(truststore.ExitOK, "check", a.bundle)
	if out := program(truststore.ExitOK, "ensure", a.bundle); strings.Contains(out, "  + ") {
		t.Errorf("%s", out)
	}
	program(truststore.ExitOK, "undo", a.bundle)
	a.want(a.before)
}

// What was removed comes back where it was, byte for byte.
func TestRemoveAndUndo(t *testing.T) {
	for name, slugs := range map[string][]string{
		"first": {"globalsign-root-r3"}, "last": {"root-ca-2"}, "all": {"globalsign-root-r3", "root-ca-2"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAcme(t)
			a.write(a.before + "\n" + textOf(t, "root-ca-2") + "the end")
			twice, err := os.ReadFile(a.bundle)
			if err != nil {
				t.Fatal(err)
			}
			var refs []truststore.CertRef
			for _, slug := range slugs {
				refs = append(refs, truststore.RefOfDER(certificate(t, slug).DER()))
			}
			want(t, truststore.ExitOK, true)(a.machine("one").Remove(t.Context(), refs...))
			for _, slug := range slugs {
				a.wantHolds(slug, 0)
			}
			want(t, truststore.ExitOK, true)(a.machine("one").Undo(t.Context(), truststore.UndoOptions{}))
			a.want(string(twice))
		})
	}
}

// Undo leaves what others did since.
func TestUndoAfterOthers(t *testing.T) {
	a := newAcme(t)
	want(t, truststore.ExitOK, true)(a.machine("one").Ensure(t.Context(), goal(t, "root-ca-3")))
	data, err := os.ReadFile(a.bundle)
	if err != nil {
		t.Fatal(err)
	}
	others := "# put first by Acme\n" + textOf(t, "root-ca-1")
	a.write(others + string(data))
	want(t, truststore.ExitOK, true)(a.machine("one").Undo(t.Context(), truststore.UndoOptions{}))
	a.want(others + a.before)
}

func TestTwoOwners(t *testing.T) {
	a := newAcme(t)
	g := goal(t, "root-ca-3")
	want(t, truststore.ExitOK, true)(a.machine("one").Ensure(t.Context(), g))
	want(t, truststore.ExitOK, false)(a.machine("two").Ensure(t.Context(), g))
	want(t, truststore.ExitOK, false)(a.machine("one").Undo(t.Context(), truststore.UndoOptions{}))
	a.wantHolds("root-ca-3", 1)
	want(t, truststore.ExitOK, true)(a.machine("two").Undo(t.Context(), truststore.UndoOptions{}))
	a.want(a.before)
}

// Between plan and apply, somebody removes what was to be kept.
func TestStalePlan(t *testing.T) {
	a := newAcme(t)
	plan, err := a.machine("one").Plan(t.Context(), goal(t, "root-ca-2", "root-ca-3"))
	if err != nil {
		t.Fatal(err)
	}
	a.write("")
	r := want(t, truststore.ExitBusy, false)(a.machine("one").Apply(t.Context(), plan))
	if !errors.Is(r.Err, truststore.ErrStale) {
		t.Error(r.Err)
	}
	a.want("")
}

// meddler is somebody who is at the bundle between our planning and our lock.
type meddler struct {
	*Bundle
	meddle func()
}

func (m meddler) Apply(ctx context.Context, changes []truststore.Change) ([]truststore.Result, error) {
	m.meddle()
	return m.Bundle.Apply(ctx, changes)
}

// The store itself refuses, under its lock, a change whose Before is not true.
func TestStaleChange(t *testing.T) {
	a := newAcme(t)
	bundle := &Bundle{a.bundle}
	der := certificate(t, "root-ca-2").DER()
	asked := truststore.Change{
		Action: truststore.Add, Name: "Root 2", SHA256: truststore.RefOfDER(der).SHA256, DER: der,
		Before: truststore.Trust{Present: true}, After: truststore.AnchorTrust("x"),
	}
	asked.After.Levels = map[truststore.Purpose]truststore.Level{truststore.ServerAuth: truststore.Distrusted}
	if _, err := bundle.Apply(t.Context(), []truststore.Change{asked}); !errors.Is(err, truststore.ErrStale) {
		t.Errorf("%v", err)
	}
	a.want(a.before)
}

// What somebody else did meanwhile is not done twice.
func TestDoneMeanwhile(t *testing.T) {
	a := newAcme(t)
	content := a.before + "\n" + textOf(t, "root-ca-3")
	m := machine(a.host, "one", meddler{&Bundle{a.bundle}, func() { a.write(content) }})
	want(t, truststore.ExitOK, false)(m.Ensure(t.Context(), goal(t, "root-ca-3")))
	a.want(content)
}

func TestBusy(t *testing.T) {
	a := newAcme(t)
	m := machine(a.host, "one", busy{&Bundle{a.bundle}})
	want(t, truststore.ExitBusy, false)(m.Ensure(t.Context(), goal(t, "root-ca-3")))
	a.want(a.before)
}

// busy is a bundle that somebody else has locked.
type busy struct{ *Bundle }

func (busy) Apply(context.Context, []truststore.Change) ([]truststore.Result, error) {
	return nil, truststore.ErrBusy
}

// liar says that it changed the bundle.
type liar struct {
	*Bundle
	does func(b *Bundle, changes []truststore.Change) error
}

func (l liar) Apply(_ context.Context, changes []truststore.Change) ([]truststore.Result, error) {
	if err := l.does(l.Bundle, changes); err != nil {
		return nil, err
	}
	var results []truststore.Result
	for _, c := range changes {
		results = append(results, truststore.Result{Change: c, Changed: true})
	}
	return results, nil
}

// A store's word is not taken for its work.
func TestLies(t *testing.T) {
	for name, does := range map[string]func(*Bundle, []truststore.Change) error{
		"writes nothing": func(*Bundle, []truststore.Change) error { return nil },
		"writes another": func(b *Bundle, _ []truststore.Change) error {
			sections, tail, err := b.load()
			if err != nil {
				return err
			}
			return b.save(append(sections, newSection("another", certificate(t, "root-ca-1").DER())), tail)
		},
		"deletes the bundle": func(b *Bundle, _ []truststore.Change) error { return os.Remove(b.Path) },
		"spoils the bundle": func(b *Bundle, _ []truststore.Change) error {
			return os.WriteFile(b.Path, append([]byte("x\n"), end...), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAcme(t)
			m := machine(a.host, "one", liar{&Bundle{a.bundle}, does})
			r := want(t, truststore.ExitFailed, false)(m.Ensure(t.Context(), goal(t, "root-ca-3")))
			if !errors.Is(r.Err, truststore.ErrUnproven) {
				t.Errorf("the lie is not named: %v", r.Err)
			}
		})
	}
}

// Undo of a program that was given no such store says what it lacks.
func TestUndoWithoutTheStore(t *testing.T) {
	a := newAcme(t)
	want(t, truststore.ExitOK, true)(a.machine("one").Ensure(t.Context(), goal(t, "root-ca-3")))
	without := &truststore.Machine{Host: a.host, Owner: "one"}
	r, err := without.Undo(t.Context(), truststore.UndoOptions{})
	if r.Exit == truststore.ExitOK || err == nil ||
		!strings.Contains(err.Error(), "no back end for kind acme: give the store in Machine.Extra") {
		t.Errorf("exit %d, %v", r.Exit, err)
	}
	a.wantHolds("root-ca-3", 1)
	want(t, truststore.ExitOK, true)(a.machine("one").Undo(t.Context(), truststore.UndoOptions{}))
	a.want(a.before)
}

func TestParseRoundTrip(t *testing.T) {
	for _, text := range []string{"", "no certificate", "\n", string(begin), "x" + textOf(t, "root-ca-1") + textOf(t, "root-ca-2")} {
		sections, tail, err := parse([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		var again []byte
		for _, s := range sections {
			again = append(again, s.text...)
		}
		if string(append(again, tail...)) != text {
			t.Errorf("%q became %q", text, again)
		}
	}
	for _, text := range []string{string(end), string(begin) + "\n?\n" + string(end)} {
		if _, _, err := parse([]byte(text)); !errors.Is(err, truststore.ErrDamaged) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
