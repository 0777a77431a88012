package clients_test

import (
	"bytes"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hktrust/hktrust/testdata/chains"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/truststore/chain"
	"github.com/hktrust/hktrust/truststore/internal/clients"
)

var (
	seed  = flag.Uint64("verify.seed", 1, "first seed of the random chains")
	count = flag.Int("verify.count", 300, "how many random chains each program judges")
)

// judge is our verdict.
func judge(r *chain.Rules, c chains.Chain, purpose chain.Purpose) chain.Verdict {
	parse := func(list [][]byte) (out []*chain.Certificate, err error) {
		for _, der := range list {
			p, err := chain.Parse(der)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		}
		return out, nil
	}
	anchors, err := parse(c.Anchors)
	if err != nil {
		return chain.Verdict{Code: chain.StoreUnreadable}
	}
	presented, err := parse(c.Presented)
	if err != nil {
		return chain.Verdict{Code: chain.ChainUnreadable}
	}
	return r.Judge(chain.AnchorStore(anchors), presented, chain.Query{ServerName: c.Host, Time: c.Time, Purpose: purpose})
}

func pemFile(t *testing.T, dir, name string, list [][]byte) string {
	t.Helper()
	var out bytes.Buffer
	for _, der := range list {
		pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func derFile(t *testing.T, name string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, der, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// program asks a real program; ok is its yes.
type program func(t *testing.T, dir string, c chains.Chain, purpose chain.Purpose) (ok bool, said string)

func opensslVerify(t *testing.T, dir string, c chains.Chain, purpose chain.Purpose) (bool, string) {
	name := map[chain.Purpose]string{chain.Server: "sslserver", chain.Client: "sslclient"}[purpose]
	args := []string{"verify", "-purpose", name, "-CAfile", pemFile(t, dir, "anchors.pem", c.Anchors), "-no-CApath", "-no-CAstore",
		"-attime", fmt.Sprint(c.Time.Unix())}
	if len(c.Presented) > 1 {
		args = append(args, "-untrusted", pemFile(t, dir, "sent.pem", c.Presented[1:]))
	}
	if strings.Count(c.Host, ".") == 3 && strings.Trim(c.Host, "0123456789.") == "" {
		args = append(args, "-verify_ip", c.Host)
	} else if c.Host != "" {
		args = append(args, "-verify_hostname", c.Host)
	}
	out, err := exec.Command("openssl", append(args, pemFile(t, dir, "leaf.pem", c.Presented[:1]))...).CombinedOutput()
	return err == nil, string(out)
}

func certtoolVerify(t *testing.T, dir string, c chains.Chain, purpose chain.Purpose) (bool, string) {
	oid := map[chain.Purpose]string{chain.Server: chain.OIDServerAuth, chain.Client: chain.OIDClientAuth}[purpose]
	args := []string{"--verify", "--verify-profile", "low", "--load-ca-certificate", pemFile(t, dir, "anchors.pem", c.Anchors),
		"--infile", pemFile(t, dir, "sent.pem", c.Presented), "--verify-purpose", oid}
	if c.Host != "" {
		args = append(args, "--verify-hostname", c.Host)
	}
	out, err := exec.Command("certtool", args...).CombinedOutput()
	return err == nil, string(out)
}

func agree(t *testing.T, rules *chain.Rules, ask program, list []chains.Chain) {
	t.Helper()
	agreeOn(t, chain.Server, rules, ask, list)
}

func agreeOn(t *testing.T, purpose chain.Purpose, rules *chain.Rules, ask program, list []chains.Chain) {
	t.Helper()
	dir := t.TempDir()
	wrong := 0
	for _, c := range list {
		ours := judge(rules, c, purpose)
		theirs, said := ask(t, dir, c, purpose)
		if ours.Code.Known() && ours.OK() != theirs {
			wrong++
			at := ""
			if ours.At != nil {
				at = ours.At.Subject.String()
			}
			t.Errorf("%s: ours %s (%s) at %s, %s %v: %s\n%s", c.Name, ours.Code, ours.Words, at, rules.Name, theirs, said, chains.Describe(c))
		}
	}
	t.Logf("%s: %d chains, %d disagreements", rules.Name, len(list), wrong)
}

func random(profile chains.Profile) []chains.Chain {
	var list []chains.Chain
	for s := *seed; s < *seed+uint64(*count); s++ {
		list = append(list, chains.Random(s, profile))
	}
	return list
}

func TestOpenSSL(t *testing.T) {
	oracle.Need(t, "openssl")
	t.Run("hand", func(t *testing.T) { agree(t, clients.OpenSSL(), opensslVerify, chains.Hand()) })
	t.Run("random", func(t *testing.T) { agree(t, clients.OpenSSL(), opensslVerify, random(chains.Profile{Plain: true})) })
	t.Run("pkits", func(t *testing.T) { agree(t, clients.OpenSSL(), opensslVerify, chains.PKITS(t)) })
}

func TestGnuTLS(t *testing.T) {
	oracle.Need(t, "certtool")
	t.Run("hand", func(t *testing.T) {
		// certtool, unlike gnutls-cli, takes no server's certificate for an
		// anchor, and shakes no hands.
		agree(t, clients.GnuTLS(), certtoolVerify, slices.DeleteFunc(slices.Clone(chains.Hand()), func(c chains.Chain) bool {
			return strings.HasPrefix(c.Name, "self-signed-") && strings.Contains(c.Name, "stored") || strings.HasPrefix(c.Name, "leaf-keyusage-")
		}))
	})
}

// Clients' certificates, as servers that use OpenSSL judge them.
func TestClientsChains(t *testing.T) {
	oracle.Need(t, "openssl")
	var list []chains.Chain
	for s := *seed; s < *seed+uint64(*count)/3; s++ {
		c := chains.Random(s, chains.Profile{Plain: true, Client: true})
		c.Host = ""
		list = append(list, c)
	}
	agreeOn(t, chain.Client, clients.OpenSSL(), opensslVerify, list)
	for _, r := range []*chain.Rules{clients.Curl(), clients.GnuTLS(), clients.Wget()} {
		if v := judge(r, list[0], chain.Client); v.Code != chain.Undecided || v.Why == "" {
			t.Errorf("%s: %s, where nothing is known", r.Name, v.Code)
		}
	}
}
