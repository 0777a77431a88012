package truststore_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// Root works on a user's store through a child that is that user: the file
// keeps owner and mode, and the receipt is in root's ledger.
func TestAnotherUsersStore(t *testing.T) {
	oracle.NeedRoot(t)
	i := newImage(t)
	cacerts := i.java("/home/amy/jdk")
	if err := os.Chmod(cacerts, 0o640); err != nil {
		t.Fatal(err)
	}
	i.give("/home/amy")
	owned := func(stage string) {
		t.Helper()
		if got, want := owner(t, cacerts), "54322:54323 -rw-r-----"; got != want {
			t.Errorf("%s: %s, want %s", stage, got, want)
		}
	}
	m := i.machine(javaHomeAt("/home/amy/jdk"))
	goal := serverGoal(t)
	r := check(t, m, goal, truststore.ExitWrong)
	if o := r.Stores[0].Info.Owner; o == nil || o.Name != "amy" {
		t.Errorf("owner %+v", o)
	}
	ensure(t, m, goal, truststore.ExitOK)
	owned("ensure")
	check(t, m, goal, truststore.ExitOK)
	if got := i.receipts(); len(got) != 3 {
		t.Errorf("%d receipts", len(got))
	}
	if got, want := owner(t, i.path("/var/lib/hktrust")), "0:0 drwx------"; got != want {
		t.Errorf("ledger: %s, want %s", got, want)
	}
	if got := names(t, i.path("/home/amy")); len(got) != 1 {
		t.Errorf("left in the home: %v", got)
	}
	ensure(t, m, goal, truststore.ExitOK)
	undo(t, i.machine(), truststore.ExitOK)
	owned("undo")
	wantBytes(t, cacerts, openJDKRoots(t))
	if got := names(t, filepath.Dir(cacerts)); len(got) != 1 {
		t.Errorf("left beside it: %v", got)
	}
	if got := i.receipts(); len(got) != 0 {
		t.Errorf("%d receipts", len(got))
	}
}

func TestAnotherUsersStoreByPathAndPassword(t *testing.T) {
	oracle.NeedRoot(t)
	i := newImage(t)
	store := i.keystore("image", "srv", "amys", "trust.jks") // outside of any home
	protect(t, store, "secret")
	original := read(t, store)
	i.give("/srv/amys")
	m := i.machine(truststore.Selector{Path: "/srv/amys/trust.jks"})
	goal := serverGoal(t)
	ensure(t, m, goal, truststore.ExitPerson)
	m.Password = func(context.Context, truststore.Info) (string, error) { return "secret", nil }
	ensure(t, m, goal, truststore.ExitOK)
	undo(t, m, truststore.ExitOK)
	wantBytes(t, store, original)
}

func TestAnotherUsersStoreWithoutARunner(t *testing.T) {
	oracle.NeedRoot(t)
	i := newImage(t)
	i.java("/home/amy/jdk")
	i.give("/home/amy")
	before := tree(t, i.path("/home"))
	m := i.machine(javaHomeAt("/home/amy/jdk"))
	m.Host.AsUser = nil
	r := ensure(t, m, serverGoal(t), truststore.ExitFailed)
	if !errors.Is(r.Err, truststore.ErrOtherUser) {
		t.Error(r.Err)
	}
	if after := tree(t, i.path("/home")); after != before {
		t.Error("the home was touched")
	}
}

// What a user plants does not make root write, or read, elsewhere.
func TestPlantedLinks(t *testing.T) {
	oracle.NeedRoot(t)
	for name, place := range map[string]truststore.Selector{
		"store":     {Path: "/home/amy/cacerts"},
		"java home": {Kind: truststore.KindJava, Path: "/home/amy/jdk", Dir: true},
	} {
		t.Run(name, func(t *testing.T) {
			i := newImage(t)
			roots := i.keystore("image", "opt", "roots", "cacerts")
			link := i.java("/home/amy/jdk")
			os.Remove(link)
			symlink(t, "/opt/roots/cacerts", link)
			symlink(t, "/opt/roots/cacerts", i.path("/home/amy/cacerts"))
			i.give("/home/amy")
			before := tree(t, i.root)
			r := ensure(t, i.machine(place), serverGoal(t), truststore.ExitFailed)
			if r.Changed || !errors.Is(r.Err, os.ErrPermission) {
				t.Errorf("changed=%v, %v", r.Changed, r.Err)
			}
			if after := tree(t, i.root); after != before {
				t.Errorf("the image:\n%s\nbecame\n%s", before, after)
			}
			if err := os.Chmod(roots, 0o600); err != nil {
				t.Fatal(err)
			}
			r = ensure(t, i.machine(place), serverGoal(t), truststore.ExitFailed)
			if len(r.Stores) != 1 || r.Stores[0].Count != 0 {
				t.Errorf("what only root may read was read: %+v", r.Stores)
			}
		})
	}
}

// A link that is planted after the plan was made is found by the child.
func TestLinkPlantedAfterPlanning(t *testing.T) {
	oracle.NeedRoot(t)
	i := newImage(t)
	roots := i.keystore("image", "opt", "roots", "cacerts")
	link := i.java("/home/amy/jdk")
	i.give("/home/amy")
	m := i.machine(javaHomeAt("/home/amy/jdk"))
	p := plan(t, m, serverGoal(t))
	os.Remove(link)
	symlink(t, "/opt/roots/cacerts", link)
	i.give("/home/amy")
	// chown -R follows no links: the store is root's still.
	if got := owner(t, roots); !strings.HasPrefix(got, "0:0") {
		t.Fatal(got)
	}
	before := tree(t, i.path("/opt"))
	r, err := m.Apply(context.Background(), p)
	if sound(t, r, err); r.Changed || r.Exit == truststore.ExitOK {
		t.Errorf("changed=%v, exit %d", r.Changed, r.Exit)
	}
	if after := tree(t, i.path("/opt")); after != before {
		t.Error("root's store was written")
	}
	if got := i.receipts(); len(got) != 0 {
		t.Errorf("%d receipts", len(got))
	}
}

func TestForeignHomeIsSkipped(t *testing.T) {
	oracle.NeedRoot(t)
	i := newImage(t)
	i.java("/home/amy/.sdkman/candidates/java/17.0.15")
	system := i.java("/usr/lib/jvm/java-17")
	i.give("/home/amy")
	before := tree(t, i.path("/home"))
	m := i.machine()
	m.Host.Account = &host.User{UID: 0, Home: "/home/amy"} // what sudo without -H may leave
	m.Host.Environ = map[string]string{"HOME": "/home/amy"}
	r := ensure(t, m, serverGoal(t), truststore.ExitOK)
	wantFinding(t, r, truststore.CodeForeignHome)
	if after := tree(t, i.path("/home")); after != before {
		t.Error("the home was touched")
	}
	if bytes.Equal(read(t, system), openJDKRoots(t)) {
		t.Error("the machine's store was not served")
	}
}

func TestAllUsers(t *testing.T) {
	oracle.NeedRoot(t)
	i := newImage(t)
	amys := i.java("/home/amy/.sdkman/candidates/java/17.0.15")
	i.java("/usr/lib/jvm/java-17")
	i.give("/home/amy")
	m := i.machine()
	m.AllUsers = true
	r := ensure(t, m, serverGoal(t), truststore.ExitOK)
	if len(r.Stores) != 2 {
		t.Errorf("%d stores: %v", len(r.Stores), r.Findings)
	}
	if got := owner(t, amys); !strings.HasPrefix(got, "54322:54323") {
		t.Error(got)
	}
	undo(t, m, truststore.ExitOK)
	wantBytes(t, amys, openJDKRoots(t))
}

// A child that fails, or says nonsense, hides no other store.
func TestChildThatFails(t *testing.T) {
	oracle.NeedRoot(t)
	i := newImage(t)
	i.java("/home/amy/jdk")
	good := i.java("/opt/jdk")
	i.give("/home/amy")
	failed := errors.New("no process left")
	for name, runner := range map[string]host.UserRunner{
		"error":    func(context.Context, host.User, []byte) ([]byte, error) { return nil, failed },
		"nonsense": func(context.Context, host.User, []byte) ([]byte, error) { return []byte("{}"), nil },
		"nothing":  func(context.Context, host.User, []byte) ([]byte, error) { return nil, nil },
		"a problem without a reason": func(context.Context, host.User, []byte) ([]byte, error) {
			return []byte(`{"format":"hktrust.as-user/1","problems":[{"path":"/home/amy/x"}]}`), nil
		},
		"results of nothing": func(ctx context.Context, u host.User, request []byte) ([]byte, error) {
			answer, err := asUser(ctx, u, request)
			if bytes.Contains(request, []byte(`"op":"apply"`)) {
				answer = []byte(`{"format":"hktrust.as-user/1"}`)
			}
			return answer, err
		},
		"more results than changes": func(ctx context.Context, u host.User, request []byte) ([]byte, error) {
			answer, err := asUser(ctx, u, request)
			if _, results, ok := bytes.Cut(answer, []byte(`"results":[`)); ok {
				one, _, _ := bytes.Cut(results, []byte("]}"))
				answer = slices.Concat([]byte(`{"format":"hktrust.as-user/1","results":[`), one, []byte(","), one, []byte("]}"))
			}
			return answer, err
		},
		"no content": func(context.Context, host.User, []byte) ([]byte, error) {
			return []byte(`{"format":"hktrust.as-user/1","stores":[{"kind":"java","path":"/home/amy/x"}]}`), nil
		},
	} {
		m := i.machine(javaHomeAt("/home/amy/jdk"), javaHomeAt("/opt/jdk"))
		m.Host.AsUser = runner
		goal := ownGoal(javatest.NewPKI(t).Root)
		r := ensure(t, m, goal, truststore.ExitPartly)
		if name == "error" && !errors.Is(r.Err, failed) {
			t.Errorf("%s: %v", name, r.Err)
		}
		check(t, i.world.machine("test", good), goal, truststore.ExitOK)
	}
}

func TestServeUserRefuses(t *testing.T) {
	for name, request := range map[string]string{
		"nothing":         "",
		"no JSON":         "hello",
		"another format":  `{"format":"hktrust.as-user/2"}`,
		"no user":         `{"format":"hktrust.as-user/1","op":"read","store":{"kind":"java","path":"/etc/passwd"}}`,
		"another user":    `{"format":"hktrust.as-user/1","op":"read","user":{"uid":54329},"store":{"kind":"java","path":"/etc/passwd"}}`,
		"root":            `{"format":"hktrust.as-user/1","op":"read","user":{"uid":0},"store":{"kind":"java","path":"/etc/passwd"}}`,
		"no such request": `{"format":"hktrust.as-user/1","op":"rm","user":{"uid":-1}}`,
	} {
		var out bytes.Buffer
		err := truststore.ServeUser(context.Background(), strings.NewReader(request), &out)
		if err == nil && !strings.Contains(out.String(), `"error"`) {
			t.Errorf("%s: served: %s", name, out.String())
		}
	}
}
