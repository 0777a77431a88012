package truststore_test

import (
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// The FAQ's certificates by the fingerprints in the catalogue.
var faqCAs = []string{"root-ca-1", "ecert-ca-1-10-serial0479", "ecert-ca-1-14"}

func TestFAQ2021IsRefusedUnlessAccepted(t *testing.T) {
	w := newWorld(t)
	store := w.keystore("cacerts")
	original := read(t, store)
	m := w.machine("test", store)
	goal := profileGoal(t, hkpost.FAQ2021)
	for _, accept := range []truststore.Acceptance{{}, {Weak: true}, {Expired: true, Weak: true}, {Revoked: true, Weak: true}} {
		goal.Accept = accept
		r, err := m.Ensure(context.Background(), goal)
		wantExit(t, sound(t, r, err), truststore.ExitUsage)
		if refused := (*truststore.RefusedError)(nil); !errors.As(err, &refused) || refused.Goal != "faq-2021" {
			t.Errorf("%+v: %v", accept, err)
		}
		if len(r.Refused) == 0 || len(r.Stores) != 0 {
			t.Errorf("%+v: %d refused, %d stores", accept, len(r.Refused), len(r.Stores))
		}
		if _, err := m.Plan(context.Background(), goal); err == nil {
			t.Errorf("%+v: planned", accept)
		}
	}
	wantBytes(t, store, original)
	w.wantReceipts(0)

	goal.Accept = truststore.Acceptance{Expired: true, Revoked: true, Weak: true}
	ensure(t, m, goal, truststore.ExitOK)
	before, after := entries(t, original), entries(t, read(t, store))
	added := slices.DeleteFunc(after, func(line string) bool { return slices.Contains(before, line) })
	if len(added) != 3 {
		t.Errorf("added %q", added)
	}
	for _, slug := range faqCAs {
		c, _ := hkpost.BySlug(slug)
		if !slices.ContainsFunc(added, func(line string) bool { return strings.Contains(line, c.SHA256.String()) }) {
			t.Errorf("%s was not added", slug)
		}
	}
	undo(t, m, truststore.ExitOK)
	wantBytes(t, store, original)
}

// entries is Java's view of a JKS, a line an entry.
func entries(t *testing.T, data []byte) []string {
	t.Helper()
	file := t.TempDir() + "/store"
	write(t, file, data)
	return slices.Collect(strings.Lines(view(t, file, "changeit")))
}

// What a person accepted stays when the profile server goes in later, and is
// no news either: nobody else put it there.
func TestAcceptedIsNotRotatedAway(t *testing.T) {
	w := newWorld(t)
	store := w.keystore("cacerts")
	m := w.machine("test", store)
	faq := profileGoal(t, hkpost.FAQ2021)
	faq.Accept = truststore.Acceptance{Expired: true, Revoked: true, Weak: true}
	ensure(t, m, faq, truststore.ExitOK)
	r := ensure(t, m, serverGoal(t), truststore.ExitOK)
	seen := view(t, store, "changeit")
	for _, slug := range slices.Concat(faqCAs, serverCAs) {
		c, _ := hkpost.BySlug(slug)
		if !strings.Contains(seen, c.SHA256.String()) {
			t.Errorf("%s is not there", slug)
		}
	}
	if slices.Contains(codes(r), truststore.CodeRetiredPresent) {
		t.Error("what was accepted is said to be others' doing")
	}
}

// rotation is a store in which an owner has put a certificate that a newer
// goal retires.
func rotation(t *testing.T) (w *world, store string, old javatest.Certificate, oldGoal, newGoal truststore.Goal) {
	w = newWorld(t)
	store = w.keystore("cacerts")
	oldPKI, newPKI := javatest.NewPKI(t), javatest.NewPKI(t)
	oldGoal, newGoal = ownGoal(oldPKI.Root), ownGoal(newPKI.Root)
	oldGoal.Catalogue, newGoal.Catalogue = "2026-01-01", "2026-06-01"
	newGoal.Retired = []truststore.Fingerprint{oldPKI.Root.SHA256()}
	return w, store, oldPKI.Root, oldGoal, newGoal
}

func TestRetiredIsRemovedWhereItIsOurs(t *testing.T) {
	w, store, old, oldGoal, newGoal := rotation(t)
	m := w.machine("test", store)
	ensure(t, m, oldGoal, truststore.ExitOK)
	check(t, m, newGoal, truststore.ExitWrong)
	r := ensure(t, m, newGoal, truststore.ExitOK)
	if !r.Changed || holds(view(t, store, "changeit"), old) {
		t.Error("the retired certificate is still there")
	}
	check(t, m, newGoal, truststore.ExitOK)

	// A program that knows less does not bring it back, and says so.
	r = ensure(t, m, oldGoal, truststore.ExitPerson)
	if r.Changed || r.Stores[0].Changes[0].Blocked != truststore.CodeRetiredNewer {
		t.Errorf("changed=%v, %+v", r.Changed, r.Stores[0].Changes)
	}
	// One that knows as much or more may.
	oldGoal.Catalogue = newGoal.Catalogue
	ensure(t, m, oldGoal, truststore.ExitOK)
	if !holds(view(t, store, "changeit"), old) {
		t.Error("a newer decision was not followed")
	}
}

func TestRetiredOfOthersIsReported(t *testing.T) {
	for name, put := range map[string]func(*world, string, javatest.Certificate, truststore.Goal){
		"by keytool": func(w *world, store string, c javatest.Certificate, _ truststore.Goal) {
			keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storepass", "changeit",
				"-alias", "theirs", "-file", c.File(t))
		},
		"by another owner": func(w *world, store string, _ javatest.Certificate, goal truststore.Goal) {
			ensure(w.t, w.machine("other", store), goal, truststore.ExitOK)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w, store, old, oldGoal, newGoal := rotation(t)
			put(w, store, old, oldGoal)
			r := ensure(t, w.machine("test", store), newGoal, truststore.ExitOK)
			wantFinding(t, r, truststore.CodeRetiredPresent)
			if !holds(view(t, store, "changeit"), old) {
				t.Error("others' certificate was removed")
			}
		})
	}
}

// Remove takes away whoever added it, under every alias, and undo restores it.
func TestRemove(t *testing.T) {
	pki := javatest.NewPKI(t)
	importAs := func(store, alias string) {
		keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storepass", "changeit",
			"-alias", alias, "-file", pki.Root.File(t))
	}
	remove := func(m *truststore.Machine, exit truststore.Exit, certs ...*x509.Certificate) {
		t.Helper()
		r, err := m.Remove(context.Background(), refs(certs)...)
		wantExit(t, sound(t, r, err), exit)
	}
	t.Run("of others", func(t *testing.T) {
		w := newWorld(t)
		store := w.keystore("cacerts")
		importAs(store, "theirs")
		seen := view(t, store, "changeit")
		m := w.machine("test", store)
		remove(m, truststore.ExitOK, pki.Root.Certificate)
		if holds(view(t, store, "changeit"), pki.Root) {
			t.Error("it is still there")
		}
		undo(t, m, truststore.ExitOK)
		if again := view(t, store, "changeit"); again != seen {
			t.Errorf("undo made\n%s\nof\n%s", again, seen)
		}
	})
	t.Run("under two aliases", func(t *testing.T) {
		w := newWorld(t)
		store := w.keystore("cacerts")
		importAs(store, "one")
		importAs(store, "two")
		m := w.machine("test", store)
		remove(m, truststore.ExitOK, pki.Root.Certificate)
		if holds(view(t, store, "changeit"), pki.Root) {
			t.Error("it is still there")
		}
	})
	t.Run("of the distribution", func(t *testing.T) {
		w := newWorld(t)
		store := w.keystore("cacerts")
		importAs(store, "debian:theirs")
		m := w.machine("test", store)
		remove(m, truststore.ExitPerson, pki.Root.Certificate)
		if !holds(view(t, store, "changeit"), pki.Root) {
			t.Error("it is gone")
		}
	})
	t.Run("added by another owner", func(t *testing.T) {
		w := newWorld(t)
		store := w.keystore("cacerts")
		original := read(t, store)
		ensure(t, w.machine("other", store), ownGoal(pki.Root), truststore.ExitOK)
		remove(w.machine("test", store), truststore.ExitOK, pki.Root.Certificate)
		wantBytes(t, store, original)
		w.wantReceipts(0)
		undo(t, w.machine("other", store), truststore.ExitOK)
		wantBytes(t, store, original)
	})
}
