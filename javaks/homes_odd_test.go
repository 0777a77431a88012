package javaks

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/host"
)

// runtime makes an installation without a java program, as jpackage and
// jlink --strip-native-commands do, and returns dir as FindHomes gives it.
func (m tree) runtime(dir string) string {
	m.t.Helper()
	m.write(dir+"/lib/modules", "")
	m.write(dir+"/lib/security/cacerts", "store")
	return m.Join(dir)
}

// A Linux machine with everything at odd places.
func TestHomesAtOddPlaces(t *testing.T) {
	m := newTree(t, "linux")
	var want []string
	for _, dir := range []string{
		"/usr/share/elasticsearch/jdk", "/usr/share/logstash/jdk", "/usr/share/opensearch/jdk", // Elastic's and OpenSearch's packages
		"/opt/elasticsearch-8.15.0/jdk", // and archives
		"/opt/atlassian/jira/jre", "/opt/atlassian/confluence/jre",
		"/opt/jfrog/artifactory/app/third-party/java",
		"/opt/bitnami/java",
		"/opt/ibm/java", "/opt/IBM/WebSphere/AppServer/java/8.0", "/opt/ibm/java-x86_64-80",
		"/usr/lib64/graalvm/graalvm22-ce-java17",
		"/usr/share/dbeaver-ce/jre", "/opt/TeamCity/jre", "/opt/sqldeveloper/jdk",
		"/opt/idea-IC-243/jbr", "/opt/youtrack/internal/java/linux-x64",
		"/usr/sap/ABC/D00/exe/sapjvm_8",
		"/u01/app/oracle/product/19.0.0/dbhome_1/jdk",
		"/usr/local/MATLAB/R2024b/sys/java/jre/glnxa64/jre",
		"/home/amy/BurpSuiteCommunity/jre",
	} {
		want = append(want, m.java(dir))
	}
	for _, dir := range []string{"/opt/payroll/lib/runtime", "/home/amy/ledger/lib/runtime", "/opt/stripped"} {
		want = append(want, m.runtime(dir))
	}
	homes := m.homes()
	got := make([]string, len(homes))
	for i, h := range homes {
		got[i] = h.Dir
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Where bin/java is a link, Java's home is where it leads.
func TestHomesOfALinkedProgram(t *testing.T) {
	m := newTree(t, "linux")
	keg := m.java("/keg/libexec")
	m.link("/keg/bin/java", "../libexec/bin/java")
	m.Environ["JAVA_HOME"] = "/keg"
	if diff := cmp.Diff([]string{"JAVA_HOME " + keg}, found(m.homes())); diff != "" {
		t.Error(diff)
	}
	if home, err := HomeAt(m.Host, "/keg"); err != nil || home.Dir != keg {
		t.Errorf("HomeAt = %+v, %v", home, err)
	}
	// Whose an installation is depends on where it lies, not on the link.
	m.link("/home/amy/java/bin/java", "/keg/libexec/bin/java")
	m.Environ["JAVA_HOME"] = "/home/amy/java"
	me, _ := m.Me()
	if homes := FindHomes(t.Context(), m.Host, HomeSearch{User: &me}).Homes; len(homes) > 0 {
		t.Errorf("the machine's installation is taken for the user's: %v", homes)
	}
}

// /usr has a java program, a lib/modules directory and, on some machines, a
// lib/security directory. It is no installation.
func TestHomesAreNotUsr(t *testing.T) {
	m := newTree(t, "linux")
	m.write("/usr/bin/java", "")
	m.write("/usr/lib/modules/6.1.0/kernel", "")
	m.write("/usr/lib/security/pam.so", "")
	if homes := m.homes(); len(homes) > 0 {
		t.Errorf("found %v", homes)
	}
}

// A store that a distribution makes anew is one also where its path is a link to
// another file.
func TestHomesManagedThroughALink(t *testing.T) {
	m := newTree(t, "linux")
	const shared, hook = "/etc/ssl/certs/java/cacerts", "/etc/ca-certificates/update.d/java-cacerts"
	dir := m.java("/usr/lib/jvm/java-21-openjdk")
	if err := os.Remove(m.real(dir + "/lib/security/cacerts")); err != nil {
		t.Fatal(err)
	}
	m.write("/usr/share/java-common/cacerts", "store")
	m.link(dir+"/lib/security/cacerts", "../../../../../../etc/ssl/certs/java/cacerts")
	m.link(shared, "/usr/share/java-common/cacerts")
	m.write(hook, "")
	store := m.homes()[0].Stores[0]
	if store.Managed != ManagedByAlpine || store.Resolved != "/usr/share/java-common/cacerts" {
		t.Errorf("store %+v", store)
	}
}

// The search below a directory finds what no pattern expects and says where it
// stopped; other file systems are not entered.
func TestHomesBelow(t *testing.T) {
	m := newTree(t, "linux")
	want := []string{
		"search " + m.java("/data/vendor/product/1.0/embedded/java-runtime"),
		"search " + m.java8("/data/old/jdk8"),
		"search " + m.runtime("/data/a/b/c/d/e/f/g/h"),
	}
	m.java("/data" + strings.Repeat("/x", maxWalkDepth+1))
	m.java("/elsewhere/jdk-of-nobody")
	m.link("/data/link", "/elsewhere")
	all := FindHomes(t.Context(), m.Host, HomeSearch{Machine: true, Dirs: []string{"/data", "/none"}})
	homes, problems := all.Homes, all.Problems
	slices.Sort(want)
	if diff := cmp.Diff(want, found(homes)); diff != "" {
		t.Error(diff)
	}
	if len(problems) != 1 || problems[0].Path != "/none" {
		t.Errorf("problems: %v", problems)
	}
}

// "Nothing found" can say where was looked.
func TestPlaces(t *testing.T) {
	for _, goos := range []string{"linux", "darwin", "windows", "freebsd"} {
		m := newTree(t, goos)
		me, _ := m.Me()
		all := FindHomes(t.Context(), m.Host, HomeSearch{Machine: true, User: &me, Dirs: []string{"/data"}}).Places
		if len(all) < 20 || len(all) > 500 {
			t.Errorf("%s: %d places", goos, len(all))
		}
		for _, want := range []string{"$JAVA_HOME", "$PATH", "/data", m.Join(me.Home, ".sdkman/candidates/java/*")} {
			if !slices.Contains(all, want) {
				t.Errorf("%s: %s is not among the places", goos, want)
			}
		}
		if hklm := `HKLM\SOFTWARE\JavaSoft\JDK`; slices.Contains(all, hklm) != (goos == "windows") {
			t.Errorf("%s: the registry: %q", goos, all)
		}
	}
}

// A nil host and a relative directory are this machine's.
func TestSearchesOfTheZeroHost(t *testing.T) {
	if problems := FindHomes(t.Context(), nil, HomeSearch{}).Problems; len(problems) > 0 {
		t.Errorf("problems: %v", problems)
	}
	FindUserStores(t.Context(), nil, host.User{UID: os.Getuid(), Home: t.TempDir()})
	dir := t.TempDir()
	t.Chdir(dir)
	m := tree{t, &host.Host{Root: "/"}}
	m.java(dir + "/jdk")
	home, err := HomeAt(nil, "jdk")
	if resolved, _ := filepath.EvalSymlinks(dir); err != nil || home.Dir != filepath.Join(resolved, "jdk") {
		t.Errorf("HomeAt = %+v, %v", home, err)
	}
	if _, err := HomeAt(nil, "none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("HomeAt: %v", err)
	}
}

// A runtime that jlink has stripped is found where it runs, and a JDK at a place
// that no pattern knows by the program that uses it.
func TestHomesOfRunningJVMs(t *testing.T) {
	jdk := javatest.JDKs(t)[0]
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	image := filepath.Join(dir, "odd", "image")
	out, err := exec.Command(filepath.Join(jdk.Home, "bin", "jlink"), "--add-modules", "java.base,jdk.jshell", "--output", image).CombinedOutput()
	if err != nil {
		t.Fatalf("jlink: %v: %s", err, out)
	}
	if home, err := HomeAt(nil, image); err != nil || home.Dir != image {
		t.Fatalf("HomeAt = %+v, %v", home, err)
	}
	// jshell is not called java: its libjvm tells.
	jshell := exec.Command(filepath.Join(image, "bin", "jshell"), "-")
	stdin, err := jshell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := jshell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := jshell.Start(); err != nil {
		t.Fatal(err)
	}
	defer jshell.Wait()
	defer stdin.Close()
	stdin.Write([]byte("System.out.println(\"running\")\n"))
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("jshell: %q, %v", line, err)
	}
	me, err := (&host.Host{}).Me()
	if err != nil {
		t.Fatal(err)
	}
	homes := FindHomes(t.Context(), nil, HomeSearch{Machine: true, User: &me}).Homes
	if !slices.Contains(found(homes), "running "+image) {
		t.Errorf("found %q", found(homes))
	}
}

// Where the whole machine is somebody's home, as of services and in containers,
// its directories are not searched as homes are.
func TestHomesWhereTheRootIsAHome(t *testing.T) {
	for home, want := range map[string]int{"/": 0, "/home/x": 1} {
		m := newTree(t, "linux")
		m.java(m.Join(home, "tools", "jbr"))
		user := host.User{Name: "x", UID: 1000, Home: home}
		if found := FindHomes(t.Context(), m.Host, HomeSearch{User: &user}); len(found.Homes) != want {
			t.Errorf("%s: %+v, %v", home, found.Homes, found.Problems)
		}
	}
}
