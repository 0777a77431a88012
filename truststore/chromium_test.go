//go:build unix

package truststore_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/browser"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// What Chromium writes as trust settings.
const (
	profileTrusted    = "\x0a\x02\x08\x03"
	profileDistrusted = "\x0a\x02\x08\x02"
	profileHint       = "\x0a\x02\x08\x01"
)

// chromiumHome is the home of a user of Chromium, with NSS's database and a
// profile, and the machine that finds both by itself.
func chromiumHome(t *testing.T) (m *truststore.Machine, home, store string) {
	t.Helper()
	w := newWorld(t)
	home = filepath.Join(w.dir, "home")
	if err := nss.Create(context.Background(), filepath.Join(home, ".pki", "nssdb")); err != nil {
		t.Fatal(err)
	}
	store = filepath.Join(home, ".config", "chromium", "Default", "ServerCertificate")
	m = w.machine("test")
	m.Select = []truststore.Selector{{Kind: truststore.KindNSS}, {Kind: truststore.KindChromium}}
	m.Scope = truststore.ScopeUser
	return m, home, store
}

// rowOf is the row of a report of the store at a path.
func rowOf(t *testing.T, r *truststore.Report, path string) truststore.StoreReport {
	t.Helper()
	for _, s := range r.Stores {
		if s.Info.Path == path {
			return s
		}
	}
	t.Fatalf("no row of %s: %+v", path, r)
	return truststore.StoreReport{}
}

// A profile's own store is a row, judged as Chromium judges: its distrust beats
// what NSS's database says, what it lacks is no want, and nothing writes to it.
func TestChromiumProfileIsARow(t *testing.T) {
	ctx := context.Background()
	chromium, pki := browser.Chromium(t), javatest.NewPKI(t)
	m, home, store := chromiumHome(t)
	database := filepath.Join(home, ".pki", "nssdb")
	address := browser.Serve(t, pki.Config(pki.Issuing))
	goal := truststore.Goal{Name: "own", Want: []truststore.Want{{Certificate: pki.Root.Certificate}}}

	wantPage(t, "before", chromium.Load(t, home, address), browser.Page{Error: "ERR_CERT_AUTHORITY_INVALID"})
	made, err := os.ReadFile(store) // Chromium's own, and empty
	if err != nil {
		t.Fatal(err)
	}
	r := ensure(t, m, goal, truststore.ExitOK)
	if got := rowOf(t, r, store); got.Status != truststore.StatusOK || got.Changes[0].Reason != truststore.CodeNotHere {
		t.Errorf("an empty profile: %+v", got)
	}
	wantPage(t, "ensured", chromium.Load(t, home, address), browser.Served)
	if now, _ := os.ReadFile(store); !bytes.Equal(now, made) {
		t.Error("the profile's store changed")
	}

	profileStore(t, store, pki.Root.Raw, []byte(profileDistrusted))
	before, _ := os.ReadFile(store)
	wantPage(t, "distrusted", chromium.Load(t, home, address), browser.Page{Error: "ERR_CERT_AUTHORITY_INVALID"})
	r, _ = m.Check(ctx, goal)
	if got := rowOf(t, r, store); r.Exit != truststore.ExitWrong || got.Changes[0].Blocked != truststore.CodeDistrusted {
		t.Errorf("check ends with %d: %+v", r.Exit, got)
	}
	if got := rowOf(t, r, database); got.Status != truststore.StatusOK {
		t.Errorf("the database: %+v", got)
	}
	ensure(t, m, goal, truststore.ExitPerson)
	r, _ = m.List(ctx, truststore.ListOptions{All: true})
	if got := rowOf(t, r, store); got.Count != 1 || got.Entries[0].Trust.Native != "distrusted" || got.Entries[0].SHA256 != truststore.RefOf(pki.Root.Certificate).SHA256 {
		t.Errorf("list: %+v", got)
	}
	if v, _ := m.Verify(ctx, [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.VerifyOptions{}); len(v.Verdicts) != 1 || v.Verdicts[0].OK() || v.Verdicts[0].Profile != store {
		t.Errorf("verify: %+v", v.Verdicts)
	}
	r, _ = m.Undo(ctx, truststore.UndoOptions{})
	if r.Exit != truststore.ExitOK {
		t.Errorf("undo: %+v", r)
	}
	if now, _ := os.ReadFile(store); !bytes.Equal(now, before) {
		t.Error("ensure or undo changed the profile's store")
	}

	// While Chromium runs, its file is locked, and is read.
	profileStore(t, store, pki.Root.Raw, []byte(profileTrusted))
	before, _ = os.ReadFile(store)
	stop := chromium.Start(t, home)
	r, _ = m.Remove(ctx, truststore.RefOf(pki.Root.Certificate))
	if got := rowOf(t, r, store); r.Exit != truststore.ExitPerson || got.Changes[0].Blocked != truststore.CodeNeedsProgram || !got.Info.Running {
		t.Errorf("remove ends with %d: %+v", r.Exit, got)
	}
	stop()
	if now, _ := os.ReadFile(store); !bytes.Equal(now, before) {
		t.Error("the profile's store changed")
	}
	wantPage(t, "trusted by the profile alone", chromium.Load(t, home, address), browser.Served)

	// The store by itself is judged as its profile.
	m.Select = []truststore.Selector{{Path: store}}
	for _, as := range []*truststore.Program{nil, {Name: "chromium"}} {
		v, _ := m.Verify(ctx, [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.VerifyOptions{As: as})
		if len(v.Verdicts) != 1 || v.Verdicts[0].Answer != truststore.AnswerTrusted || v.Verdicts[0].Program != "chromium" {
			t.Errorf("by itself, as %v: %+v", as, v.Verdicts)
		}
	}
	write(t, store, []byte("no database"))
	if r, _ = m.Check(ctx, goal); r.Exit != truststore.ExitFailed || r.Stores[0].Error.Code != truststore.CodeDamaged {
		t.Errorf("a damaged file: %+v", r)
	}
}

// A diagnosis names the profile that distrusts Hongkong Post's root, and that its
// browser alone takes that back.
func TestDoctorKnowsAProfilesDistrust(t *testing.T) {
	m, _, store := chromiumHome(t)
	root, _ := hkpost.BySlug("root-ca-3")
	profileStore(t, store, root.DER(), []byte(profileDistrusted))
	d, _ := m.Diagnose(context.Background(), truststore.Symptom{})
	var rows int
	for _, s := range d.Examined.Stores {
		if s.Info.Path == store && s.Status == truststore.StatusBlocked {
			rows++
		}
	}
	var remedies []truststore.RemedyCode
	for _, p := range d.Problems {
		if p.Code == truststore.CodeRootDistrusted && p.Store.Path == store {
			remedies = append(remedies, p.Remedy.Code)
		}
	}
	if d.Exit != truststore.ExitWrong || rows != 1 || len(remedies) != 1 || remedies[0] != truststore.RemedyBrowser {
		t.Errorf("exit %d, %d rows, %v: %+v", d.Exit, rows, remedies, d.Problems)
	}
	profileStore(t, store, root.DER(), []byte(profileHint))
	d, _ = m.Diagnose(context.Background(), truststore.Symptom{})
	for _, p := range d.Problems { // others' processes may be known for something
		if p.Store != nil {
			t.Errorf("a hint: %+v", p)
		}
	}
}
