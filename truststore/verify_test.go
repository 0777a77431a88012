package truststore_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/javaks"
	"github.com/hktrust/hktrust/nss"
	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/hkpost"
)

// judged is the one verdict about a chain by one store.
func judged(t testing.TB, m *truststore.Machine, c chains.Chain, opt truststore.VerifyOptions) truststore.Verdict {
	t.Helper()
	opt.ServerName, opt.Time = c.Host, c.Time
	v, err := m.Verify(context.Background(), c.Presented, opt)
	if len(v.Verdicts) != 1 {
		t.Fatalf("%s: %d verdicts, %v", c.Name, len(v.Verdicts), err)
	}
	if (err == nil) != v.Verdicts[0].OK() || (v.Exit == truststore.ExitOK) != (err == nil) {
		t.Errorf("%s: %v, exit %d, %s", c.Name, err, v.Exit, v.Verdicts[0].Answer)
	}
	return v.Verdicts[0]
}

// differs tells of a verdict that is not the program's.
func differs(t testing.TB, c chains.Chain, ours truststore.Verdict, theirs bool, said string) {
	t.Helper()
	if ours.Answer != truststore.AnswerUnknown && ours.OK() != theirs {
		t.Errorf("%s: ours %s (%s), theirs %v: %s\n%s", c.Name, ours.Code, ours.Words, theirs, said, chains.Describe(c))
	}
}

// Our verdict about a keystore on disk is that of the JVM whose rules are asked
// for.
func TestVerifyAsEachJVM(t *testing.T) {
	javatest.Each(t, func(t *testing.T, j javatest.JDK) {
		judge := j.Judge(t)
		as := &truststore.Program{Name: "java", Dir: j.Home}
		for i, c := range chains.Hand() {
			path := filepath.Join(t.TempDir(), fmt.Sprintf("store%d", i))
			var add []javaks.Addition
			for n, der := range c.Anchors {
				add = append(add, javaks.Addition{Alias: fmt.Sprint("ca", n), DER: der, Created: time.Now(), Unproven: true})
			}
			data, err := javaks.New(javaks.JKS, "changeit", add)
			if errors.Is(err, javaks.ErrRefused) {
				continue // no JVM could load the store
			}
			if err != nil {
				t.Fatal(err)
			}
			write(t, path, data)
			m := newWorld(t).machine("test")
			m.Select = []truststore.Selector{{Path: path}}
			theirs, err := judge.Ask(javatest.Case{Anchors: c.Anchors, Presented: c.Presented, Time: c.Time, Host: c.Host})
			if err != nil {
				t.Fatal(err)
			}
			differs(t, c, judged(t, m, c, truststore.VerifyOptions{As: as}), theirs.Yes == theirs.Tries, theirs.Words)
		}
	})
}

// A database without an owner is judged as NSS's own tools do.
func TestVerifyAsNSS(t *testing.T) {
	program := oracle.Need(t, "vfychain")
	for i, c := range chains.Hand() {
		if i%3 != 0 {
			continue
		}
		c.Host = "" // vfychain checks no names
		dir := filepath.Join(t.TempDir(), "db")
		if err := nss.Create(context.Background(), dir); err != nil {
			t.Fatal(err)
		}
		db, err := nss.Open(dir, nss.Options{})
		if err != nil {
			t.Fatal(err)
		}
		anchor, _ := nss.ParseTrust("C,,")
		for n, der := range c.Anchors {
			if _, err := db.Apply(context.Background(), []nss.Change{{Op: nss.Add, DER: der, Nickname: fmt.Sprint("ca", n), Trust: &anchor}}); err != nil {
				t.Logf("%s: %v", c.Name, err)
			}
		}
		m := newWorld(t).machine("test")
		m.Select = []truststore.Selector{{Path: dir}}
		args := []string{"-d", "sql:" + dir, "-u", "1", "-b", c.Time.UTC().Format("0601021504Z")}
		for n, der := range c.Presented {
			file := filepath.Join(t.TempDir(), fmt.Sprint(n))
			write(t, file, der)
			args = append(args, file)
		}
		out, err := exec.Command(program, args...).CombinedOutput()
		good := err == nil && strings.Contains(string(out), "Chain is good")
		if good && c.Name == "policy-qualifier-critical" {
			oracle.Optional(t, "a vfychain of an NSS that does not verify by libpkix")
		}
		differs(t, c, judged(t, m, c, truststore.VerifyOptions{}), good, string(out))
	}
}

// curl decides about a live server as we do about the bundle that it is given.
func TestVerifyServerAsCurl(t *testing.T) {
	curl := oracle.Need(t, "curl")
	pki := javatest.NewPKI(t)
	for name, server := range map[string]string{"whole": pki.Serve(t, pki.Issuing), "omitted": pki.Serve(t)} {
		for anchor, der := range map[string][]byte{"root": pki.Root.Raw, "issuing": pki.Issuing.Raw, "other": javatest.NewPKI(t).Root.Raw} {
			file := filepath.Join(t.TempDir(), "anchors.pem")
			write(t, file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
			cmd := exec.Command(curl, "-sS", "--noproxy", "*", "--cacert", file, "https://"+server+"/")
			cmd.Env = append(os.Environ(), "SSL_CERT_FILE=", "CURL_CA_BUNDLE=")
			out, err := cmd.CombinedOutput()
			refused := strings.Contains(string(out), "(60)")
			if err != nil && !refused && !strings.Contains(string(out), "(52)") && !strings.Contains(string(out), "(56)") && !strings.Contains(string(out), "(1)") {
				t.Logf("%s, %s: %s", name, anchor, out)
			}
			opt := truststore.VerifyOptions{Stores: []truststore.Store{truststore.NewBundle(file, [][]byte{der})}, As: &truststore.Program{Name: "curl"}}
			v, _ := newWorld(t).machine("test").VerifyServer(context.Background(), truststore.Server{Address: server}, opt)
			if v.Error != nil || len(v.Verdicts) != 1 || v.Verdicts[0].OK() == refused {
				t.Errorf("%s, %s: ours %+v %+v, curl: %s", name, anchor, v.Error, v.Verdicts, out)
			}
		}
	}
}

// A TLS client with a Verifier connects where the programs would, and nowhere
// else.
func TestVerifierDecidesForTLS(t *testing.T) {
	pki := javatest.NewPKI(t)
	server := pki.Serve(t, pki.Issuing)
	host, _, _ := net.SplitHostPort(server)
	dial := func(anchor []byte, name string) error {
		opt := truststore.VerifyOptions{Stores: []truststore.Store{truststore.NewBundle("anchors", [][]byte{anchor})}}
		verifier, err := newWorld(t).machine("test").NewVerifier(context.Background(), opt)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := tls.Dial("tcp", server, &tls.Config{ServerName: name, InsecureSkipVerify: true, VerifyConnection: verifier.VerifyConnection})
		if err == nil {
			conn.Close()
		}
		return err
	}
	if err := dial(pki.Root.Raw, host); err != nil {
		t.Errorf("trusted: %v", err)
	}
	if err := dial(pki.Root.Raw, "other.test"); !errors.Is(err, truststore.ErrRefusedChain) {
		t.Errorf("other name: %v", err)
	}
	if err := dial(javatest.NewPKI(t).Root.Raw, host); !errors.Is(err, truststore.ErrRefusedChain) {
		t.Errorf("other root: %v", err)
	}
}

// Of Hongkong Post's roots it is known which browser brings them; of others it
// is not, and a refusal for want of one is none.
func TestVerifyBuiltins(t *testing.T) {
	presented := func(slugs ...string) (out [][]byte) {
		for _, slug := range slugs {
			c, ok := hkpost.BySlug(slug)
			if !ok || c.DER() == nil {
				t.Fatalf("no %s", slug)
			}
			out = append(out, c.DER())
		}
		return out
	}
	empty := truststore.NewBundle("none", nil)
	pki := javatest.NewPKI(t)
	for _, c := range []struct {
		name    string
		as      string
		chain   [][]byte
		answer  truststore.Answer
		finding truststore.Code
	}{
		{"a private root in Firefox", "firefox", [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.AnswerUnknown, ""},
		{"a leaf alone", "chromium", [][]byte{pki.Leaf.Raw}, truststore.AnswerUnknown, "chain.issuer-omitted"},
		{"a private root in NSS", "nss", [][]byte{pki.Leaf.Raw, pki.Issuing.Raw}, truststore.AnswerRefused, ""},
		{"a self-signed server", "firefox", [][]byte{selfSigned(t)}, truststore.AnswerRefused, "chain.self-signed"},
		{"Hongkong Post's first root", "firefox", presented("root-ca-1"), truststore.AnswerRefused, ""},
	} {
		as := &truststore.Program{Name: c.as}
		v, _ := newWorld(t).machine("test").Verify(context.Background(), c.chain, truststore.VerifyOptions{Stores: []truststore.Store{empty}, As: as})
		if len(v.Verdicts) != 1 || v.Verdicts[0].Answer != c.answer {
			t.Errorf("%s: %+v", c.name, v.Verdicts)
		}
		if c.name == "Hongkong Post's first root" && v.Verdicts[0].Cure == truststore.CureEnsure {
			t.Error("ensure installs no retired root")
		}
		found := c.finding == ""
		for _, f := range v.Findings {
			found = found || f.Code == c.finding
		}
		if !found {
			t.Errorf("%s: findings %+v", c.name, v.Findings)
		}
	}
}

func selfSigned(t *testing.T) []byte {
	for _, c := range chains.Hand() {
		if c.Name == "self-signed-stored" {
			return c.Presented[0]
		}
	}
	t.Fatal("no such chain")
	return nil
}

// What the catalogue knows to be bad or replaced is said of a chain, whoever
// judges it.
func TestVerifyKnowsBadIssuers(t *testing.T) {
	for _, bad := range hkpost.BadCertificates() {
		c, _ := hkpost.BySlug(bad.Slug)
		if c.DER() == nil {
			continue
		}
		v, _ := newWorld(t).machine("test").Verify(context.Background(), [][]byte{c.DER()}, truststore.VerifyOptions{Stores: []truststore.Store{}})
		if len(v.Verdicts) > 0 || v.Exit != truststore.ExitFailed {
			t.Errorf("%s: nobody judges, and yet %+v, exit %d", bad.Slug, v.Verdicts, v.Exit)
		}
		known := false
		for _, f := range v.Findings {
			known = known || f.Code == truststore.CodeChainKnownBad
		}
		if !known {
			t.Errorf("%s: %+v", bad.Slug, v.Findings)
		}
	}
}

// Bad input gives a code, and no panic.
func TestVerifyBadInput(t *testing.T) {
	pki := javatest.NewPKI(t)
	stores := []truststore.Store{truststore.NewBundle("anchors", [][]byte{pki.Root.Raw, []byte("junk")})}
	for _, name := range truststore.Programs() {
		for _, presented := range [][][]byte{nil, {nil}, {[]byte("junk")}, {pki.Leaf.Raw, []byte("junk")}} {
			v, err := newWorld(t).machine("test").Verify(context.Background(), presented, truststore.VerifyOptions{Stores: stores, As: &truststore.Program{Name: name}})
			if len(presented) < 2 && (err == nil || v.Verdicts[0].OK()) {
				t.Errorf("%s trusts %q", name, presented)
			}
		}
	}
	if _, err := newWorld(t).machine("test").Verify(context.Background(), nil, truststore.VerifyOptions{Purpose: truststore.CodeSigning}); !errors.Is(err, truststore.ErrOptions) {
		t.Errorf("purpose: %v", err)
	}
}

// A store that programs are told to pass over answers for nobody.
func TestVerifyStorePassedOver(t *testing.T) {
	w, pki := newWorld(t), javatest.NewPKI(t)
	home, _ := w.javaHome("jdk")
	other := w.keystore("other")
	m := w.machine("test", home)
	m.Host.Environ["JAVA_TOOL_OPTIONS"] = "-Djavax.net.ssl.trustStore=" + other
	v, _ := m.Verify(context.Background(), [][]byte{pki.Leaf.Raw}, truststore.VerifyOptions{})
	if len(v.Verdicts) != 1 || v.Verdicts[0].Answer != truststore.AnswerUnknown || !strings.Contains(v.Verdicts[0].Why, other) {
		t.Errorf("%+v", v.Verdicts)
	}
}
