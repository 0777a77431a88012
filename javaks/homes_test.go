package javaks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/host"
)

// tree is a machine made of files below a temporary directory.
type tree struct {
	t testing.TB
	*host.Host
}

func newTree(t testing.TB, goos string) tree {
	amy := host.User{Name: "amy", UID: 1000, GID: 1000, Home: "/home/amy"}
	switch goos {
	case "darwin":
		amy.Home = "/Users/amy"
	case "windows":
		amy.Home, amy.UID, amy.GID = `C:\Users\amy`, -1, -1
	}
	return tree{t, &host.Host{
		Root: t.TempDir(), OS: goos, Account: &amy, Accounts: []host.User{amy},
		Environ: map[string]string{},
	}}
}

// real is where a path of the machine lies; "/" may separate its elements.
func (m tree) real(path string) string { return m.Real(m.Join(path)) }

func (m tree) write(path, content string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.real(path)), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.real(path), []byte(content), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m tree) link(path, target string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.real(path)), 0o755); err != nil {
		m.t.Fatal(err)
	}
	oracle.Symlink(m.t, target, m.real(path))
}

// java makes an installation such as a JDK since version 9, and returns dir
// as Homes gives it.
func (m tree) java(dir string) string {
	m.t.Helper()
	m.launcher(dir)
	m.write(dir+"/lib/security/cacerts", "store")
	return m.Join(dir)
}

// java8 makes a JDK 8, whose JRE is a directory of its own.
func (m tree) java8(dir string) string {
	m.t.Helper()
	m.launcher(dir)
	m.launcher(dir + "/jre")
	m.write(dir+"/jre/lib/security/cacerts", "store")
	return m.Join(dir)
}

func (m tree) launcher(dir string) {
	m.t.Helper()
	if m.GOOS() == "windows" {
		m.write(dir+"/bin/java.exe", "")
	} else {
		m.write(dir+"/bin/java", "")
	}
}

// homes searches machine and user and expects no problem.
func (m tree) homes() []Home {
	m.t.Helper()
	homes, problems := m.search()
	for _, p := range problems {
		m.t.Errorf("problem: %v", p)
	}
	return homes
}

func (m tree) search() ([]Home, []*PlaceError) {
	me, err := m.Me()
	if err != nil {
		m.t.Fatal(err)
	}
	all := FindHomes(context.Background(), m.Host, HomeSearch{Machine: true, User: &me})
	return all.Homes, all.Problems
}

// found renders homes as "source dir", sorted.
func found(homes []Home) []string {
	out := []string{}
	for _, h := range homes {
		out = append(out, h.Source+" "+h.Dir)
	}
	slices.Sort(out)
	return out
}

// Debian's /usr/lib/jvm: links for each version, a directory that only holds
// javadoc, a dangling link, and one cacerts for all.
func TestHomesOfDebian(t *testing.T) {
	m := newTree(t, "linux")
	const jdk17, jdk21 = "/usr/lib/jvm/java-17-openjdk-amd64", "/usr/lib/jvm/java-21-openjdk-amd64"
	m.write("/etc/ssl/certs/java/cacerts", "shared")
	for _, jdk := range []string{jdk17, jdk21} {
		m.launcher(jdk)
		m.write(jdk+"/lib/security/blocked.certs", "")
		m.link(jdk+"/lib/security/cacerts", "/etc/ssl/certs/java/cacerts")
	}
	m.write(jdk17+"/release", "IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"17.0.15\"\n")
	m.link("/usr/lib/jvm/java-1.17.0-openjdk-amd64", "java-17-openjdk-amd64")
	m.link("/usr/lib/jvm/java-1.11.0-openjdk-amd64", "java-11-openjdk-amd64")
	m.write("/usr/lib/jvm/openjdk-17/src.zip", "")
	m.write("/usr/lib/jvm/.java-1.17.0-openjdk-amd64.jinfo", "")
	m.link("/etc/alternatives/java", jdk17+"/bin/java")
	m.link("/usr/bin/java", "/etc/alternatives/java")
	m.Environ["PATH"] = "/usr/local/bin:/usr/bin:bin"

	shared := func(dir string) []StoreFile {
		return []StoreFile{{
			Path: dir + "/lib/security/cacerts", Resolved: "/etc/ssl/certs/java/cacerts",
			Name: "cacerts", Managed: ManagedByDebian,
		}}
	}
	want := []Home{
		{Dir: jdk17, Source: "PATH", Version: "17.0.15", Vendor: "Debian", Stores: shared(jdk17)},
		{Dir: jdk21, Source: "system", Stores: shared(jdk21)},
	}
	if diff := cmp.Diff(want, m.homes()); diff != "" {
		t.Error(diff)
	}
}

// jssecacerts takes the place of cacerts for JSSE, so both must be seen.
func TestHomesTellJssecacerts(t *testing.T) {
	m := newTree(t, "linux")
	m.java("/opt/jdk-25")
	m.write("/opt/jdk-25/lib/security/jssecacerts", "store")
	var names []string
	for _, s := range m.homes()[0].Stores {
		names = append(names, s.Name)
	}
	if want := []string{"cacerts", "jssecacerts"}; !slices.Equal(names, want) {
		t.Errorf("stores %q, want %q", names, want)
	}
}

// A JDK 8 has java twice and is one installation, whichever was found.
func TestHomesOfJDK8(t *testing.T) {
	m := newTree(t, "linux")
	dir := m.java8("/opt/jdk1.8.0_452")
	m.Environ["JRE_HOME"] = dir + "/jre"
	m.Environ["PATH"] = dir + "/jre/bin:" + dir + "/bin"
	homes := m.homes()
	if diff := cmp.Diff([]string{"JRE_HOME " + dir}, found(homes)); diff != "" {
		t.Fatal(diff)
	}
	if got, want := homes[0].Stores[0].Path, dir+"/jre/lib/security/cacerts"; got != want {
		t.Errorf("store %s, want %s", got, want)
	}
}

// What lies in the user's home is the user's, whatever led there, and the
// rest the machine's.
func TestHomesByScope(t *testing.T) {
	m := newTree(t, "linux")
	machine, user := m.java("/opt/jdk"), m.java("/home/amy/.sdkman/candidates/java/25-tem")
	m.link("/home/amy/.jenv/versions/17", "/opt/jdk")
	m.link("/opt/jdk-of-amy", user)
	m.Environ["JAVA_HOME"] = user
	m.Environ["PATH"] = machine + "/bin"
	me, _ := m.Me()

	for _, c := range []struct {
		name   string
		search HomeSearch
		want   []string
	}{
		{"machine", HomeSearch{Machine: true}, []string{"PATH " + machine}},
		{"user", HomeSearch{User: &me}, []string{"JAVA_HOME " + user}},
		{"both", HomeSearch{Machine: true, User: &me}, []string{"JAVA_HOME " + user, "PATH " + machine}},
		{"none", HomeSearch{}, []string{}},
	} {
		all := FindHomes(context.Background(), m.Host, c.search)
		homes, problems := all.Homes, all.Problems
		if diff := cmp.Diff(c.want, found(homes)); diff != "" || len(problems) > 0 {
			t.Errorf("%s: %v\n%s", c.name, problems, diff)
		}
	}
}

// The environment is the process's: it says nothing about another user.
func TestHomesOfAnotherUserIgnoreTheEnvironment(t *testing.T) {
	m := newTree(t, "linux")
	m.java("/srv/mine")
	his := m.java("/home/bob/.sdkman/candidates/java/21-tem")
	m.Environ["JAVA_HOME"] = "/srv/mine"
	m.Environ["SDKMAN_DIR"] = "/home/amy/.sdkman"
	bob := host.User{Name: "bob", UID: 1001, GID: 1001, Home: "/home/bob"}
	all := FindHomes(context.Background(), m.Host, HomeSearch{Machine: true, User: &bob})
	homes, problems := all.Homes, all.Problems
	if diff := cmp.Diff([]string{"sdkman " + his}, found(homes)); diff != "" || len(problems) > 0 {
		t.Error(problems, diff)
	}
}

// What cannot be looked at is said; it is not the same as not being there.
func TestHomesTellProblems(t *testing.T) {
	m := newTree(t, "linux")
	m.link("/usr/lib/jvm/loop", "loop")
	broken := m.java("/opt/broken")
	if err := os.Remove(m.real("/opt/broken/lib/security/cacerts")); err != nil {
		t.Fatal(err)
	}
	m.link("/opt/broken/lib/security/cacerts", "/etc/ssl/certs/java/cacerts")
	m.java("/opt/odd")
	m.write("/opt/odd/lib/security/jssecacerts/x", "")
	m.write("/opt/odd/release", strings.Repeat("x", maxRelease+1))
	m.Environ["JAVA_HOME"] = "/nowhere"
	m.write("/opt/empty/readme", "")
	m.Environ["JAVA_HOME_17_X64"] = "/opt/empty"
	m.Environ["GRAALVM_HOME"] = "/nowhere/loop"

	homes, problems := m.search()
	if diff := cmp.Diff([]string{"system " + broken, "system /opt/odd"}, found(homes)); diff != "" {
		t.Error(diff)
	}
	for path, want := range map[string]error{
		"/usr/lib/jvm/loop": nil, "/opt/broken": ErrNoStore,
		"/opt/odd/lib/security/jssecacerts": host.ErrNotRegular, "/opt/odd/release": host.ErrTooLarge,
		"/nowhere": ErrNotJavaHome, "/opt/empty": ErrNotJavaHome,
	} {
		i := slices.IndexFunc(problems, func(p *PlaceError) bool { return p.Path == path })
		if i < 0 {
			t.Errorf("no problem for %s", path)
		} else if want != nil && !errors.Is(problems[i], want) {
			t.Errorf("problem %v, want %v", problems[i], want)
		}
	}
	if len(problems) != 6 {
		t.Errorf("problems: %v", problems)
	}
}

// Run by root, JAVA_HOME and PATH may point into somebody's home.
func TestHomesElevatedLeaveOthersAlone(t *testing.T) {
	oracle.NeedRoot(t)
	m := newTree(t, "linux")
	root := host.User{Name: "root", Home: "/root"}
	bob := host.User{Name: "bob", UID: 1001, GID: 1001, Home: "/home/bob"}
	m.Account, m.Accounts = &root, []host.User{root, bob}
	his := m.java("/home/bob/jdk")
	if err := os.Chown(m.real("/home/bob"), bob.UID, bob.GID); err != nil {
		t.Fatal(err)
	}
	mine := m.java("/root/.sdkman/candidates/java/25")
	m.Environ["JAVA_HOME"] = his
	m.Environ["PATH"] = his + "/bin:/usr/bin"

	homes, problems := m.search()
	if diff := cmp.Diff([]string{"sdkman " + mine}, found(homes)); diff != "" {
		t.Error(diff)
	}
	var other *host.OtherUserError
	if len(problems) != 1 || !errors.As(problems[0], &other) || other.User.Name != "bob" {
		t.Errorf("problems %v, want one of bob's", problems)
	}
}

func TestHomesStopWithContext(t *testing.T) {
	m := newTree(t, "linux")
	m.java("/opt/jdk")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	all := FindHomes(ctx, m.Host, HomeSearch{Machine: true})
	homes, problems := all.Homes, all.Problems
	if len(homes) != 0 || len(problems) != 1 || !errors.Is(problems[0], context.Canceled) {
		t.Errorf("Homes = %v, %v", homes, problems)
	}
}

func TestHomeAt(t *testing.T) {
	m := newTree(t, "darwin")
	mac := m.java("/jdk/temurin.jdk/Contents/Home")
	old := m.java8("/jdk/8")
	app := m.java("/app/jre")
	m.write("/usr/bin/java", "")
	for dir, want := range map[string]string{
		"/jdk/temurin.jdk": mac, mac: mac, old: old, old + "/jre": old, "/app": app, "/app/jre/": app,
	} {
		home, err := HomeAt(m.Host, dir)
		if err != nil || home.Dir != want || len(home.Stores) != 1 || home.Source != "dir" {
			t.Errorf("HomeAt(%s) = %+v, %v; want %s", dir, home, err, want)
		}
	}
	for dir, want := range map[string]error{
		"/usr": ErrNotJavaHome, "/jdk": ErrNotJavaHome, "/usr/bin/java": ErrNotJavaHome,
		"/none": fs.ErrNotExist, "/none/none": fs.ErrNotExist, "relative": nil,
	} {
		if home, err := HomeAt(m.Host, dir); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("HomeAt(%s) = %+v, %v; want %v", dir, home, err, want)
		}
	}
}

// The real installations of this machine say of themselves what we read.
func TestHomesAgreeWithJava(t *testing.T) {
	oracle.Need(t, "java")
	h := &host.Host{}
	all := FindHomes(t.Context(), h, HomeSearch{Machine: true})
	homes, problems := all.Homes, all.Problems
	for _, p := range problems {
		t.Log(p)
	}
	if len(homes) == 0 {
		t.Fatal("java is on PATH but no installation was found")
	}
	for _, home := range homes {
		java := filepath.Join(home.Dir, "bin", "java")
		out, err := exec.CommandContext(t.Context(), java, "-XshowSettings:properties", "-version").CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", java, err, out)
		}
		for property, value := range map[string]string{
			"java.home": home.Dir, "java.version": home.Version, "java.vendor": home.Vendor,
		} {
			if !bytes.Contains(out, fmt.Appendf(nil, "    %s = %s\n", property, value)) {
				t.Errorf("%s: %s is not %q\n%s", java, property, value, out)
			}
		}
	}
}

// BenchmarkHomes is a search that finds forty installations.
func BenchmarkHomes(b *testing.B) {
	m := newTree(b, "linux")
	for i := range 20 {
		m.java(fmt.Sprintf("/usr/lib/jvm/java-%d", i))
		m.java(fmt.Sprintf("/home/amy/.sdkman/candidates/java/%d-tem", i))
	}
	for b.Loop() {
		if homes, _ := m.search(); len(homes) != 40 {
			b.Fatal(len(homes))
		}
	}
}
