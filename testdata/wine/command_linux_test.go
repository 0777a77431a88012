package wine

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// More kills and rounds show more, and take longer.
var (
	kills  = flag.Int("kills", 6, "how many runs are killed")
	rounds = flag.Int("rounds", 1, "how often six runs are made at once")
)

// machine is a Windows of Wine's with our command.
type machine struct {
	*Prefix
	t      *testing.T
	exe    string
	stores []string // the keystores, on Linux
	root   []byte   // DER of a certificate authority of our own
	sum    string
	native string // keytool

	neighbour string

	rootKey *rsa.PrivateKey
}

const rootFile = `C:\root.pem`

// newMachine makes a Windows on which there is nothing but a certificate of ours.
func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{t: t, Prefix: New(t)}
	m.exe = Build(t, "github.com/hktrust/hktrust/truststore/cmd/hktrust")
	m.neighbour = Build(t, "github.com/hktrust/hktrust/testdata/wine/neighbour")
	m.root, m.rootKey = ownRoot(t)
	sum := sha256.Sum256(m.root)
	m.sum = hex.EncodeToString(sum[:])
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: m.root})
	must(t, os.WriteFile(m.Path(rootFile), block, 0o600))
	return m
}

// withJava makes two Java installations, which the registry names in other
// spellings than the disk: one in each view.
func (m *machine) withJava() *machine {
	m.t.Helper()
	m.native = oracle.Need(m.t, "keytool")
	for _, java := range []struct{ home, key, spelling, view string }{
		{`C:\Program Files\Java\jdk-17`, `HKLM\SOFTWARE\JavaSoft\JDK\17`, `c:\progra~1\JAVA\JDK-17`, "/reg:64"},
		{`C:\jre8`, `HKLM\SOFTWARE\JavaSoft\Java Runtime Environment\1.8`, `C:/JRE8/.`, "/reg:32"},
	} {
		m.plantJava(java.home)
		m.wine("reg", "add", java.key, "/v", "JavaHome", "/d", java.spelling, java.view, "/f")
	}
	return m
}

// plantJava makes what a Java installation is recognized by, with a keystore
// of the native keytool's.
func (m *machine) plantJava(home string) {
	m.t.Helper()
	dir := m.Path(home)
	for _, sub := range []string{"bin", "lib/security"} {
		must(m.t, os.MkdirAll(filepath.Join(dir, sub), 0o755))
	}
	must(m.t, os.WriteFile(filepath.Join(dir, "bin", "java.exe"), nil, 0o755))
	must(m.t, os.WriteFile(filepath.Join(dir, "release"), []byte("JAVA_VERSION=\"17.0.1\"\n"), 0o644))
	store := filepath.Join(dir, "lib", "security", "cacerts")
	file := filepath.Join(m.t.TempDir(), "other.pem")
	other, _ := ownRoot(m.t)
	must(m.t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other}), 0o600))
	out, err := exec.CommandContext(m.t.Context(), m.native, "-importcert", "-noprompt", "-alias", "other", "-file", file, "-keystore", store, "-storetype", "JKS", "-storepass", "changeit").CombinedOutput()
	if err != nil {
		m.t.Fatalf("keytool: %v\n%s", err, out)
	}
	m.stores = append(m.stores, store)
}

func ownRoot(t *testing.T) ([]byte, *rsa.PrivateKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 100))
	must(t, err)
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Root of an hktrust test " + serial.Text(36)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	must(t, err)
	return der, key
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wine runs one of Wine's own programs.
func (m *machine) wine(name string, args ...string) {
	m.t.Helper()
	if out, err := Output(m.Command(m.t.Context(), name, args...)); err != nil {
		m.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// hktrust runs the command and returns its exit code and standard output.
func (m *machine) hktrust(ctx context.Context, args ...string) (int, string, error) {
	cmd := m.Command(ctx, m.exe, args...)
	out, err := Output(cmd)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.Exited() {
		err = nil
	}
	if err != nil {
		return -1, "", fmt.Errorf("hktrust %q: %w", args, err)
	}
	return cmd.ProcessState.ExitCode(), out, nil
}

func (m *machine) want(code int, args ...string) string {
	m.t.Helper()
	got, out, err := m.hktrust(m.t.Context(), args...)
	if err != nil || got != code {
		m.t.Fatalf("hktrust %q: exit code %d, want %d; %v\n%s", args, got, code, err, out)
	}
	return out
}

func (m *machine) ensure() []string {
	return append([]string{"ensure", "--store", "java"}, m.goal()...)
}

// goal names our certificate, as an elevated process must have it named.
func (m *machine) goal() []string { return []string{"--cert", rootFile, "--cert-sha256", m.sum} }

// trusted asks the native keytool whether a keystore holds our root.
func (m *machine) trusted(store string) bool {
	m.t.Helper()
	out, err := exec.CommandContext(m.t.Context(), m.native, "-list", "-rfc", "-keystore", store, "-storepass", "changeit").CombinedOutput()
	if err != nil {
		m.t.Fatalf("%s: keytool: %v\n%s", store, err, out)
	}
	for rest := out; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return false
		}
		if bytes.Equal(block.Bytes, m.root) {
			return true
		}
	}
}

func (m *machine) contents() [][]byte {
	m.t.Helper()
	var all [][]byte
	for _, store := range m.stores {
		data, err := os.ReadFile(store)
		must(m.t, err)
		all = append(all, data)
	}
	return all
}

// alone checks that nothing but the given names lies beside the keystores.
func (m *machine) alone(names ...string) {
	m.t.Helper()
	for _, store := range m.stores {
		entries, err := os.ReadDir(filepath.Dir(store))
		must(m.t, err)
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if !slices.Equal(got, names) {
			m.t.Errorf("%s holds %q, want %q", filepath.Dir(store), got, names)
		}
	}
}

// The command as a Windows program, seen by programs that are none.
func TestCommandOnWindows(t *testing.T) {
	m := newMachine(t).withJava()
	before := m.contents()

	t.Run("everything", func(t *testing.T) {
		m.t = t
		m.everything(before)
	})

	t.Run("one file under several names", func(t *testing.T) {
		m.t = t
		args := m.goal()
		for _, name := range []string{`C:\jre8\lib\security\cacerts`, `c:\JRE8\LIB\security\CACERTS`, `\\?\C:\jre8\lib\security\cacerts`, `C:/jre8/lib/security/cacerts.`} {
			args = append(args, "--store", name)
		}
		out := m.want(0, append([]string{"ensure", "--json"}, args...)...)
		var report struct {
			Stores []struct {
				Store struct{ Path string }
			}
		}
		must(t, json.Unmarshal([]byte(out), &report))
		if len(report.Stores) != 1 || report.Stores[0].Store.Path != `C:\jre8\lib\security\cacerts` {
			t.Errorf("stores %+v", report.Stores)
		}
		m.want(0, "undo", "--store", `c:\JRE8\lib\security\cacerts`)
		m.restored(before)
	})

	t.Run("killed at random moments", func(t *testing.T) {
		m.t = t
		m.killAtRandom(*kills)
		m.want(0, "undo")
		m.restored(before)
	})

	t.Run("six at once", func(t *testing.T) {
		m.t = t
		for range *rounds {
			m.sixAtOnce()
			m.want(0, "undo")
			m.restored(before)
		}
	})
}

// sixAtOnce runs the command six times at once: none of them fails.
func (m *machine) sixAtOnce() {
	var runs sync.WaitGroup
	for range 6 {
		runs.Go(func() {
			if code, out, err := m.hktrust(m.t.Context(), m.ensure()...); code != 0 || err != nil {
				m.t.Errorf("exit code %d, %v\n%s", code, err, out)
			}
		})
	}
	runs.Wait()
}

// restored checks that all files are as before, and alone.
func (m *machine) restored(before [][]byte) {
	m.t.Helper()
	if !slices.EqualFunc(before, m.contents(), bytes.Equal) {
		m.t.Error("the files are not what they were")
	}
	m.alone("cacerts")
}

// killAtRandom kills runs and looks at the keystores after each: they are the
// old ones or the new ones, which keytool tells.
func (m *machine) killAtRandom(times int) {
	m.t.Helper()
	for i := range times {
		args := m.ensure()
		if i%2 == 1 {
			args = []string{"undo"}
		}
		delay, err := rand.Int(rand.Reader, big.NewInt(1500))
		must(m.t, err)
		ctx, cancel := context.WithTimeout(m.t.Context(), time.Duration(delay.Int64())*time.Millisecond)
		m.hktrust(ctx, args...) // however it ends
		cancel()
		for _, store := range m.stores {
			m.trusted(store)
		}
	}
}
