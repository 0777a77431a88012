package ecert_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/hktrust/hktrust/testdata/oracle"
)

// inspectThenWait marks a child of TestSecretsInCoreDump.
const inspectThenWait = "HKTRUST_TEST_INSPECT"

// TestMain serves as the programs whose memory is looked at.
func TestMain(m *testing.M) {
	if file := os.Getenv(inspectThenEnd); file != "" {
		password := pin
		inspector(panicking{}).File(context.Background(), file, &password)
		return
	}
	file := os.Getenv(inspectThenWait)
	if file == "" {
		os.Exit(m.Run())
	}
	in := bufio.NewReader(os.Stdin)
	password, _ := in.ReadString('\n')
	password = strings.TrimSuffix(password, "\n")
	found := inspector(panicking{}).File(context.Background(), file, &password)
	if len(found.Identities) != 1 || found.Identities[0].Key == nil {
		panic("the key was not read")
	}
	os.Stdout.WriteString("ready\n")
	in.ReadString('\n')
}

// panicking is a test that is none.
type panicking struct{ testing.TB }

func (panicking) Helper()        {}
func (panicking) Fatal(a ...any) { panic(a) }

// What a private key consists of is looked for in the memory of a process that
// has inspected its file: as the file has it, and as package math/big holds it.
// A runtime that erases secrets leaves nothing of it; any other leaves copies that
// crypto/rsa and encoding/asn1 made.
func TestSecretsInCoreDump(t *testing.T) {
	gcore := oracle.Need(t, "gcore")
	file, err := filepath.Abs(filepath.Join(fixtures, "openssl.p12"))
	if err != nil {
		t.Fatal(err)
	}
	core := dump(t, gcore, file)
	for name, secret := range secretsOf(t, file) {
		n := bytes.Count(core, secret)
		t.Logf("%s: %d copies", name, n)
		// The password stays: the child has it in variables of its own.
		if runtimeErases && n > 0 && name != "password" {
			t.Errorf("%s is still in memory", name)
		}
	}
}

func secretsOf(t *testing.T, file string) map[string][]byte {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	private, _, _, err := gopkcs12.DecodeChain(data, pin)
	if err != nil {
		t.Fatal(err)
	}
	key := private.(*rsa.PrivateKey)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	var bmp []byte
	for _, c := range []byte(pin) {
		bmp = append(bmp, 0, c)
	}
	secrets := map[string][]byte{"password": []byte(pin), "password in UTF-16": bmp, "PKCS#8": pkcs8}
	for name, n := range map[string]*big.Int{"d": key.D, "p": key.Primes[0], "q": key.Primes[1], "dp": key.Precomputed.Dp} {
		secrets[name+", big-endian"] = n.Bytes()
		little := n.Bytes()
		slices.Reverse(little)
		secrets[name+", in words"] = little
	}
	return secrets
}

// dump returns the memory of a process that has inspected the file.
func dump(t *testing.T, gcore, file string) []byte {
	child := exec.Command("/proc/self/exe")
	child.Dir, _ = os.Getwd()
	child.Env = append(os.Environ(), inspectThenWait+"="+file)
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer stdin.Close()
	if _, err := stdin.Write([]byte(pin + "\n")); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	prefix := filepath.Join(t.TempDir(), "core")
	pid := strconv.Itoa(child.Process.Pid)
	if out, err := exec.Command(gcore, "-o", prefix, pid).CombinedOutput(); err != nil {
		t.Fatalf("gcore: %v\n%s", err, out)
	}
	core, err := os.ReadFile(prefix + "." + pid)
	if err != nil {
		t.Fatal(err)
	}
	return core
}
