package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	debianrelease "github.com/hktrust/hktrust/testdata/debian"
	"github.com/hktrust/hktrust/testdata/javatest"
	"github.com/hktrust/hktrust/testdata/namespace"
	"github.com/hktrust/hktrust/testdata/oracle"
	"github.com/hktrust/hktrust/testdata/tlsclient"
	"github.com/hktrust/hktrust/truststore"
)

// form is how an administrator has a root among Debian's anchors.
type form struct {
	trust      [][]string // openssl's options of each copy, nil for a plain one
	check      int        // exit code of check
	distrusted bool       // which no ensure overrides
}

// forms are OpenSSL's own: what programs make of them differs.
var forms = map[string]form{
	"server":        {trust: [][]string{{"-addtrust", "serverAuth"}}, check: 3},
	"no-mail":       {trust: [][]string{{"-addreject", "emailProtection"}}, check: 3},
	"old-name":      {check: 3},
	"mail":          {trust: [][]string{{"-addtrust", "emailProtection"}}, check: 3, distrusted: true},
	"refused":       {trust: [][]string{{"-addreject", "serverAuth"}}, check: 3, distrusted: true},
	"refused-first": {trust: [][]string{{"-addreject", "serverAuth"}, nil}, check: 3, distrusted: true},
	"refused-last":  {trust: [][]string{nil, {"-addreject", "serverAuth"}}, check: 0, distrusted: true},
}

func (f form) file(t *testing.T, root javatest.Certificate) []byte {
	t.Helper()
	if f.trust == nil {
		return bytes.ReplaceAll(root.PEM(), []byte(" CERTIFICATE"), []byte(" X509 CERTIFICATE"))
	}
	var out []byte
	for _, options := range f.trust {
		cmd := exec.Command("openssl", "x509")
		if options != nil {
			cmd.Args = append(append(cmd.Args, "-trustout"), options...)
		}
		cmd.Stdin = bytes.NewReader(root.PEM())
		text, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, text...)
	}
	return out
}

// TestOpenSSLForms puts certificates in OpenSSL's own forms among Debian's anchors.
// What hktrust says of them is what programs do, what it adds is for all of them, it
// overrides no refusal, and its cures are followed.
func TestOpenSSLForms(t *testing.T) {
	oracle.NeedFile(t, "Debian's update-ca-certificates", "/etc/ca-certificates/update.d")
	for _, program := range []string{"openssl", "curl", "gnutls-cli", "python3"} {
		oracle.Need(t, program)
	}
	if !namespace.Enter(t, "/usr/share") {
		return
	}
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE"} {
		os.Unsetenv(name)
	}
	t.Setenv("NODE_EXTRA_CA_CERTS", debianrelease.Bundle)
	few(t, "/")
	os.Chmod("/etc/ca-certificates/update.d/jks-keystore", 0o644)
	if err := os.MkdirAll(debianrelease.Local, 0o755); err != nil {
		t.Fatal(err)
	}
	pkis := map[string]*javatest.PKI{}
	for name, f := range forms {
		pkis[name] = javatest.NewPKI(t)
		if err := os.WriteFile(filepath.Join(debianrelease.Local, name+".crt"), f.file(t, pkis[name].Root), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shell(t, "update-ca-certificates")

	for _, name := range slices.Sorted(maps.Keys(forms)) {
		f, p := forms[name], pkis[name]
		saysWhatProgramsDo(t, name, p)
		goal := []string{"--store", "system", "--cert", p.Root.File(t)}
		asRoot(t, f.check, append([]string{"check"}, goal...)...)
		before := debianrelease.ProgramsRead(t)
		if f.check == 3 && f.distrusted {
			asRoot(t, 7, append([]string{"ensure"}, goal...)...)
		} else {
			asRoot(t, 0, append([]string{"ensure"}, goal...)...)
			wantAll(t, name, p, true)
		}
		if f.distrusted && debianrelease.ProgramsRead(t) != before {
			t.Errorf("%s: a refusal was touched", name)
		}
	}
	asRoot(t, 0, "undo")

	told := map[truststore.Code]int{}
	for rounds, left := 0, problems(t, 3); len(left) > 0; rounds, left = rounds+1, problems(t, -1) {
		if rounds == 3 {
			t.Fatalf("cures end in %+v", left)
		}
		for _, problem := range left {
			told[problem.Code]++
			if problem.Remedy == nil || len(problem.Remedy.Command) == 0 {
				t.Fatalf("%s has no command", problem.Code)
			}
			if out, err := exec.Command(problem.Remedy.Command[0], problem.Remedy.Command[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("%q: %v\n%s", problem.Remedy.Command, err, out)
			}
		}
	}
	if told[truststore.CodeAnchorOdd] != 3 || told[truststore.CodeDistrustIgnored] != 4 {
		t.Errorf("told %v", told)
	}
	for name, f := range forms {
		wantAll(t, name+", cured", pkis[name], !f.distrusted)
	}
}

// wantAll wants every program to accept a server, or every one to refuse it.
func wantAll(t *testing.T, name string, p *javatest.PKI, want bool) {
	t.Helper()
	for program, accepts := range tlsclient.Verdicts(t, p) {
		if accepts != want {
			t.Errorf("%s: %s accepts: %v", name, program, accepts)
		}
	}
}

// saysWhatProgramsDo compares verify with the programs.
func saysWhatProgramsDo(t *testing.T, name string, p *javatest.PKI) {
	t.Helper()
	chain := filepath.Join(t.TempDir(), "chain.pem")
	if err := os.WriteFile(chain, slices.Concat(p.Leaf.PEM(), p.Issuing.PEM()), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"verify", "--json", "--store", "system", "--chain", chain}
	var v truststore.Verification
	if err := json.NewDecoder(strings.NewReader(asRoot(t, -1, args...))).Decode(&v); err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	for _, one := range v.Verdicts {
		said[one.Program] = one.Answer == truststore.AnswerTrusted
	}
	for program, accepts := range tlsclient.Verdicts(t, p) {
		if _, ok := said[program]; !ok {
			out := asRoot(t, -1, append(args, "--as", program)...)
			said[program] = strings.Contains(out, `"answer": "`+string(truststore.AnswerTrusted)+`"`)
		}
		if said[program] != accepts {
			t.Errorf("%s: %s accepts: %v, hktrust says %v", name, program, accepts, said[program])
		}
	}
}
