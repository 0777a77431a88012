package truststore_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"

	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

// world is a machine of a test's own: its user is not elevated, so that its
// ledger lies in the user's state directory and not in that of the machine
// that runs the test.
type world struct {
	t     testing.TB
	dir   string // everything is below it
	state string // XDG_STATE_HOME
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir()}
	w.state = filepath.Join(w.dir, "state")
	return w
}

// ledger is the directory of the ledger.
func (w *world) ledger() string { return filepath.Join(w.state, "hktrust") }

// host describes an ordinary user's session without a Java of its own.
func (w *world) host() *host.Host {
	home := filepath.Join(w.dir, "home")
	return &host.Host{
		Account: &host.User{Name: "tester", UID: 54321, GID: 54321, Home: home},
		Environ: map[string]string{"HOME": home, "XDG_STATE_HOME": w.state},
	}
}

// machine is the machine seen by an owner, with the stores at the given places.
func (w *world) machine(owner string, places ...string) *truststore.Machine {
	m := &truststore.Machine{Host: w.host(), Owner: owner}
	for _, p := range places {
		m.Select = append(m.Select, truststore.Selector{Path: p})
	}
	return m
}

// keystore puts OpenJDK's own cacerts, a JKS of some hundred roots, at a path
// below the world.
func (w *world) keystore(elem ...string) string {
	w.t.Helper()
	path := filepath.Join(append([]string{w.dir}, elem...)...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	write(w.t, path, openJDKRoots(w.t))
	return path
}

// openJDKRoots is the cacerts that jlink gives to a runtime.
func openJDKRoots(t testing.TB) []byte {
	t.Helper()
	roots.Lock()
	defer roots.Unlock()
	if roots.data == nil {
		roots.data = read(t, javatest.JRE(t).Cacerts())
	}
	return bytes.Clone(roots.data)
}

var roots struct {
	sync.Mutex
	data []byte
}

// javaHome lays out a Java installation that has no program in it; nothing of
// it is run.
func (w *world) javaHome(elem ...string) (home, cacerts string) {
	w.t.Helper()
	home = filepath.Join(append([]string{w.dir}, elem...)...)
	if err := os.MkdirAll(filepath.Join(home, "bin"), 0o755); err != nil {
		w.t.Fatal(err)
	}
	write(w.t, filepath.Join(home, "bin", "java"), nil)
	write(w.t, filepath.Join(home, "release"), []byte("JAVA_VERSION=\"17.0.15\"\nIMPLEMENTOR=\"Test\"\n"))
	return home, w.keystore(append(elem, "lib", "security", "cacerts")...)
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// tree lists everything below the directories: path, mode, owner, inode, time
// of last change and hash of the content.
func tree(t testing.TB, dirs ...string) string {
	t.Helper()
	var out strings.Builder
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				fmt.Fprintf(&out, "%s missing\n", path)
				return nil
			}
			if err != nil {
				return err
			}
			info, err := os.Lstat(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&out, "%s %s %s %d", path, info.Mode(), identity(info), info.ModTime().UnixNano())
			if info.Mode().IsRegular() {
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				fmt.Fprintf(&out, " %d %x", len(data), sha256.Sum256(data))
			}
			out.WriteByte('\n')
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// names lists what is in a directory.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// receipts are the ledger's receipts, as lines of its accounts.
func (w *world) receipts() []string { return receiptsIn(w.t, w.ledger()) }

func receiptsIn(t testing.TB, ledger string) []string {
	t.Helper()
	var lines []string
	for _, file := range accounts(t, ledger) {
		for line := range strings.Lines(string(read(t, file))) {
			if strings.Contains(line, `"hktrust.receipt/`) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// accounts are the files of the ledger's receipts.
func accounts(t testing.TB, ledger string) []string {
	t.Helper()
	var files []string
	for _, name := range names(t, filepath.Join(ledger, "stores")) {
		if strings.HasSuffix(name, ".jsonl") && !strings.HasPrefix(name, ".") {
			files = append(files, filepath.Join(ledger, "stores", name))
		}
	}
	return files
}

func (w *world) wantReceipts(n int) {
	w.t.Helper()
	if got := w.receipts(); len(got) != n {
		w.t.Errorf("%d receipts, want %d", len(got), n)
	}
}

// sound checks what holds for every report, and returns it.
func sound(t testing.TB, r *truststore.Report, err error) *truststore.Report {
	t.Helper()
	if r == nil {
		t.Fatalf("no report, error %v", err)
	}
	if (r.Err == nil) != (r.Exit == truststore.ExitOK) || !errors.Is(err, r.Err) && r.Err != err {
		t.Fatalf("exit %d, Err %v, error %v", r.Exit, r.Err, err)
	}
	if r.Exit != truststore.ExitUsage && r.Exit != truststore.ExitInterrupted && r.Error == nil {
		for _, s := range r.Stores {
			if s.Err != nil && r.Err != nil && !strings.Contains(r.Err.Error(), s.Err.Error()) {
				t.Errorf("the report's error %q lacks %q", r.Err, s.Err)
			}
		}
	}
	return r
}

// ensure, check and undo call the machine and want an exit code.
func ensure(t testing.TB, m *truststore.Machine, goal truststore.Goal, exit truststore.Exit) *truststore.Report {
	t.Helper()
	r, err := m.Ensure(context.Background(), goal)
	return wantExit(t, sound(t, r, err), exit)
}

func check(t testing.TB, m *truststore.Machine, goal truststore.Goal, exit truststore.Exit) *truststore.Report {
	t.Helper()
	r, err := m.Check(context.Background(), goal)
	if r.Changed {
		t.Error("Check changed something")
	}
	return wantExit(t, sound(t, r, err), exit)
}

func undo(t testing.TB, m *truststore.Machine, exit truststore.Exit) *truststore.Report {
	t.Helper()
	r, err := m.Undo(context.Background(), truststore.UndoOptions{})
	return wantExit(t, sound(t, r, err), exit)
}

func wantExit(t testing.TB, r *truststore.Report, exit truststore.Exit) *truststore.Report {
	t.Helper()
	if r.Exit != exit {
		t.Fatalf("%s: exit %d, want %d: %v\nfindings %v", r.Command, r.Exit, exit, r.Err, r.Findings)
	}
	return r
}

// codes are the codes of all findings of a report.
func codes(r *truststore.Report) []truststore.Code {
	var out []truststore.Code
	for _, f := range r.Findings {
		out = append(out, f.Code)
	}
	for _, s := range r.Stores {
		for _, f := range s.Findings {
			out = append(out, f.Code)
		}
	}
	return out
}

func wantFinding(t testing.TB, r *truststore.Report, code truststore.Code) {
	t.Helper()
	if !slices.Contains(codes(r), code) {
		t.Errorf("no finding %s in %v", code, codes(r))
	}
}

// serverGoal is the goal of the profile server.
func serverGoal(t testing.TB) truststore.Goal {
	t.Helper()
	return profileGoal(t, hkpost.Server)
}

func profileGoal(t testing.TB, p hkpost.Profile) truststore.Goal {
	t.Helper()
	goal, err := truststore.HongkongPost(p, (&host.Host{}).Now())
	if err != nil {
		t.Fatal(err)
	}
	return goal
}

// ownGoal wants the given certificates; the first is an anchor.
func ownGoal(certs ...javatest.Certificate) truststore.Goal {
	goal := truststore.Goal{Name: "own"}
	for i, c := range certs {
		goal.Want = append(goal.Want, truststore.Want{
			Certificate: c.Certificate, Purposes: []truststore.Purpose{truststore.ServerAuth}, ChainOnly: i != 0,
		})
	}
	return goal
}

// keytool is the JDK whose keytool and JVM judge our work.
func keytool(t testing.TB) javatest.JDK { return javatest.JDKs(t)[0] }

// view is what Java sees in a JKS file.
func view(t testing.TB, file, password string) string {
	t.Helper()
	return keytool(t).Dump(t, file, "JKS", &password)
}

func wantBytes(t testing.TB, path string, want []byte) {
	t.Helper()
	if !bytes.Equal(read(t, path), want) {
		t.Errorf("%s is not byte for byte what it was", path)
	}
}

func holds(view string, c javatest.Certificate) bool {
	id := c.SHA256()
	return strings.Contains(view, fmt.Sprintf(" trusted %x", id))
}

func parse(der []byte) *x509.Certificate {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return cert
}

func symlink(t testing.TB, target, link string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
}

// withDigest ends a JKS file whose content was changed with the right digest
// (sun.security.provider.JavaKeyStore.getPreKeyedHash).
func withDigest(data []byte, password string) []byte {
	body := data[:len(data)-sha1.Size]
	h := sha1.New()
	for _, unit := range utf16.Encode([]rune(password)) {
		h.Write([]byte{byte(unit >> 8), byte(unit)})
	}
	h.Write([]byte("Mighty Aphrodite"))
	h.Write(body)
	return h.Sum(bytes.Clone(body))
}

func refs(certs []*x509.Certificate) []truststore.CertRef {
	var out []truststore.CertRef
	for _, c := range certs {
		out = append(out, truststore.RefOf(c))
	}
	return out
}
