package winstore

import (
	"errors"
	"io/fs"
	"testing"
)

func TestState(t *testing.T) {
	tls, mail := LimitedTo(ServerAuth), LimitedTo(EmailProtection)
	type at struct {
		place Place
		usage Usage
	}
	for _, test := range []struct {
		name    string
		entries []at
		policy  Policy
		machine State
		user    State
		by      Place
	}{
		{name: "nowhere"},
		{name: "machine", entries: []at{{Place{Machine, Root}, Usage{}}}, machine: State{Level: Explicit}, user: State{Level: Explicit}, by: Place{Machine, Root}},
		{name: "user alone", entries: []at{{Place{User, Root}, tls}}, user: State{Level: Explicit}, by: Place{User, Root}},
		{name: "Microsoft", entries: []at{{Place{Machine, AuthRoot}, tls}}, machine: State{Level: Vendor}, user: State{Level: Vendor}, by: Place{Machine, AuthRoot}},
		{name: "group policy", entries: []at{{Place{MachinePolicy, Root}, Usage{}}}, machine: State{Level: Explicit}, user: State{Level: Explicit}, by: Place{MachinePolicy, Root}},
		{name: "for mail", entries: []at{{Place{Machine, Root}, mail}}, machine: State{Level: Present}, user: State{Level: Present}, by: Place{Machine, Root}},
		{name: "for nothing", entries: []at{{Place{Machine, Root}, Usage{Limited: true}}}, machine: State{Level: Present}, user: State{Level: Present}, by: Place{Machine, Root}},
		{name: "for mail here, TLS there", entries: []at{{Place{Machine, Root}, mail}, {Place{Enterprise, Root}, tls}}, machine: State{Level: Explicit}, user: State{Level: Explicit}, by: Place{Enterprise, Root}},
		{name: "intermediate", entries: []at{{Place{Machine, CA}, Usage{}}}, machine: State{Level: Present}, user: State{Level: Present}, by: Place{Machine, CA}},
		{name: "disallowed", entries: []at{{Place{Machine, Root}, Usage{}}, {Place{Machine, Disallowed}, Usage{}}}, machine: State{Level: Distrusted}, user: State{Level: Distrusted}, by: Place{Machine, Disallowed}},
		{name: "disallowed by the user", entries: []at{{Place{Machine, Root}, Usage{}}, {Place{User, Disallowed}, Usage{}}}, machine: State{Level: Explicit}, user: State{Level: Distrusted}, by: Place{User, Disallowed}},
		{name: "user's roots off", entries: []at{{Place{User, Root}, Usage{}}}, policy: Policy{UserRootsOff: true}, user: State{Level: Present, Ignored: true}, by: Place{User, Root}},
		{name: "policy's roots alone", entries: []at{{Place{Machine, Root}, Usage{}}}, policy: Policy{OnlyPolicyRoots: true}, machine: State{Level: Present, Ignored: true}, user: State{Level: Present, Ignored: true}, by: Place{Machine, Root}},
		{name: "policy's roots alone, and it is one", entries: []at{{Place{Machine, Root}, Usage{}}, {Place{MachinePolicy, Root}, Usage{}}}, policy: Policy{OnlyPolicyRoots: true}, machine: State{Level: Explicit}, user: State{Level: Explicit}, by: Place{MachinePolicy, Root}},
	} {
		f, s := newFake(t)
		f.rules = test.policy
		for _, e := range test.entries {
			f.put(e.place, "root", e.usage)
		}
		f.put(Place{Machine, Root}, "another", Usage{})
		c, err := s.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for user, want := range map[bool]State{false: test.machine, true: test.user} {
			got := c.State([]byte("root"), ServerAuth, user)
			if got.Level != want.Level || got.Ignored != want.Ignored {
				t.Errorf("%s, user %v: %+v, want %+v", test.name, user, got, want)
			}
			if user && got.By != nil && got.By.Place != test.by {
				t.Errorf("%s: by %s, want %s", test.name, got.By.Place, test.by)
			}
		}
	}
}

// A place that cannot be read must not pass for an empty one, nor hide others.
func TestReadTellsWhatItCouldNotRead(t *testing.T) {
	f, s := newFake(t)
	f.put(Place{Machine, Root}, "root", Usage{})
	f.stores[Place{Machine, Root}] = append(f.stores[Place{Machine, Root}], []byte("damaged"))
	f.fail[`read user\ROOT`] = &Error{Op: "CertOpenStore", Place: Place{User, Root}, Code: 5}
	c, err := s.Read(t.Context())
	if err != nil || len(c.Certificates) != 1 || len(c.Unread) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	wantIs(t, errors.Join(c.Unread...), fs.ErrPermission, ErrDamaged)
	for _, p := range places {
		f.fail["read "+p.String()] = &Error{Op: "CertOpenStore", Place: p, Code: 5}
	}
	if _, err := s.Read(t.Context()); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("nothing can be read: %v", err)
	}
}
