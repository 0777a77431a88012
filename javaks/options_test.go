package javaks

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore/host"
)

// Each way to write the options means to us what it means to a JVM.
func TestOptionsAreTheJVMs(t *testing.T) {
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
			options, problems := EnvironmentOptions(h)
			got := options[0].Store.Value
			if source := options[0].Store.Source(); len(options) > 1 || source != "" && source != variable {
				t.Errorf("%s=%s: %+v", variable, value, options)
			}
			want, starts := jdk.With(variable, value).Property(t, dir, "javax.net.ssl.trustStore")
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
		want, starts := jdk.Property(t, dir, "p", "@"+file)
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

// Of options in several places the one counts that does for a JVM, and start
// scripts' own are told apart.
func TestOptionsOfSeveralVariables(t *testing.T) {
	jdk := javatest.JDKs(t)[0]
	const name, property = "javax.net.ssl.trustStore", "-Djavax.net.ssl.trustStore="
	variables := []string{"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS", "_JAVA_OPTIONS"}
	for set := range 1 << len(variables) {
		environ := map[string]string{}
		for i, v := range variables {
			if set&(1<<i) != 0 {
				environ[v] = property + "/" + v
			}
		}
		options, _ := EnvironmentOptions(&host.Host{Environ: environ})
		for i, o := range options {
			with, args := jdk, []string{}
			for v, value := range environ {
				if v != "JAVA_OPTS" {
					with = with.With(v, value)
				} else if i > 0 {
					args = append(args, value)
				}
			}
			if want, _ := with.Property(t, "", name, args...); o.Store.Value != want || o.Store.Given() && o.Store.Source() != path.Base(want) {
				t.Errorf("%v: %+v, a JVM says %q", environ, o.Store, want)
			}
		}
	}
	got, _ := EnvironmentOptions(&host.Host{Environ: map[string]string{
		"JAVA_TOOL_OPTIONS": property + "/a -Djavax.net.ssl.trustStorePassword=tool", "JAVA_OPTS": "-Djavax.net.ssl.trustStorePassword=script",
	}})
	if len(got) != 2 || got[0].Password.Value != "tool" || got[1].Password.Value != "script" || got[1].Store.Source() != "JAVA_TOOL_OPTIONS" {
		t.Errorf("%+v", got)
	}
}

// What is no keystore file is told apart: a type, a provider, nothing.
func TestOptionsThatLeadElsewhere(t *testing.T) {
	for options, want := range map[string]map[string]string{
		"":                             {"linux": "", "windows": "", "darwin": ""},
		"trustStoreType=Windows-ROOT":  {"linux": "", "windows": "Windows-ROOT", "darwin": ""},
		"trustStoreType=KeychainStore": {"linux": "", "windows": "", "darwin": "KeychainStore"},
		"trustStoreType=BCFKS":         {"linux": "BCFKS", "windows": "BCFKS"},
		"trustStoreProvider=SunPKCS11": {"linux": "SunPKCS11"},
		"trustStoreProvider=SUN":       {"linux": ""},
		"trustStoreType=jks":           {"linux": ""},
		"trustStoreType=":              {"linux": ""},
		"trustStore=NONE":              {"linux": "NONE", "windows": "NONE"},
		"trustStore=none":              {"linux": ""},
	} {
		got, _ := EnvironmentOptions(&host.Host{Environ: map[string]string{"_JAVA_OPTIONS": "-Djavax.net.ssl." + options}})
		for goos, other := range want {
			if elsewhere := got[0].Elsewhere(goos); elsewhere != other {
				t.Errorf("%s on %s: %q", options, goos, elsewhere)
			}
		}
	}
}

// What a running JVM was told on its command line, relative to where it runs, and
// in its environment, and not what its program was told.
func TestRunningOptions(t *testing.T) {
	jdk := javatest.JDKs(t)[0]
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "args"), []byte("-Djavax.net.ssl.trustStore='my store.jks' -Djavax.net.ssl.trustStoreType=JKS"), 0o600); err != nil {
		t.Fatal(err)
	}
	jdk.With("_JAVA_OPTIONS", "-Djavax.net.ssl.trustStoreType=PKCS12").With("JAVA_TOOL_OPTIONS", "-Djavax.net.ssl.trustStorePassword=x -Djavax.net.ssl.trustStore=/no").
		Start(t, dir, "-cp", "/tmp", "@args")
	for _, o := range RunningOptions(t.Context(), nil) {
		if o.Store.Value == filepath.Join(dir, "my store.jks") && o.Home == jdk.Home && strings.HasPrefix(o.Store.Source(), "PID ") &&
			o.Type.Value == "PKCS12" && o.Password.Value == "x" && !o.Partial {
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
			trustOptions([]sourced{{"x", jvmOptions(list)}})
		}
	})
}
