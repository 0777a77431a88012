package winstore

import (
	"context"
	"errors"
	"io/fs"
	"reflect"
	"slices"
	"testing"
	"time"
)

func wantIs(t *testing.T, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if !errors.Is(err, w) {
			t.Errorf("error %v, want one that matches %v", err, w)
		}
	}
}

func TestApplyAddsOnceAndRemovesTheSame(t *testing.T) {
	f, s := newFake(t)
	add := Change{Place: Place{Machine, Root}, DER: []byte("root"), Usage: LimitedTo(ServerAuth), FriendlyName: "hktrust 測試"}
	for i, changed := range []bool{true, false} {
		results, err := s.Apply(t.Context(), []Change{add})
		if err != nil || results[0].Changed != changed {
			t.Fatalf("addition %d: %+v, %v", i, results, err)
		}
	}
	c, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e := c.Of([]byte("root"))
	if len(e) != 1 || e[0].FriendlyName != "hktrust 測試" || !reflect.DeepEqual(e[0].Usage, LimitedTo(ServerAuth)) {
		t.Errorf("entry %+v", e)
	}
	results, err := s.Apply(t.Context(), []Change{{Place: add.Place, DER: add.DER, Remove: true}})
	if err != nil || !results[0].Changed || results[0].Before == nil {
		t.Fatalf("removal: %+v, %v", results, err)
	}
	// The very entry can be put back.
	back := Change{Place: add.Place, DER: add.DER, Element: results[0].Before.Element}
	if _, err := s.Apply(t.Context(), []Change{back}); err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(f.stores[add.Place], [][]byte{e[0].Element}, slices.Equal) {
		t.Error("the entry is not what it was")
	}
	back.DER = []byte("other")
	_, err = s.Apply(t.Context(), []Change{back})
	wantIs(t, err, ErrDamaged)
}

// One failure takes back what was done before it, and says why.
func TestApplyIsAllOrNothing(t *testing.T) {
	f, s := newFake(t)
	f.put(Place{Machine, Root}, "old", LimitedTo(EmailProtection))
	before := slices.Clone(f.stores[Place{Machine, Root}])
	f.fail[`add machine\CA`] = &Error{Op: "add", Code: codeEAccessDenied}
	_, err := s.Apply(t.Context(), []Change{
		{Place: Place{Machine, Root}, DER: []byte("old"), Remove: true},
		{Place: Place{Machine, Root}, DER: []byte("root")},
		{Place: Place{Machine, CA}, DER: []byte("issuing")},
	})
	wantIs(t, err, fs.ErrPermission)
	if errors.Is(err, ErrNeedsElevation) {
		t.Error("an elevated process is told to elevate itself")
	}
	if !slices.EqualFunc(f.stores[Place{Machine, Root}], before, slices.Equal) {
		t.Errorf("left behind: %q", f.ders(Place{Machine, Root}))
	}
}

func TestNeedsIsSaidBeforeAnythingIsTried(t *testing.T) {
	f, s := newFake(t)
	f.admin = false
	for _, test := range []struct {
		change Change
		want   error
	}{
		{Change{Place: Place{Machine, Root}}, ErrNeedsElevation},
		{Change{Place: Place{Machine, CA}, Remove: true}, ErrNeedsElevation},
		{Change{Place: Place{User, Root}}, ErrNeedsPerson},
		{Change{Place: Place{User, Root}, Remove: true}, ErrNeedsPerson},
		{Change{Place: Place{Machine, AuthRoot}}, ErrManaged},
		{Change{Place: Place{Machine, Disallowed}, Remove: true}, ErrManaged},
		{Change{Place: Place{MachinePolicy, Root}}, ErrManaged},
		{Change{Place: Place{Enterprise, CA}}, ErrManaged},
		{Change{Place: Place{User, CA}}, nil},
		{Change{Place: Place{User, Root}, Ask: true}, nil},
	} {
		test.change.DER = []byte("x")
		wantIs(t, s.Needs(test.change), test.want)
		if test.want == nil {
			continue
		}
		_, err := s.Apply(t.Context(), []Change{{Place: Place{User, CA}, DER: []byte("first")}, test.change})
		wantIs(t, err, test.want)
	}
	if f.writes != 0 {
		t.Errorf("%d writes were tried", f.writes)
	}
}

func TestApplyAsksOnlyAPersonWhoIsThere(t *testing.T) {
	add := []Change{{Place: Place{User, Root}, DER: []byte("root"), Ask: true}}
	for name, code := range map[string]uint32{"declined": codeCancelled, "declined, as a result": codeECancelled, "no desktop": codeNoDesktop} {
		f, s := newFake(t)
		f.dialog = func() error { return &Error{Op: "add", Code: code} }
		_, err := s.Apply(t.Context(), add)
		wantIs(t, err, ErrNeedsPerson)
		if len(f.ders(Place{User, Root})) != 0 {
			t.Errorf("%s: %q", name, f.ders(Place{User, Root}))
		}
	}
	f, s := newFake(t)
	answer := make(chan error)
	f.dialog = func() error { return <-answer }
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err := s.Apply(ctx, add)
	wantIs(t, err, ErrNeedsPerson, context.DeadlineExceeded)
	answer <- &Error{Code: codeCancelled}
}

func TestApplyRefusesWhatIsDisallowed(t *testing.T) {
	for _, p := range []Place{{Machine, Disallowed}, {User, Disallowed}, {MachinePolicy, Disallowed}} {
		f, s := newFake(t)
		f.put(p, "root", Usage{})
		_, err := s.Apply(t.Context(), []Change{{Place: Place{Machine, Root}, DER: []byte("root")}})
		wantIs(t, err, ErrDistrusted)
		if f.writes != 0 {
			t.Errorf("%s: written to", p)
		}
		if _, err := s.Apply(t.Context(), []Change{{Place: Place{Machine, Root}, DER: []byte("root"), Remove: true}}); err != nil {
			t.Errorf("%s: a removal is refused: %v", p, err)
		}
	}
}

// Windows takes another certificate for ours: that one is neither ours nor to
// be deleted.
func TestApplyTellsTwinsApart(t *testing.T) {
	f, s := newFake(t)
	f.put(Place{Machine, Root}, "twin of root", Usage{})
	_, err := s.Apply(t.Context(), []Change{{Place: Place{Machine, Root}, DER: []byte("root")}})
	wantIs(t, err, ErrConflict)
	results, err := s.Apply(t.Context(), []Change{{Place: Place{Machine, Root}, DER: []byte("root"), Remove: true}})
	if err != nil || results[0].Changed {
		t.Errorf("removal: %+v, %v", results, err)
	}
	if got := f.ders(Place{Machine, Root}); !slices.Equal(got, []string{"twin of root"}) {
		t.Errorf("%q is left", got)
	}
}

func TestErrorNumbers(t *testing.T) {
	for code, want := range map[uint32]error{
		5: fs.ErrPermission, 0x80070005: fs.ErrPermission, 1223: ErrNeedsPerson, 0x800704c7: ErrNeedsPerson,
		2: fs.ErrNotExist, 0x80092004: fs.ErrNotExist, 0x80092005: fs.ErrExist, 0x8009310b: ErrBadCertificate,
	} {
		if err := error(&Error{Op: "x", Code: code}); !errors.Is(err, want) {
			t.Errorf("%v does not match %v", err, want)
		}
	}
	_, s := newFake(t)
	s.api.(*fake).admin = false
	wantIs(t, s.explained(Place{Machine, Root}, &Error{Code: 5}), ErrNeedsElevation, fs.ErrPermission)
	if errors.Is(s.explained(Place{User, CA}, &Error{Code: 5}), ErrNeedsElevation) {
		t.Error("elevation does not help with a user's own store")
	}
}
