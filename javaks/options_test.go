package javaks

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/host"
)

// javaProperty returns a system property of a JVM that is started with a variable
// set in a directory; false if it does not start.
func javaProperty(jdk javatest.JDK, dir, variable, value, property string, args ...string) (string, bool) {
	cmd := exec.Command(filepath.Join(jdk.Home, "bin", "java"), append(args, "-XX:TieredStopAtLevel=1", "-XshowSettings:properties", "-version")...)
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C.UTF-8", variable + "=" + value}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", false
	}
	found := regexp.MustCompile(`(?m)^    ` + regexp.QuoteMeta(property) + ` = (.*)$`).FindSubmatch(out)
	if found == nil {
		return "", true
	}
	return string(found[1]), true
}

// Each way to write the options means to us what it means to a JVM.
func TestNamedStoresAreTheJVMs(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "args")
	const property = "-Djavax.net.ssl.trustStore="
	if err := os.WriteFile(file, []byte("# a comment\n-Dx=1 \""+property+"/of a\\\\file\"\n-Dy='2 3'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	jdk := javatest.JDKs(t)[0]
	for _, value := range []string{
		"", property + "/a.jks", "-Dx=1 " + property + "/a.jks\t-Dy=2", property + "/a " + property + "/b",
		`"` + property + `/with space"`, property + `'/with space'`, property + `/a" "b`, property + `/back\slash`,
		"-Dx='" + property + "/no'", property + "/a'b",
		"@" + file, "-XX:Flags=.hotspotrc " + property + "/c", "-XX:VMOptionsFile=" + file,
	} {
		for _, variable := range []string{"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"} {
			h := &host.Host{Environ: map[string]string{variable: value}}
			stores, problems := NamedStores(h)
			got := ""
			if len(stores) > 0 {
				if stores[0].Source != variable || len(stores) > 1 {
					t.Errorf("%s=%s: %+v", variable, value, stores)
				}
				got = stores[0].Path
			}
			want, starts := javaProperty(jdk, dir, variable, value, trustStoreProperty)
			if !starts {
				// A JVM that does not start reads no store.
				if len(problems) == 0 && strings.Contains(value, "a'b") {
					t.Errorf("%s=%s: no problem", variable, value)
				}
				continue
			}
			if got != want {
				t.Errorf("%s=%s: %q, a JVM says %q", variable, value, got, want)
			}
		}
	}
}

// A file of arguments is read as the launcher reads it.
func TestArgFilesAreTheLaunchers(t *testing.T) {
	jdk := javatest.JDKs(t)[0]
	dir := t.TempDir()
	for _, text := range []string{
		"-Dp=plain", "-Dp='a b'", "-Dp=\"a\\tb\\\\c\"", "'-Dp=it\\'s'", "-Dp=un\\quoted", "\"-Dp=a\\\n   b\"",
		"# -Dp=no\n-Dp=yes\n", "-Dp=a\r\n-Dq=b", "-Dp=a\"b\"'c'", "-Dp=a\n#-Dp=b", "-Dp=\"unterminated\n",
	} {
		file := filepath.Join(dir, "args")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		want, starts := javaProperty(jdk, dir, "X", "", "p", "@"+file)
		got := ""
		for _, word := range splitArgFile(text) {
			if value, ok := strings.CutPrefix(word, "-Dp="); ok {
				got = value
			}
		}
		if want = strings.ReplaceAll(want, `\t`, "\t"); starts && got != want {
			t.Errorf("%q: %q, the launcher says %q", text, got, want)
		}
	}
}

func TestNamedStoreOfEachVariable(t *testing.T) {
	h := &host.Host{Environ: map[string]string{
		"JAVA_TOOL_OPTIONS": "-Djavax.net.ssl.trustStore=NONE -Djavax.net.ssl.trustStoreType=Windows-ROOT",
		"JAVA_OPTS":         "-Xmx1g -Djavax.net.ssl.trustStore=rel.p12 -Djavax.net.ssl.trustStorePassword=secret",
		"JDK_JAVA_OPTIONS":  "-Djavax.net.ssl.trustStorePassword=alone",
		"_JAVA_OPTIONS":     "-Djavax.net.ssl.trustStore=/x -Djavax.net.ssl.trustStore=",
	}}
	got, problems := NamedStores(h)
	want := []NamedStore{
		{Source: "JAVA_TOOL_OPTIONS", Path: "NONE", Type: "Windows-ROOT"},
		{Source: "JAVA_OPTS", Path: "rel.p12", Password: new("secret")},
	}
	if diff := cmp.Diff(want, got); diff != "" || len(problems) > 0 {
		t.Error(problems, diff)
	}
}

// A type that no keystore file has, or a provider, leads away from cacerts
// though no path is given.
func TestNamedStoreByTypeAlone(t *testing.T) {
	for options, away := range map[string]bool{
		"-Djavax.net.ssl.trustStoreType=Windows-ROOT": true, "-Djavax.net.ssl.trustStoreType=BCFKS": true,
		"-Djavax.net.ssl.trustStoreProvider=SunPKCS11": true,
		"-Djavax.net.ssl.trustStoreType=jks":           false, "-Djavax.net.ssl.trustStoreType=PKCS12": false, "-Djavax.net.ssl.trustStoreType=": false,
	} {
		got, _ := NamedStores(&host.Host{Environ: map[string]string{"JAVA_TOOL_OPTIONS": options}})
		if (len(got) == 1 && got[0].Path == "NONE") != away || !away && len(got) > 0 {
			t.Errorf("%s: %+v", options, got)
		}
	}
}

// The store that a running JVM was told on its command line, relative to where it
// runs, and not what its program was told.
func TestRunningNamedStores(t *testing.T) {
	jdk := javatest.JDKs(t)[0]
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "args"), []byte("-Djavax.net.ssl.trustStore='my store.jks'"), 0o600); err != nil {
		t.Fatal(err)
	}
	jdk.Start(t, dir, "-cp", "/tmp", "@args")
	for _, s := range RunningNamedStores(t.Context(), nil) {
		if s.Path == filepath.Join(dir, "my store.jks") && s.Home == jdk.Home && strings.HasPrefix(s.Source, "PID ") {
			return
		}
	}
	t.Error("the store is not named")
}

func FuzzSplitOptions(f *testing.F) {
	f.Add("-Da='b c' \"d\\\n e\" # f\n@g")
	f.Fuzz(func(t *testing.T, text string) {
		words, _ := splitOptions(text)
		for _, list := range [][]string{words, splitArgFile(text)} {
			if n := len(strings.Join(list, "")); n > len(text) {
				t.Errorf("%d bytes of %d", n, len(text))
			}
			namedStore(jvmOptions(list))
		}
	})
}
