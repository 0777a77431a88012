package truststore_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// session is the machine seen by an ordinary user with a home directory, which
// is returned, too. The stores of Java Web Start are meant alone.
func (w *world) session() (*truststore.Machine, string) {
	w.t.Helper()
	h := w.host()
	home := h.Account.Home
	mkdir(w.t, home)
	if os.Geteuid() != 0 {
		h.Account.UID, h.Account.GID = os.Geteuid(), os.Getegid()
	} else if err := os.Chown(home, h.Account.UID, h.Account.GID); err != nil {
		w.t.Fatal(err)
	}
	return &truststore.Machine{
		Host: h, Owner: "test", Select: []truststore.Selector{{Kind: truststore.KindJavaUser}},
	}, home
}

func mkdir(t testing.TB, elem ...string) string {
	t.Helper()
	dir := filepath.Join(elem...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func wantITW(t *testing.T, itw javatest.IcedTeaWeb, home, addr string, trusted bool) {
	t.Helper()
	if got := itw.TLS(t, home, addr); (got == "TRUSTED") != trusted {
		t.Fatalf("IcedTea-Web says %s, want trusted=%v", got, trusted)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Where the user has IcedTea-Web's folder and no store in it yet, ensure makes
// the store and undo removes it.
func TestIcedTeaWebStoreIsMadeAndUnmade(t *testing.T) {
	t.Parallel()
	itw := javatest.NewIcedTeaWeb(t)
	pki := javatest.NewRSAPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	wantITW(t, itw, t.TempDir(), addr, false)

	w := newWorld(t)
	m, home := w.session()
	folder := mkdir(t, home, ".config", "icedtea-web")
	store := filepath.Join(folder, "security", "trusted.jssecacerts")
	check(t, m, ownGoal(pki.Root), truststore.ExitWrong)
	if exists(store) || exists(filepath.Dir(store)) {
		t.Fatal("Check made the store")
	}
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	if info, err := os.Stat(store); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the store that was made: %v, %v", info.Mode(), err)
	}
	wantITW(t, itw, home, addr, true)
	check(t, m, ownGoal(pki.Root), truststore.ExitOK)

	undo(t, m, truststore.ExitOK)
	if exists(store) {
		t.Error("undo left the store that ensure made")
	}
	w.wantReceipts(0)
	wantITW(t, itw, home, addr, false)
}

// A store that IcedTea-Web itself made, or somebody filled, is given back byte
// for byte; one that holds a PKCS#12 file under the JKS's name works as well.
func TestIcedTeaWebStoreIsEdited(t *testing.T) {
	t.Parallel()
	itw := javatest.NewIcedTeaWeb(t)
	for _, format := range []string{"empty", "JKS", "PKCS12"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			pki, other := javatest.NewRSAPKI(t), javatest.NewRSAPKI(t)
			addr := pki.Serve(t, pki.Issuing)
			w := newWorld(t)
			m, home := w.session()
			wantITW(t, itw, home, addr, false)
			store := filepath.Join(home, ".config", "icedtea-web", "security", "trusted.jssecacerts")
			if format != "empty" {
				if err := os.Remove(store); err != nil {
					t.Fatal(err)
				}
				keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storetype", format,
					"-storepass", "changeit", "-alias", "theirs", "-file", other.Root.File(t))
			}
			original := read(t, store)
			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			wantITW(t, itw, home, addr, true)
			wantITW(t, itw, home, other.Serve(t, other.Issuing), format != "empty")
			undo(t, m, truststore.ExitOK)
			wantITW(t, itw, home, addr, false)
			if format != "PKCS12" { // whose salts are new
				wantBytes(t, store, original)
			}
			if left := names(t, filepath.Dir(store)); slices.ContainsFunc(left, func(n string) bool { return strings.Contains(n, "hktrust") }) {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// What somebody else put into a store that we made keeps it in being.
func TestStoreMadeIsKeptWhereOthersUseIt(t *testing.T) {
	t.Parallel()
	pki, other := javatest.NewPKI(t), javatest.NewPKI(t)
	m, home := newWorld(t).session()
	store := filepath.Join(mkdir(t, home, ".config", "icedtea-web"), "security", "trusted.jssecacerts")
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storepass", "changeit",
		"-alias", "theirs", "-file", other.Root.File(t))
	undo(t, m, truststore.ExitOK)
	seen := view(t, store, "changeit")
	if !holds(seen, other.Root) || holds(seen, pki.Root) {
		t.Errorf("after undo Java sees\n%s", seen)
	}
}

// The Java Control Panel's store has no password, and is where its
// deployment.properties says.
func TestControlPanelStore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ properties, store string }{
		"its own place":          {"deployment.version=7.0\n", ".java/deployment/security/trusted.jssecacerts"},
		"no properties":          {"", ".java/deployment/security/trusted.jssecacerts"},
		"an absolute path":       {`deployment.user.security.trusted.jssecacerts=@HOME@/my\ stores/ca\:1`, "my stores/ca:1"},
		"a path below its place": {"deployment.user.security.trusted.jssecacerts : $USER_HOME/elsewhere/ca", ".java/deployment/elsewhere/ca"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pki := javatest.NewPKI(t)
			w := newWorld(t)
			m, home := w.session()
			folder := mkdir(t, home, ".java", "deployment")
			store := filepath.Join(home, test.store)
			if test.properties != "" {
				write(t, filepath.Join(folder, "deployment.properties"), []byte(strings.ReplaceAll(test.properties, "@HOME@", home)))
			}
			ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
			if !holds(view(t, store, ""), pki.Root) {
				t.Error("Java does not see the certificate under the empty password")
			}
			before := read(t, store)
			if r := ensure(t, m, ownGoal(pki.Root), truststore.ExitOK); r.Changed {
				t.Error("the second run changed something")
			}
			wantBytes(t, store, before)
			undo(t, m, truststore.ExitOK)
			if exists(store) {
				t.Error("undo left the store that ensure made")
			}
		})
	}
}

// A user's store that has a password of its own keeps it.
func TestControlPanelStoreWithPassword(t *testing.T) {
	t.Parallel()
	pki, other := javatest.NewPKI(t), javatest.NewPKI(t)
	w := newWorld(t)
	m, home := w.session()
	store := filepath.Join(mkdir(t, home, ".java", "deployment", "security"), "trusted.jssecacerts")
	keytool(t).Keytool(t, "-importcert", "-noprompt", "-keystore", store, "-storetype", "JKS",
		"-storepass", "of the user", "-alias", "theirs", "-file", other.Root.File(t))
	original := read(t, store)

	r := ensure(t, m, ownGoal(pki.Root), truststore.ExitPerson)
	if code := r.Stores[0].Changes[0].Blocked; code != truststore.CodePasswordRequired {
		t.Errorf("blocked by %q", code)
	}
	m.Password = func(context.Context, truststore.Info) (string, error) { return "wrong", nil }
	r = ensure(t, m, ownGoal(pki.Root), truststore.ExitPerson)
	if code := r.Stores[0].Changes[0].Blocked; code != truststore.CodeWrongPassword {
		t.Errorf("blocked by %q", code)
	}
	wantBytes(t, store, original)
	m.Password = func(context.Context, truststore.Info) (string, error) { return "of the user", nil }
	ensure(t, m, ownGoal(pki.Root), truststore.ExitOK)
	if !holds(view(t, store, "of the user"), pki.Root) {
		t.Error("Java does not see the certificate under the user's password")
	}
	undo(t, m, truststore.ExitOK)
	wantBytes(t, store, original)
}

// What an administrator locks, the user's deployment.properties cannot change.
func TestControlPanelStoreLockedByAdministrator(t *testing.T) {
	t.Parallel()
	const key = "deployment.user.security.trusted.jssecacerts"
	for _, locked := range []bool{true, false} {
		root := t.TempDir()
		at := func(path string) string { return filepath.Join(root, path) }
		for _, dir := range []string{"/etc/.java/deployment", "/home/amy/.java/deployment", "/srv"} {
			mkdir(t, at(dir))
		}
		write(t, at("/etc/.java/deployment/deployment.config"), []byte("deployment.system.config=file:/etc/.java/deployment/site.properties\n"))
		site := key + "=/srv/locked\n"
		if locked {
			site += key + ".locked\n"
		}
		write(t, at("/etc/.java/deployment/site.properties"), []byte(site))
		write(t, at("/home/amy/.java/deployment/deployment.properties"), []byte(key+"=/srv/own\n"))
		amy := host.User{Name: "amy", UID: os.Geteuid(), GID: os.Getegid(), Home: "/home/amy"}
		m := &truststore.Machine{
			Host: &host.Host{Root: root, Account: &amy}, Owner: "test", Select: []truststore.Selector{{Kind: truststore.KindJavaUser}},
		}
		ensure(t, m, ownGoal(javatest.NewPKI(t).Root), truststore.ExitOK)
		if exists(at("/srv/locked")) != locked || exists(at("/srv/own")) == locked {
			t.Errorf("locked=%v, made %v", locked, names(t, at("/srv")))
		}
	}
}

// A product that the user does not have is not given to the user.
func TestNoFolderNoStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m, home := w.session()
	before := tree(t, w.dir)
	r := ensure(t, m, serverGoal(t), truststore.ExitOK)
	wantFinding(t, r, truststore.CodeNoStores)
	if after := tree(t, w.dir); after != before || len(names(t, home)) > 0 {
		t.Errorf("something was made:\n%s", after)
	}
}
