package truststore_test

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
)

// refusing are the codes that say that JVMs which are started in the environment
// trust nobody, or not by the store that was looked at.
var refusing = []truststore.Code{
	truststore.CodeStoreOverridden, truststore.CodeOptionElsewhere, truststore.CodeOptionNone, truststore.CodeOptionType,
	truststore.CodeOptionPassword, truststore.CodeOptionNoPassword, truststore.CodePasswordedCA, truststore.CodeSecurityUnknown, truststore.CodeJavaEmpty,
}

// refused is the first of these codes that a diagnosis tells of with weight.
func refused(d *truststore.Diagnosis) truststore.Code {
	for _, p := range d.Problems {
		if slices.Contains(refusing, p.Code) && p.Level != truststore.LevelNote {
			return p.Code
		}
	}
	return ""
}

// Of every way to tell JVMs something of trust, in whatever variables, it is said
// where, and only where, a JVM that is started with it cannot connect. Check, verify
// and doctor agree, and nobody shows a password.
func TestJavaOptionsAreToldOf(t *testing.T) {
	t.Parallel()
	jre := javatest.JRE(t)
	pki := javatest.NewPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	dir := t.TempDir()
	store := func(name, format string, options ...string) string {
		path := filepath.Join(dir, name)
		keytool(t).Keytool(t, slices.Concat(options, []string{"-importcert", "-noprompt", "-alias", "root", "-file", pki.Root.File(t), "-keystore", path, "-storetype", format, "-storepass", "changeit"})...)
		return path
	}
	jks, p12, jceks := store("jks", "JKS"), store("p12", "PKCS12"), store("jceks", "JCEKS")
	open := store("open", "PKCS12", passwordless...)
	void := store("void", "JKS")
	keytool(t).Keytool(t, "-delete", "-alias", "root", "-keystore", void, "-storepass", "changeit")
	const prefix = "-Djavax.net.ssl.trustStore"
	right, wrong := prefix+"Password=changeit", prefix+"Password=secret-of-somebody"
	named := func(path string) string { return prefix + "=" + path }
	tool := func(options ...string) map[string]string {
		return map[string]string{"JAVA_TOOL_OPTIONS": strings.Join(options, " ")}
	}
	last := func(first map[string]string, options ...string) map[string]string {
		out := maps.Clone(first)
		out["_JAVA_OPTIONS"] = strings.Join(options, " ")
		return out
	}
	security := func(name, text string) string {
		path := filepath.Join(dir, name)
		write(t, path, []byte(text))
		return "-Djava.security.properties=" + path
	}
	strict := security("strict", "keystore.type.compat=false\n")
	for _, test := range []struct {
		cacerts string
		environ map[string]string
	}{
		{jks, tool()},
		{void, tool()},
		{jks, tool(wrong)},
		{p12, tool()},
		{p12, tool(right)},
		{p12, tool(wrong)},
		{open, tool(wrong)},
		{jks, last(tool(wrong), right)},
		{jks, last(tool(right), wrong)},
		{jks, last(tool(named("/not/there")), wrong)},
		{jks, tool(named("/not/there"))},
		{jks, tool(prefix + "=")},
		{jks, tool(named("NONE"))},
		{open, tool(prefix + "Type=JCEKS")},
		{jceks, tool()},
		{jceks, tool(prefix+"Type=JCEKS", right)},
		{jks, tool(prefix + "Type=Windows-ROOT")},
		{jks, tool(prefix + "Type=")},
		{jks, tool(prefix + "Provider=SunJSSE")},
		{jks, tool(prefix + "Provider=Nobody")},
		{jks, tool(strict)},
		{jks, tool(strict, prefix+"Type=jks")},
		{p12, tool(strict, right)},
		{jks, tool(security("strict-jks", "keystore.type.compat=false\nkeystore.type=JKS"))},
		{jks, tool(security("harmless", "networkaddress.cache.ttl=3"))},
		{jks, tool(security("trust-manager", "ssl.TrustManagerFactory.algorithm=Nobody's"))},
		{jks, tool(strings.Replace(strict, "=", "==", 1))},
		{jks, last(tool(strict), "-Djava.security.properties=/not/there")},
	} {
		write(t, jre.Cacerts(), read(t, test.cacerts))
		w := newWorld(t)
		m := w.machine("test")
		m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: jre.Home, Dir: true}}
		jvm := jre
		for name, value := range test.environ {
			m.Host.Environ[name] = value
			jvm = jvm.With(name, value)
		}
		what := filepath.Base(test.cacerts) + " " + test.environ["JAVA_TOOL_OPTIONS"] + " " + test.environ["_JAVA_OPTIONS"]
		d, err := m.Diagnose(t.Context(), truststore.Symptom{})
		if d == nil {
			t.Fatal(err)
		}
		// A JCEKS that nobody names as one is of an unknown form to JVMs: that is
		// said of the store itself.
		code, trusted := refused(d), jvm.TLS(t, "", nil, addr) == "TRUSTED"
		if trusted != (code == "") {
			t.Errorf("%s: doctor says %q, trusted by Java: %v", what, code, trusted)
		}
		if v, _ := m.Verify(t.Context(), [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.VerifyOptions{}); v.Verdicts[0].OK() != trusted {
			t.Errorf("%s: %+v, trusted by Java: %v", what, v.Verdicts[0], trusted)
		}
		if r, _ := m.Check(t.Context(), ownGoal(pki.Root)); (r.Exit == truststore.ExitOK) != trusted {
			t.Errorf("%s: check exits %d, trusted by Java: %v", what, r.Exit, trusted)
		}
		for _, p := range slices.Concat(d.Problems, d.Notes) {
			for _, arg := range p.Args {
				if strings.Contains(arg, "secret-of") || strings.Contains(arg, "changeit") {
					t.Errorf("the password is shown in %v", p.Args)
				}
			}
		}
	}
}

// A password in Java's options is told of where, and only where, a JVM that is
// given it cannot connect by the store that the options name.
func TestDoctorOfPasswordsInOptions(t *testing.T) {
	jdk := javatest.JDKs(t)[0]
	pki := javatest.NewPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	right, wrong := "changeit", "secret-of-somebody"
	for _, format := range []string{"JKS", "PKCS12"} {
		w := newWorld(t)
		store := filepath.Join(w.dir, "named.ks")
		jdk.Keytool(t, "-importcert", "-noprompt", "-alias", "root", "-file", pki.Root.File(t), "-keystore", store, "-storetype", format, "-storepass", right)
		for name, password := range map[string]*string{"none": nil, "right": &right, "wrong": &wrong} {
			m := w.machine("test", store)
			m.Host.Environ["JAVA_TOOL_OPTIONS"] = "-Djavax.net.ssl.trustStore=" + store
			if password != nil { // in another variable
				m.Host.Environ["JDK_JAVA_OPTIONS"] = "-Djavax.net.ssl.trustStorePassword=" + *password
			}
			d, err := m.Diagnose(t.Context(), truststore.Symptom{})
			if d == nil {
				t.Fatal(err)
			}
			answer := jdk.TLS(t, store, password, addr)
			if told := refused(d); (told == "") != (answer == "TRUSTED") {
				t.Errorf("%s, %s: %q is said, and Java says %s", format, name, told, answer)
			}
		}
	}
}

// With options that it cannot read, Java does not start.
func TestDoctorOfMalformedOptions(t *testing.T) {
	w := newWorld(t)
	home, _ := w.javaHome("jdk")
	m := w.machine("test", home)
	m.Host.Environ["JAVA_TOOL_OPTIONS"] = "-Dx='a"
	d, err := m.Diagnose(t.Context(), truststore.Symptom{})
	if err == nil || d.Exit != truststore.ExitWrong || d.Problems[0].Code != truststore.CodeOptionUnread {
		t.Errorf("%v %+v", err, d.Problems)
	}
	jdk := javatest.JDKs(t)[0]
	if _, starts := jdk.With("JAVA_TOOL_OPTIONS", "-Dx='a").Property(t, "", "x"); starts {
		t.Error("Java starts")
	}
}

// Security properties that options add are heeded in a verdict, or it is not known.
func TestVerifyHeedsSecurityProperties(t *testing.T) {
	t.Parallel()
	jre := javatest.JRE(t)
	pki := javatest.NewPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	jre.Keytool(t, "-importcert", "-noprompt", "-alias", "root", "-file", pki.Root.File(t), "-keystore", jre.Cacerts(), "-storepass", "changeit")
	for text, want := range map[string]truststore.Answer{
		"jdk.certpath.disabledAlgorithms=EC keySize < 300": truststore.AnswerRefused,
		"jdk.certpath.disabledAlgorithms=EC keySize < 200": truststore.AnswerTrusted,
		"crypto.policy=limited":                            truststore.AnswerUnknown,
	} {
		w := newWorld(t)
		file := filepath.Join(w.dir, "security")
		write(t, file, []byte(text))
		m := w.machine("test")
		m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: jre.Home, Dir: true}}
		const variable = "JDK_JAVA_OPTIONS"
		m.Host.Environ[variable] = "-Djava.security.properties=" + file
		v, err := m.Verify(t.Context(), [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.VerifyOptions{})
		if v == nil || len(v.Verdicts) != 1 {
			t.Fatal(err)
		}
		trusted := jre.With(variable, m.Host.Environ[variable]).TLS(t, "", nil, addr) == "TRUSTED"
		if got := v.Verdicts[0].Answer; got != want || got != truststore.AnswerUnknown && trusted != (got == truststore.AnswerTrusted) {
			t.Errorf("%s: %s (%s), trusted by Java: %v", text, got, v.Verdicts[0].Why, trusted)
		}
		if want == truststore.AnswerUnknown {
			if r, _ := m.Check(t.Context(), ownGoal(pki.Root)); r.Exit != truststore.ExitFailed {
				t.Errorf("%s: check exits %d", text, r.Exit)
			}
		}
	}
}

// Options that name a store which is not there make Java read cacerts, though a
// jssecacerts be beside it.
func TestMissingStorePassesOverJssecacerts(t *testing.T) {
	t.Parallel()
	jre := javatest.JRE(t)
	pki := javatest.NewPKI(t)
	addr := pki.Serve(t, pki.Issuing)
	write(t, filepath.Join(filepath.Dir(jre.Cacerts()), "jssecacerts"), read(t, jre.Cacerts()))
	jre.Keytool(t, "-importcert", "-noprompt", "-alias", "root", "-file", pki.Root.File(t), "-keystore", jre.Cacerts(), "-storepass", "changeit")
	for _, named := range []string{"", "/not/there"} {
		w := newWorld(t)
		m := w.machine("test")
		m.Select = []truststore.Selector{{Kind: truststore.KindJava, Path: jre.Home, Dir: true}}
		jvm := jre
		if named != "" {
			m.Host.Environ["JAVA_TOOL_OPTIONS"] = "-Djavax.net.ssl.trustStore=" + named
			jvm = jre.With("JAVA_TOOL_OPTIONS", m.Host.Environ["JAVA_TOOL_OPTIONS"])
		}
		trusted := jvm.TLS(t, "", nil, addr) == "TRUSTED"
		v, _ := m.Verify(t.Context(), [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.VerifyOptions{})
		by := map[string]truststore.Answer{}
		for _, verdict := range v.Verdicts {
			by[filepath.Base(verdict.Store.Path)] = verdict.Answer
		}
		if trusted != (named != "") || trusted != (by["cacerts"] == truststore.AnswerTrusted) || trusted == (by["jssecacerts"] == truststore.AnswerRefused) {
			t.Errorf("%q: %v, trusted by Java: %v", named, by, trusted)
		}
		d, _ := m.Diagnose(t.Context(), truststore.Symptom{})
		for _, p := range slices.Concat(d.Problems, d.Notes) {
			if p.Code == truststore.CodeStoreShadowed && trusted || p.Code == truststore.CodeStoreOverridden && !trusted {
				t.Errorf("%q: %s is told", named, p.Code)
			}
		}
	}
}

// A keystore that options name is as wanted only where JVMs with the options see
// what is in it.
func TestNamedKeystoreIsHeldToItsOptions(t *testing.T) {
	w, pki := newWorld(t), javatest.NewPKI(t)
	data, err := javaks.New(javaks.PKCS12, "changeit", nil)
	if err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(w.dir, "named.p12")
	write(t, store, data)
	ensure(t, w.machine("test", store), ownGoal(pki.Root), truststore.ExitOK)
	for options, want := range map[string]truststore.Exit{
		"":                                    truststore.ExitOK,
		"-Djavax.net.ssl.trustStore=" + store: truststore.ExitWrong,
		"-Djavax.net.ssl.trustStore=" + store + " -Djavax.net.ssl.trustStorePassword=wrong":    truststore.ExitWrong,
		"-Djavax.net.ssl.trustStore=" + store + " -Djavax.net.ssl.trustStorePassword=changeit": truststore.ExitOK,
		"-Djavax.net.ssl.trustStore=" + store + ".other":                                       truststore.ExitOK,
		"-Djavax.net.ssl.trustStore=" + store + " -Djavax.net.ssl.trustStoreType=JKS":          truststore.ExitWrong,
	} {
		m := w.machine("test", store)
		m.Host.Environ["JAVA_TOOL_OPTIONS"] = options
		check(t, m, ownGoal(pki.Root), want)
	}
}
