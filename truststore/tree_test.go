package truststore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/host"
)

// image is a file tree below a directory, with users of its own, as
// host.Host.Root describes it. Its ledger lies inside it.
type image struct {
	*world
	root string
}

// file writes one, and makes the directories that it needs.
func (i *image) file(path string, data []byte) {
	i.t.Helper()
	if err := os.MkdirAll(filepath.Dir(i.path(path)), 0o755); err != nil {
		i.t.Fatal(err)
	}
	write(i.t, i.path(path), data)
}

// amy owns a home directory in images; no such user need exist.
var amy = host.User{Name: "amy", UID: 54322, GID: 54323, Home: "/home/amy"}

func newImage(t testing.TB) *image {
	t.Helper()
	w := newWorld(t)
	i := &image{world: w, root: filepath.Join(w.dir, "image")}
	// Other users may look into it.
	for _, dir := range []string{filepath.Dir(w.dir), w.dir} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"etc", "home/amy", "root"} {
		if err := os.MkdirAll(filepath.Join(i.root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, i.path("/etc/passwd"), []byte("root:x:0:0:root:/root:/bin/sh\namy:x:54322:54323::/home/amy:/bin/sh\n"))
	return i
}

// path is where a path of the image lies.
func (i *image) path(path string) string { return filepath.Join(i.root, path) }

// java lays out an installation in the image and returns its cacerts.
func (i *image) java(home string) string {
	i.t.Helper()
	_, cacerts := i.javaHome("image", home)
	return cacerts
}

// give makes a tree amy's.
func (i *image) give(path string) {
	i.t.Helper()
	out, err := exec.Command(oracle.Need(i.t, "chown"), "-R", fmt.Sprintf("%d:%d", amy.UID, amy.GID), i.path(path)).CombinedOutput()
	if err != nil {
		i.t.Fatalf("chown: %v\n%s", err, out)
	}
}

func (i *image) machine(places ...truststore.Selector) *truststore.Machine {
	return &truststore.Machine{Host: &host.Host{Root: i.root, AsUser: asUser}, Owner: "test", Select: places}
}

func (i *image) receipts() []string { return receiptsIn(i.t, i.path("/var/lib/hktrust")) }

// asUser runs this test binary as the user, as the command does.
func asUser(ctx context.Context, u host.User, request []byte) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = []string{childVariable + "=" + childAsUser}
	cmd.Dir = "/"
	cmd.SysProcAttr = credential(u)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(request), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, stderr.String())
	}
	return stdout.Bytes(), nil
}

func javaHomeAt(path string) truststore.Selector {
	return truststore.Selector{Kind: truststore.KindJava, Path: path, Dir: true}
}

func discover(t *testing.T, m *truststore.Machine) []truststore.Info {
	t.Helper()
	stores, err := m.Discover(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var infos []truststore.Info
	for _, s := range stores {
		infos = append(infos, s.Info())
	}
	return infos
}

// Debian's JDKs link to one shared file: that is one store. All paths are the
// image's, absolute links, too, and nothing of this process's environment or
// of the machine outside counts.
func TestImageOfADebianMachine(t *testing.T) {
	i := newImage(t)
	outside := i.keystore("outside", "cacerts")
	elsewhere, _ := i.javaHome("elsewhere")
	t.Setenv("JAVA_HOME", elsewhere)
	t.Setenv("HOME", filepath.Dir(elsewhere))
	t.Setenv("XDG_STATE_HOME", filepath.Join(i.dir, "state"))

	shared := i.keystore("image", "etc/ssl/certs/java/cacerts")
	for _, home := range []string{"/usr/lib/jvm/java-17-openjdk-amd64", "/usr/lib/jvm/temurin-25-jdk-amd64"} {
		cacerts := i.java(home)
		os.Remove(cacerts)
		symlink(t, "/etc/ssl/certs/java/cacerts", cacerts)
	}
	symlink(t, "java-17-openjdk-amd64", i.path("/usr/lib/jvm/default-java"))
	// A link whose target exists outside, and inside under the same name.
	own := i.java("/opt/own")
	inside := i.keystore(filepath.Join("image", outside))
	os.Remove(own)
	symlink(t, outside, own)

	before := tree(t, filepath.Dir(outside), elsewhere)
	infos := discover(t, i.machine())
	if len(infos) != 2 {
		t.Fatalf("found %+v", infos)
	}
	for _, info := range infos {
		if info.Path == "/etc/ssl/certs/java/cacerts" && len(info.Links) != 2 {
			t.Errorf("links %v", info.Links)
		}
		if info.Scope != truststore.ScopeMachine {
			t.Errorf("%s is of scope %s", info.Path, info.Scope)
		}
	}
	goal := serverGoal(t)
	ensure(t, i.machine(), goal, truststore.ExitOK)
	for _, store := range []string{shared, inside} {
		check(t, i.world.machine("test", store), goal, truststore.ExitOK)
	}
	if len(i.receipts()) != 6 {
		t.Errorf("%d receipts in the image", len(i.receipts()))
	}
	undo(t, i.machine(), truststore.ExitOK)
	wantBytes(t, shared, openJDKRoots(t))
	wantBytes(t, inside, openJDKRoots(t))
	if after := tree(t, filepath.Dir(outside), elsewhere); after != before {
		t.Errorf("outside the image:\n%s\nbecame\n%s", before, after)
	}
	if _, err := os.Stat(i.state); err == nil {
		t.Error("a ledger was made outside the image")
	}
}

func TestJssecacertsIsEditedWhereItExists(t *testing.T) {
	w := newWorld(t)
	home, cacerts := w.javaHome("jdk")
	m := w.machine("test")
	m.Select = []truststore.Selector{javaHomeAt(home)}
	goal := serverGoal(t)
	ensure(t, m, goal, truststore.ExitOK)
	security := filepath.Dir(cacerts)
	if got := names(t, security); len(got) != 2 { // the backup
		t.Errorf("made %v", got)
	}
	jssecacerts := w.keystore("jdk", "lib", "security", "jssecacerts")
	if r := ensure(t, m, goal, truststore.ExitOK); !r.Changed || len(r.Stores) != 2 {
		t.Errorf("changed=%v, %d stores", r.Changed, len(r.Stores))
	}
	check(t, w.machine("test", jssecacerts), goal, truststore.ExitOK)
	undo(t, m, truststore.ExitOK)
	wantBytes(t, cacerts, openJDKRoots(t))
	wantBytes(t, jssecacerts, openJDKRoots(t))
}

// Places replace the search; a kind of store that was not asked for is not
// touched; nothing found is a finding.
func TestSelection(t *testing.T) {
	i := newImage(t)
	i.java("/usr/lib/jvm/one")
	i.java("/srv/two")
	java := truststore.Selector{Kind: truststore.KindJava}
	for name, test := range map[string]struct {
		places []truststore.Selector
		want   int
	}{
		"everything":          {nil, 1},
		"java":                {[]truststore.Selector{java}, 1},
		"nss":                 {[]truststore.Selector{{Kind: truststore.KindNSS}}, 0},
		"a home":              {[]truststore.Selector{javaHomeAt("/srv/two")}, 1},
		"a home as path":      {[]truststore.Selector{{Path: "/srv/two"}}, 1},
		"a file":              {[]truststore.Selector{{Path: "/srv/two/lib/security/cacerts"}}, 1},
		"a file and its home": {[]truststore.Selector{{Path: "/srv/two/lib/security/cacerts"}, javaHomeAt("/srv/two")}, 1},
		"java, in a home":     {[]truststore.Selector{java, {Kind: truststore.KindJava, Path: "/srv/two", Dir: true}}, 1},
		"nss, and a home":     {[]truststore.Selector{{Kind: truststore.KindNSS}, javaHomeAt("/srv/two")}, 1},
		"two homes":           {[]truststore.Selector{javaHomeAt("/srv/two"), javaHomeAt("/usr/lib/jvm/one")}, 2},
	} {
		if got := discover(t, i.machine(test.places...)); len(got) != test.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	r := ensure(t, i.machine(truststore.Selector{Kind: truststore.KindNSS}), serverGoal(t), truststore.ExitOK)
	wantFinding(t, r, truststore.CodeNoStores)
	// Of stores that nobody can read yet, nothing is known; that is no success.
	r = ensure(t, i.machine(truststore.Selector{Kind: truststore.KindPolicy}), serverGoal(t), truststore.ExitFailed)
	if !errors.Is(r.Err, truststore.ErrKindUnsupported) {
		t.Error(r.Err)
	}
	if r.Changed || len(i.receipts()) != 0 {
		t.Error("changed")
	}
	m := i.machine()
	m.Scope = truststore.ScopeUser
	if got := discover(t, m); len(got) != 0 {
		t.Errorf("scope user: %+v", got)
	}
	r = ensure(t, i.machine(javaHomeAt("/srv/missing")), serverGoal(t), truststore.ExitFailed)
	if !errors.Is(r.Err, os.ErrNotExist) {
		t.Error(r.Err)
	}
	r = ensure(t, i.machine(javaHomeAt("/srv/missing"), javaHomeAt("/srv/two")), serverGoal(t), truststore.ExitPartly)
	if !r.Changed {
		t.Error("the home that exists was not served")
	}
}

func TestParseSelector(t *testing.T) {
	for value, want := range map[string]truststore.Selector{
		"java":          {Kind: truststore.KindJava},
		"nss":           {Kind: truststore.KindNSS},
		"/a/b":          {Path: "/a/b"},
		"./cacerts":     {Path: "./cacerts"},
		`C:\a\cacerts`:  {Path: `C:\a\cacerts`},
		"java:/a/b":     {Kind: truststore.KindJava, Path: "/a/b"},
		"java:cacerts":  {Kind: truststore.KindJava, Path: "cacerts"},
		"java-user:/a":  {Kind: truststore.KindJavaUser, Path: "/a"},
		"unknown:/a/b":  {Path: "unknown:/a/b"},
		"system:/a=b.c": {Kind: truststore.KindSystem, Path: "/a=b.c"},
	} {
		if got, err := truststore.ParseSelector(value); err != nil || got != want {
			t.Errorf("%s: %+v, %v", value, got, err)
		}
	}
	for _, value := range []string{"", "jav", "Java", "cacerts", "java:"} {
		_, err := truststore.ParseSelector(value)
		if unknown := (*truststore.UnknownKindError)(nil); !errors.As(err, &unknown) || unknown.Value != value {
			t.Errorf("%q: %v", value, err)
		}
	}
}
