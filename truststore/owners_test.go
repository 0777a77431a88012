package truststore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// The certificate stays until the last owner has undone, whoever added it and
// in whichever order they undo.
func TestLastOwnersUndoRemoves(t *testing.T) {
	pki := javatest.NewPKI(t)
	roots := openJDKRoots(t)
	for _, order := range [][]int{{0, 1}, {1, 0}, {0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			w := newWorld(t)
			store := filepath.Join(w.dir, "cacerts")
			write(t, store, roots)
			owner := func(n int) *truststore.Machine { return w.machine(fmt.Sprintf("example.org/owner%d", n), store) }
			for n := range len(order) {
				r := ensure(t, owner(n), ownGoal(pki.Root), truststore.ExitOK)
				if r.Changed != (n == 0) {
					t.Errorf("owner %d: changed=%v", n, r.Changed)
				}
			}
			w.wantReceipts(len(order))
			for i, n := range order {
				last := i == len(order)-1
				r := undo(t, owner(n), truststore.ExitOK)
				if r.Changed != last {
					t.Errorf("undo by owner %d: changed=%v", n, r.Changed)
				}
				if holds(view(t, store, "changeit"), pki.Root) == last {
					t.Errorf("after the undo by owner %d: there=%v", n, !last)
				}
				w.wantReceipts(len(order) - i - 1)
			}
			wantBytes(t, store, roots)
			if left := names(t, w.dir); slices.Contains(left, "cacerts.hktrust-orig") {
				t.Error("the backup is left")
			}
		})
	}
}

// A second Ensure by the same owner makes no second claim.
func TestClaimIsMadeOnce(t *testing.T) {
	w := newWorld(t)
	pki := javatest.NewPKI(t)
	store := w.keystore("cacerts")
	a, b := w.machine("a", store), w.machine("b", store)
	ensure(t, a, ownGoal(pki.Root), truststore.ExitOK)
	ensure(t, b, ownGoal(pki.Root), truststore.ExitOK)
	before := tree(t, w.dir)
	ensure(t, a, ownGoal(pki.Root), truststore.ExitOK)
	ensure(t, b, ownGoal(pki.Root), truststore.ExitOK)
	if after := tree(t, w.dir); after != before {
		t.Errorf("something was written:\n%s\nbecame\n%s", before, after)
	}
	wantFinding(t, undo(t, a, truststore.ExitOK), truststore.CodeClaimLeft)
}

// Undo takes back one's own changes alone.
func TestUndoLeavesOtherOwnersAlone(t *testing.T) {
	w := newWorld(t)
	one, two := javatest.NewPKI(t), javatest.NewPKI(t)
	store := w.keystore("cacerts")
	ensure(t, w.machine("a", store), ownGoal(one.Root), truststore.ExitOK)
	ensure(t, w.machine("b", store), ownGoal(two.Root), truststore.ExitOK)
	undo(t, w.machine("a", store), truststore.ExitOK)
	seen := view(t, store, "changeit")
	if holds(seen, one.Root) || !holds(seen, two.Root) {
		t.Errorf("one=%v two=%v", holds(seen, one.Root), holds(seen, two.Root))
	}
}

// Undo can be narrowed to the last run, a run, a store or a certificate.
func TestUndoOptions(t *testing.T) {
	a, b := javatest.NewPKI(t).Root, javatest.NewPKI(t).Root
	idA, idB := truststore.Fingerprint(a.SHA256()), truststore.Fingerprint(b.SHA256())
	type setting struct {
		first, second *truststore.Report
		x, y          string
		home, link    string
	}
	tests := map[string]struct {
		options func(setting) truststore.UndoOptions
		left    string // "xa xb ya yb" of what stays
	}{
		"all":        {func(setting) truststore.UndoOptions { return truststore.UndoOptions{} }, ""},
		"last":       {func(setting) truststore.UndoOptions { return truststore.UndoOptions{Last: true} }, "xa ya"},
		"run":        {func(s setting) truststore.UndoOptions { return truststore.UndoOptions{Runs: []string{s.first.Run}} }, "xb yb"},
		"store":      {func(s setting) truststore.UndoOptions { return places(truststore.Selector{Path: s.x}) }, "ya yb"},
		"store link": {func(s setting) truststore.UndoOptions { return places(truststore.Selector{Path: s.link}) }, "ya yb"},
		"java kind":  {func(setting) truststore.UndoOptions { return places(truststore.Selector{Kind: truststore.KindJava}) }, ""},
		"nss kind":   {func(setting) truststore.UndoOptions { return places(truststore.Selector{Kind: truststore.KindNSS}) }, "xa xb ya yb"},
		"java home": {func(s setting) truststore.UndoOptions {
			return places(truststore.Selector{Kind: truststore.KindJava, Path: s.home, Dir: true})
		}, "xa xb"},
		"certificate": {func(setting) truststore.UndoOptions {
			return truststore.UndoOptions{Certs: []truststore.Fingerprint{idA}}
		}, "xb yb"},
	}
	for name, opt := range map[string]truststore.UndoOptions{
		"no run":          {Runs: []string{""}},
		"no such run":     {Runs: []string{"other"}},
		"run and last":    {Runs: []string{"other"}, Last: true},
		"forget anything": {Forget: true},
	} {
		w := newWorld(t)
		ensure(t, w.machine("test", w.keystore("x")), ownGoal(a), truststore.ExitOK)
		r, err := w.machine("test").Undo(context.Background(), opt)
		wantExit(t, sound(t, r, err), truststore.ExitUsage)
		if w.wantReceipts(1); r.Changed {
			t.Errorf("%s: changed", name)
		}
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			home, y := w.javaHome("jdk")
			s := setting{x: w.keystore("x"), y: y, home: home, link: filepath.Join(w.dir, "link")}
			symlink(t, s.x, s.link)
			m := w.machine("test", s.x, s.y)
			s.first = ensure(t, m, ownGoal(a), truststore.ExitOK)
			s.second = ensure(t, m, ownGoal(b), truststore.ExitOK)
			r, err := m.Undo(context.Background(), test.options(s))
			wantExit(t, sound(t, r, err), truststore.ExitOK)
			var left []string
			for label, file := range map[string]string{"x": s.x, "y": s.y} {
				r, err := w.machine("test", file).List(context.Background(), truststore.ListOptions{All: true})
				wantExit(t, sound(t, r, err), truststore.ExitOK)
				for _, e := range r.Stores[0].Entries {
					switch e.SHA256 {
					case idA:
						left = append(left, label+"a")
					case idB:
						left = append(left, label+"b")
					}
				}
			}
			slices.Sort(left)
			if got := strings.Join(left, " "); got != test.left {
				t.Errorf("left %q, want %q", got, test.left)
			}
		})
	}
}

func places(s truststore.Selector) truststore.UndoOptions {
	return truststore.UndoOptions{Stores: []truststore.Selector{s}}
}

// Two programs at once wait for each other; both succeed.
func TestConcurrentEnsure(t *testing.T) {
	w := newWorld(t)
	store := w.keystore("cacerts")
	var roots []javatest.Certificate
	done := make(chan error)
	for n := range 8 {
		root := javatest.NewPKI(t).Root
		roots = append(roots, root)
		go func() {
			_, err := w.machine(fmt.Sprint("owner", n), store).Ensure(context.Background(), ownGoal(root))
			done <- err
		}()
	}
	for range roots {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	seen := view(t, store, "changeit")
	for n, root := range roots {
		if !holds(seen, root) {
			t.Errorf("certificate %d is lost", n)
		}
	}
}

// The latest run is the latest also if the clock went back, and neither of the
// two knows the other's store.
func TestLastAfterTheClockWentBack(t *testing.T) {
	w := newWorld(t)
	first, second := w.keystore("first"), w.keystore("second")
	original := read(t, second)
	goal := ownGoal(javatest.NewPKI(t).Root)
	at := func(ahead time.Duration, store string) *truststore.Machine {
		m := w.machine("test", store)
		m.Host.Clock = func() time.Time { return time.Now().Add(ahead) }
		return m
	}
	ensure(t, at(24*time.Hour, first), goal, truststore.ExitOK)
	ensure(t, at(0, second), goal, truststore.ExitOK)
	last := truststore.UndoOptions{Last: true}
	r, err := w.machine("test").Undo(context.Background(), last)
	if sound(t, r, err); r.Exit != truststore.ExitOK {
		t.Error(err)
	}
	wantBytes(t, second, original)
	w.wantReceipts(1)
}
