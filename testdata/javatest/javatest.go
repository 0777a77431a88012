// Package javatest drives real Java installations in tests: keytool, what Java
// itself sees in a keystore, and whether a JVM trusts a TLS server.
//
// Nothing here is compiled into the product. A machine without a JDK skips the
// tests, as the package oracle describes.
package javatest

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// speed makes short-lived JVMs start faster; it changes nothing that they do.
var speed = []string{"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto"}

var (
	//go:embed Dump.java
	dumpSource []byte
	//go:embed TlsProbe.java
	probeSource []byte
	//go:embed CertificateJudge.java
	certificatesSource []byte
	//go:embed Judge.java
	judgeSource []byte
)

// Keytool runs keytool, fails the test if keytool fails, and returns what it
// printed.
func (j JDK) Keytool(t testing.TB, args ...string) string {
	t.Helper()
	out, err := j.TryKeytool(args...)
	if err != nil {
		t.Fatalf("keytool %q: %v\n%s", args, err, out)
	}
	return out
}

// TryKeytool runs keytool and returns what it printed, and the error if it
// failed.
func (j JDK) TryKeytool(args ...string) (string, error) {
	var all []string
	for _, option := range speed {
		all = append(all, "-J"+option)
	}
	return j.run("keytool", append(all, args...)...)
}

// Dump returns what Java sees in a keystore: a line an entry, sorted by alias,
// with kind, SHA-256 of key and certificates, attributes and, for a JKS file,
// dates. storeType is JKS, PKCS12 or JCEKS. A nil password is Java's null.
func (j JDK) Dump(t testing.TB, file, storeType string, password *string) string {
	t.Helper()
	out, err := j.TryDump(t, file, storeType, password)
	if err != nil {
		t.Fatalf("Java %d cannot load %s: %v\n%s", j.Major, file, err, out)
	}
	return out
}

// TryDump is Dump for a keystore that Java may refuse.
func (j JDK) TryDump(t testing.TB, file, storeType string, password *string) (string, error) {
	t.Helper()
	secret := "null"
	if password != nil {
		secret = "=" + hex.EncodeToString([]byte(*password))
	}
	return j.java("-cp", classes(t), "Dump", file, storeType, secret)
}

// TLS connects a JVM to addr (host:port) and returns "TRUSTED", or "REJECTED: "
// and the reason. An empty trustStore leaves the JVM its own jssecacerts or
// cacerts; a nil password sets none, as JVMs are usually run.
func (j JDK) TLS(t testing.TB, trustStore string, password *string, addr string) string {
	t.Helper()
	args := []string{"-cp", classes(t)}
	if trustStore != "" {
		args = append(args, "-Djavax.net.ssl.trustStore="+trustStore)
	}
	if password != nil {
		args = append(args, "-Djavax.net.ssl.trustStorePassword="+*password)
	}
	out, err := j.java(append(args, "TlsProbe", addr)...)
	if err != nil {
		t.Fatalf("TlsProbe on Java %d: %v\n%s", j.Major, err, out)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return lines[len(lines)-1] // after what the JVM says of variables
}

// Property returns a system property of a JVM that is started in a directory, "" for
// the test's own; false if it does not start.
func (j JDK) Property(t testing.TB, dir, property string, options ...string) (string, bool) {
	t.Helper()
	cmd := j.command("java", slices.Concat(speed, options, []string{"-XshowSettings:properties", "-version"})...)
	cmd.Dir = dir
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

// Security returns the security properties of a JVM that is started with options;
// false if it breaks for them.
func (j JDK) Security(t testing.TB, options ...string) (map[string]string, bool) {
	t.Helper()
	args := slices.Concat(options, []string{"-Djava.security.debug=properties", "-cp", classes(t), "TlsProbe", "127.0.0.1:1"})
	out, err := j.java(args...)
	properties := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)Initial security property: ([^=\n]+)=(.*)$`).FindAllStringSubmatch(out, -1) {
		properties[found[1]] = found[2]
	}
	return properties, err == nil && len(properties) > 0
}

// ProbeClasses returns a directory with what TLS runs, for any Java from 11 on;
// "" where nothing can compile it.
func ProbeClasses(t testing.TB) string {
	t.Helper()
	javac, err := exec.LookPath("javac")
	if err != nil {
		return ""
	}
	return cached(t, "probe-"+digest(probeSource), func(dir string) error {
		source := filepath.Join(dir, "TlsProbe.java")
		if err := os.WriteFile(source, probeSource, 0o600); err != nil {
			return err
		}
		out, err := exec.Command(javac, "--release", "11", "-d", dir, source).CombinedOutput()
		if err != nil {
			return fmt.Errorf("javac: %w\n%s", err, out)
		}
		return nil
	})
}

// Cacerts returns the path of the installation's own trust store.
func (j JDK) Cacerts() string { return filepath.Join(j.Home, "lib", "security", "cacerts") }

func (j JDK) java(args ...string) (string, error) {
	return j.run("java", append(append([]string{}, speed...), args...)...)
}

// run runs a program of the installation and returns what it printed.
func (j JDK) run(program string, args ...string) (string, error) {
	cmd := j.command(program, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// command is a program of the installation, ready to be started.
func (j JDK) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(j.Home, "bin", program), args...)
	cmd.Env = append(environ(), strings.FieldsFunc(j.environ, func(r rune) bool { return r == 0 })...)
	return cmd
}

// environ is the environment without the developer's own settings, in a locale
// in which arguments are UTF-8.
func environ() []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH", "LANG", "LC_ALL", "LANGUAGE":
		default:
			env = append(env, v)
		}
	}
	return append(env, "LC_ALL=C.UTF-8")
}

// classes returns the directory of the compiled Java programs.
func classes(t testing.TB) string {
	t.Helper()
	compiler := JDKs(t)[0]
	sources := map[string][]byte{
		"Dump.java": dumpSource, "TlsProbe.java": probeSource,
		"CertificateJudge.java": certificatesSource, "Judge.java": judgeSource,
	}
	key := digest(dumpSource, probeSource, certificatesSource, judgeSource, []byte(compiler.Version))
	return cached(t, "classes-"+key, func(dir string) error {
		args := []string{"-d", dir}
		for name, source := range sources {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, source, 0o600); err != nil {
				return err
			}
			args = append(args, path)
		}
		return compiler.build("javac", args...)
	})
}
