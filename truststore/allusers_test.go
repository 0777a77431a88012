package truststore_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
)

// TestCommandForAllUsers runs the command as root on a machine with accounts of
// its own making: it serves every home as the one whose home it is.
func TestCommandForAllUsers(t *testing.T) {
	oracle.NeedRoot(t)
	if namespace.Enter(t, "/home") {
		if err := os.RemoveAll("/var/lib/hktrust"); err != nil {
			t.Fatal(err)
		}
		commandForAllUsers(t)
	}
}

// local is a local account in the test's namespace.
type local struct {
	t    *testing.T
	name string
	uid  int
}

// newAccount adds an account, with a home directory, to the machine.
func newAccount(t *testing.T, name string, uid int) local {
	t.Helper()
	u := local{t, name, uid}
	f, err := os.OpenFile("/etc/passwd", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "%s:x:%d:%d::%s:/bin/sh\n", name, uid, uid, u.at()); err != nil {
		t.Fatal(err)
	}
	u.dir()
	u.own()
	return u
}

func (u local) at(elem ...string) string {
	return filepath.Join(append([]string{"/home", u.name}, elem...)...)
}

func (u local) dir(elem ...string) string { return mkdir(u.t, u.at(elem...)) }

// own makes everything in the home the user's.
func (u local) own() {
	u.t.Helper()
	err := filepath.WalkDir(u.at(), func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(path, u.uid, u.uid))
	})
	if err != nil {
		u.t.Fatal(err)
	}
}

func (u local) wantOwner(path, mode string) {
	u.t.Helper()
	if got, want := owner(u.t, path), fmt.Sprintf("%d:%d %s", u.uid, u.uid, mode); got != want {
		u.t.Errorf("%s: %s, want %s", path, got, want)
	}
}

func commandForAllUsers(t *testing.T) {
	hktrust := buildCommand(t)
	jre := javatest.JRE(t)
	pki := javatest.NewPKI(t)
	cert := filepath.Join(t.TempDir(), "root.pem")
	write(t, cert, pki.Root.PEM())
	roots := openJDKRoots(t)

	amy := newAccount(t, "amy", 61001) // a JDK of her own, and IcedTea-Web
	cacerts := filepath.Join(amy.dir(".sdkman/candidates/java/17.0.15-tem/lib/security"), "cacerts")
	write(t, filepath.Join(amy.dir(".sdkman/candidates/java/17.0.15-tem/bin"), "java"), nil)
	write(t, cacerts, roots)
	amy.dir(".config/icedtea-web")
	made := amy.at(".config/icedtea-web/security/trusted.jssecacerts")
	amy.own()
	chmod(t, cacerts, 0o640)
	chmod(t, amy.at(), 0o700)

	bob := newAccount(t, "bob", 61002) // a store of the Java Control Panel
	panel := filepath.Join(bob.dir(".java/deployment/security"), "trusted.jssecacerts")
	write(t, panel, roots)
	bob.own()
	chmod(t, panel, 0o600)

	carol := newAccount(t, "carol", 61003) // a home that nobody may look into
	chmod(t, carol.at(), 0)

	eve := newAccount(t, "eve", 61004) // a link to what is not hers
	secret := filepath.Join(mkdir(t, "/etc/secret"), "cacerts")
	write(t, secret, roots)
	symlink(t, secret, filepath.Join(eve.dir(".config/icedtea-web/security"), "trusted.jssecacerts"))
	eve.own()

	service := newAccount(t, "service", 61005) // a "home" that is another's
	service.dir(".config/icedtea-web")
	if err := os.Chown(service.at(), 0, 0); err != nil {
		t.Fatal(err)
	}

	run := func(exit truststore.Exit, args ...string) *truststore.Report {
		t.Helper()
		cmd := exec.Command(hktrust, append(args, "--json")...)
		cmd.Env = []string{"HOME=/nonexistent", "PATH=/usr/bin:/bin"}
		out, err := cmd.Output()
		if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
			t.Fatal(err)
		}
		var r truststore.Report
		if err := json.Unmarshal(out, &r); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		if code := truststore.Exit(cmd.ProcessState.ExitCode()); code != exit || r.Exit != exit {
			t.Fatalf("%v: exit %d, in the report %d, want %d\n%s", args, code, r.Exit, exit, out)
		}
		return &r
	}
	r := run(truststore.ExitPartly, "ensure", "--all-users", "--scope", "user", "--cert", cert)
	for path, status := range map[string]truststore.Status{
		cacerts: truststore.StatusChanged, made: truststore.StatusChanged, panel: truststore.StatusChanged,
		secret: truststore.StatusBlocked,
	} {
		i := slices.IndexFunc(r.Stores, func(s truststore.StoreReport) bool { return s.Info.Path == path })
		if i < 0 || r.Stores[i].Status != status || r.Stores[i].Info.Owner == nil {
			t.Errorf("%s: want %s in %+v", path, status, r.Stores)
		}
	}
	if !slices.ContainsFunc(r.Stores, func(s truststore.StoreReport) bool {
		return s.Status == truststore.StatusUnknown && strings.HasPrefix(s.Info.Path, carol.at())
	}) {
		t.Errorf("carol's home is not reported unknown: %+v", r.Stores)
	}
	for _, file := range []struct{ path, password string }{{cacerts, "changeit"}, {made, "changeit"}, {panel, "changeit"}} {
		if !holds(view(t, file.path, file.password), pki.Root) {
			t.Errorf("%s does not hold the certificate", file.path)
		}
	}
	amy.wantOwner(cacerts, "-rw-r-----")
	amy.wantOwner(made, "-rw-------")
	amy.wantOwner(filepath.Dir(made), "drwx------")
	bob.wantOwner(panel, "-rw-------")
	wantBytes(t, secret, roots)
	if exists(service.at(".config/icedtea-web/security")) {
		t.Error("a home that is not the user's own was served")
	}
	addr := pki.Serve(t, pki.Issuing)
	if got := jre.TLS(t, cacerts, nil, addr); got != "TRUSTED" {
		t.Errorf("with amy's cacerts Java says %s", got)
	}
	// Root's ledger holds all; nobody's home has one.
	if got := receiptsIn(t, "/var/lib/hktrust"); len(got) < 3 {
		t.Errorf("%d receipts", len(got))
	}
	for _, u := range []local{amy, bob, eve} {
		if exists(u.at(".local")) {
			t.Errorf("a ledger in the home of %s", u.name)
		}
	}

	run(truststore.ExitOK, "undo")
	wantBytes(t, cacerts, roots)
	wantBytes(t, panel, roots)
	wantBytes(t, secret, roots)
	amy.wantOwner(cacerts, "-rw-r-----")
	if exists(made) {
		t.Error("undo left the store that ensure made")
	}
	if got := names(t, filepath.Dir(cacerts)); len(got) != 1 {
		t.Errorf("left beside amy's cacerts: %v", got)
	}
	if got := names(t, filepath.Dir(panel)); len(got) != 1 {
		t.Errorf("left beside bob's store: %v", got)
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// buildCommand builds hktrust where every user may run it from.
func buildCommand(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "hktrust")
	out, err := exec.Command(oracle.Need(t, "go"), "build", "-o", program, "./cmd/hktrust").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}
