package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/testdata/tlsclient"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/asuser"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// hktrust runs in scripts as itself. Where the tests run as root, it becomes
// an ordinary user first, whose ledger is in the script's directory; a script
// that sets AS_ROOT gets root, with a private /var/lib.
func TestMain(m *testing.M) {
	tlsclient.Main()
	if asuser.Serve() {
		return // the child of a script's hktrust
	}
	testscript.Main(m, map[string]func(){
		"hktrust": func() {
			become(os.Getenv("AS_ROOT"))
			main()
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUp,
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ecertfile":   ecertfile,
			"exits":       exits,
			"interrupted": interrupted,
			"jdk":         jdk,
			"jre":         jre,
			"keystore":    keystore,
			"keytool":     keytool,
			"lock":        lock,
			"need":        need,
			"own":         own,
			"pki":         pki,
			"report":      report,
			"same":        same,
			"tls":         tls,
			"trusts":      trusts,
			"diagnosis":   diagnosis,
			"badentry":    badEntry,
			"catalogue":   catalogue,
			"remedies":    remedies,
			"resigner":    resigner,
			"screen":      screen,
		},
	})
}

func setUp(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, "home")
	if err := os.MkdirAll(home, 0o755); err != nil {
		return err
	}
	env.Setenv("HOME", home)
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
	env.Setenv("JAVA_HOME", "")
	for _, slug := range []string{"root-ca-1", "root-ca-2", "root-ca-3", "ecert-ssl-ca-3-17-2025", "ecert-ev-ssl-ca-3-17-2025"} {
		c, _ := hkpost.BySlug(slug)
		env.Setenv(strings.ToUpper(strings.ReplaceAll(slug, "-", "_")), c.SHA256.String())
	}
	examples, err := filepath.Abs("../../../examples")
	if err != nil {
		return err
	}
	env.Setenv("EXAMPLES", examples)
	env.Values["tester"] = env.T()
	return handOver(env.WorkDir)
}

func condition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0 && namespace.Possible() == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// tester is the script as the test that it is, for helpers that want one: what
// they find missing skips the script and no other.
func tester(ts *testscript.TestScript) testing.TB { return ts.Value("tester").(testing.TB) }

// need program… skips the script where a program is missing, as the tests do.
func need(ts *testscript.TestScript, _ bool, args []string) {
	for _, program := range args {
		oracle.Need(tester(ts), program)
	}
}

// exits N program args… runs a program and wants its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code program args…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if failure := (*exec.ExitError)(nil); errors.As(err, &failure) {
		got = failure.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// interrupted FIFO args… runs hktrust until it reads the pipe, interrupts it,
// and wants exit code 130.
func interrupted(ts *testscript.TestScript, _ bool, args []string) {
	fifo := ts.MkAbs(args[0])
	makeFIFO(ts, fifo)
	// The bound keeps a run that cannot be interrupted from hanging the tests.
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "hktrust", args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"HOME", "XDG_STATE_HOME", "PATH"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	ts.Check(cmd.Start())
	pipe, err := os.OpenFile(fifo, os.O_WRONLY, 0) // waits for a reader
	ts.Check(err)
	defer pipe.Close()
	ts.Check(cmd.Process.Signal(os.Interrupt))
	cmd.Wait()
	if got := cmd.ProcessState.ExitCode(); got != int(truststore.ExitInterrupted) {
		ts.Fatalf("exit code %d (%v), want 130\n%s%s", got, cmd.ProcessState, stdout.String(), stderr.String())
	}
}

// jre DIR makes a Java runtime of the script's own.
func jre(ts *testscript.TestScript, _ bool, args []string) {
	made := javatest.JRE(tester(ts))
	ts.Check(os.Rename(made.Home, ts.MkAbs(args[0])))
	ts.Check(handOver(ts.MkAbs(args[0])))
}

// jdk DIR lays out a Java installation without programs that run.
func jdk(ts *testscript.TestScript, _ bool, args []string) {
	home := ts.MkAbs(args[0])
	for _, dir := range []string{"bin", "lib/security"} {
		ts.Check(os.MkdirAll(filepath.Join(home, dir), 0o755))
	}
	ts.Check(os.WriteFile(filepath.Join(home, "bin", "java"), nil, 0o755))
	ts.Check(os.WriteFile(filepath.Join(home, "release"), []byte("JAVA_VERSION=\"17.0.15\"\n"), 0o644))
	keystore(ts, false, []string{filepath.Join(home, "lib/security/cacerts")})
	ts.Check(handOver(home))
}

// keystore FILE… makes copies of OpenJDK's own cacerts.
func keystore(ts *testscript.TestScript, _ bool, args []string) {
	data, err := os.ReadFile(javatest.JRE(tester(ts)).Cacerts())
	ts.Check(err)
	for _, name := range args {
		ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(name)), 0o755))
		ts.Check(os.WriteFile(ts.MkAbs(name), data, 0o644))
		ts.Check(handOver(filepath.Dir(ts.MkAbs(name))))
	}
}

// keytool args… runs the keytool of the oldest JDK.
func keytool(ts *testscript.TestScript, neg bool, args []string) {
	program := filepath.Join(javatest.JDKs(tester(ts))[0].Home, "bin", "keytool")
	if err := ts.Exec(program, args...); (err != nil) != neg {
		ts.Fatalf("keytool: %v", err)
	}
}

// pki DIR makes a root, an issuing CA and a leaf, each as PEM and DER, and
// serves TLS with them: $DIR_full sends the leaf and its issuer, $DIR_leaf the
// leaf alone. $DIR_root is the root's fingerprint.
func pki(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	p := javatest.NewPKI(tester(ts))
	for name, c := range map[string]javatest.Certificate{"root": p.Root, "issuing": p.Issuing, "leaf": p.Leaf} {
		ts.Check(os.WriteFile(filepath.Join(dir, name+".pem"), c.PEM(), 0o644))
		ts.Check(os.WriteFile(filepath.Join(dir, name+".der"), c.Raw, 0o644))
		id := fmt.Sprintf("%x", c.SHA256())
		ts.Setenv(args[0]+"_"+name, id)
		ts.Setenv(args[0]+"_"+name+"_16", id[:16])
	}
	both := append(p.Root.PEM(), p.Issuing.PEM()...)
	ts.Check(os.WriteFile(filepath.Join(dir, "both.pem"), both, 0o644))
	ts.Setenv(args[0]+"_addr_full", p.Serve(tester(ts), p.Issuing))
	ts.Setenv(args[0]+"_addr_leaf", p.Serve(tester(ts)))
	ts.Check(handOver(dir))
}

// tls JRE ADDRESS wants a JVM to trust a server; with !, to reject it.
func tls(ts *testscript.TestScript, neg bool, args []string) {
	got := javatest.JDK{Home: ts.MkAbs(args[0])}.TLS(tester(ts), "", nil, args[1])
	if (got == "TRUSTED") == neg {
		ts.Fatalf("Java says %s", got)
	}
}

// trusts FILE SHA256… wants Java to see the certificates in a JKS file; with !,
// not to see any of them.
func trusts(ts *testscript.TestScript, neg bool, args []string) {
	view := javatest.JDKs(tester(ts))[0].Dump(tester(ts), ts.MkAbs(args[0]), "JKS", nil)
	for _, id := range args[1:] {
		if strings.Contains(view, " trusted "+id) == neg {
			ts.Fatalf("%s: there=%v", id, neg)
		}
	}
}

// own FILE… gives files that the script made to the user that hktrust runs as.
func own(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Check(handOver(ts.MkAbs(name)))
	}
}

// lock DIR holds the lock that guards the files of a directory until the script ends.
func lock(ts *testscript.TestScript, _ bool, args []string) {
	l := flock.New(ts.MkAbs(args[0]), flock.SetFlag(os.O_RDONLY))
	if ok, err := l.TryLock(); !ok {
		ts.Fatalf("cannot lock: %v", err)
	}
	ts.Defer(func() { l.Close() })
}

// same A B… wants all files to have the same content.
func same(ts *testscript.TestScript, neg bool, args []string) {
	for _, other := range args[1:] {
		if (ts.ReadFile(args[0]) == ts.ReadFile(other)) == neg {
			ts.Fatalf("%s and %s: same=%v", args[0], other, neg)
		}
	}
}

// ecertfile NAME… copies e-Cert files that the tests have.
func ecertfile(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		data, err := os.ReadFile(ecertFile(name))
		ts.Check(err)
		file := ts.MkAbs(name + ".p12")
		ts.Check(os.WriteFile(file, data, 0o600))
		ts.Check(handOver(file))
	}
}

// report checks that standard output is one document of a published schema.
func report(ts *testscript.TestScript, _ bool, _ []string) {
	if err := checkDocument([]byte(ts.ReadFile("stdout"))); err != nil {
		ts.Fatalf("%v", err)
	}
}

// Every exit code has a script of its name.
func TestEveryExitCodeHasAScript(t *testing.T) {
	for _, code := range []truststore.Exit{
		truststore.ExitOK, truststore.ExitFailed, truststore.ExitUsage, truststore.ExitWrong, truststore.ExitElevation,
		truststore.ExitPartly, truststore.ExitBusy, truststore.ExitPerson, truststore.ExitInterrupted,
	} {
		pattern := fmt.Sprintf("testdata/script/exit%d_*.txtar", code)
		if found, _ := filepath.Glob(pattern); len(found) == 0 {
			t.Errorf("no script %s", pattern)
		}
	}
}

// Without a script a run as root would write to this machine's ledger.
func TestRootIsTested(t *testing.T) {
	namespace.Need(t)
}
