package main

import (
	"bytes"
	"context"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hktrust/hktrust/truststore"
	"github.com/hktrust/hktrust/truststore/ecert"
	"github.com/hktrust/hktrust/truststore/hkpost"
	"github.com/hktrust/hktrust/truststore/host"
)

const (
	ecertFixtures = "../../../testdata/ecert"
	ecertPIN      = "1234567890123456"
)

// ecertRun runs the command and returns what it printed.
func ecertRun(t *testing.T, stdin string, args ...string) (exit truststore.Exit, stdout, stderr string) {
	t.Helper()
	var out, errOut bytes.Buffer
	exit = run(context.Background(), append([]string{"ecert"}, args...), strings.NewReader(stdin), &out, &errOut)
	if strings.Contains(out.String()+errOut.String(), ecertPIN) {
		t.Errorf("%q tells the password", args)
	}
	return exit, out.String(), errOut.String()
}

func ecertFile(name string) string { return filepath.Join(ecertFixtures, name+".p12") }

// Every file's document is of the published schema.
func TestECertSchema(t *testing.T) {
	valid := func(text string) {
		t.Helper()
		if err := checkDocument([]byte(text)); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
	names, err := filepath.Glob(ecertFile("*"))
	if err != nil || len(names) < 30 {
		t.Fatal(len(names), err)
	}
	names = append(names, filepath.Join(ecertFixtures, "personal.pem"), ecertFixtures, "missing.p12")
	_, out, _ := ecertRun(t, ecertPIN+"\n", append([]string{"inspect", "--json", "--password-file", "-"}, names...)...)
	valid(out)
	_, out, _ = ecertRun(t, "", append([]string{"inspect", "--json"}, names...)...)
	valid(out)
	for _, dir := range []string{ecertFixtures, t.TempDir(), "missing"} {
		_, out, _ = ecertRun(t, "", "find", "--json", dir)
		valid(out)
	}
}

// The exit code says what the files come to.
func TestECertExitCodes(t *testing.T) {
	fine := ecertFile("stranger-issued")
	for _, f := range []struct {
		stdin string
		args  []string
		want  truststore.Exit
		says  string
	}{
		{ecertPIN, []string{"inspect", "--password-file", "-", fine}, truststore.ExitWrong, "This is not an e-Cert"},
		{"wrong", []string{"inspect", "--password-file", "-", fine}, truststore.ExitWrong, "The password is wrong."},
		{"", []string{"inspect", fine}, truststore.ExitPerson, "--interactive"},
		{"", []string{"inspect", "missing.p12"}, truststore.ExitFailed, "no such file"},
		{"", []string{"inspect", "missing.p12", fine}, truststore.ExitFailed, "no such file"},
		{"", []string{"inspect", filepath.Join(ecertFixtures, "personal.pem")}, truststore.ExitWrong, "It is a PEM file without a key."},
		{"", []string{"inspect"}, truststore.ExitUsage, ""},
		{"", []string{"open"}, truststore.ExitUsage, ""},
		{"", []string{"inspect", "--interactive", fine}, truststore.ExitUsage, ""},
		{"", []string{"inspect", "--interactive", "--password-file", "-", fine}, truststore.ExitUsage, ""},
		{"", []string{"find", ecertFixtures}, truststore.ExitOK, "openssl.p12"},
		{"", []string{"find", "missing"}, truststore.ExitFailed, ""},
	} {
		exit, out, errOut := ecertRun(t, f.stdin, f.args...)
		if exit != f.want || !strings.Contains(out, f.says) {
			t.Errorf("%q: exit %d, %s%s", f.args, exit, out, errOut)
		}
	}
}

// What a person reads, in both languages.
func TestECertWords(t *testing.T) {
	for locale, want := range map[string][]string{
		"en_GB.UTF-8": {
			"e-Cert (Personal): CHAN Tai Man 陳大文", "Subscriber reference number: 0012345678", "Password: right",
			"RSA-2048; the file's private key belongs to it", "Hongkong Post Test Root CA 2 (in the file)", "current certificate of 2026-05-07",
			"GovHK services that take: personal digital certificates", "Nothing is known to be wrong.",
		},
		"zh_HK.UTF-8": {
			"電子證書（個人）：CHAN Tai Man 陳大文", "登記人參考編號：0012345678", "密碼：正確", "私人密碼匙與證書相符",
			"Hongkong Post Test Root CA 2（在檔案內）", "沒有發現問題。",
		},
	} {
		t.Setenv("LC_ALL", locale)
		var out, errOut bytes.Buffer
		a := &app{stdin: strings.NewReader(ecertPIN), stdout: &out, stderr: &errOut, text: chooseLanguage(nil, &host.Host{})}
		r := newECertInspection(a)
		r.passwordFile, r.inspector = "-", ecert.Inspector{Authorities: ecertAuthorities(t), Host: &host.Host{Clock: ecertToday}}
		if err := r.inspect(t.Context(), []string{ecertFile("openssl")}); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s: %q is not in\n%s", locale, text, out.String())
			}
		}
	}
}

// ecertToday is a day on which the fixtures are as their names say.
func ecertToday() time.Time { return time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC) }

// Programs are asked for the chain of the e-Cert at hand, not for others.
func TestECertGoal(t *testing.T) {
	in := &ecert.Inspection{Identities: []ecert.Identity{{Issuer: &ecert.Issuer{}}}}
	want := []string{"root-ca-2", "ecert-ca-2-17-2017", "ecert-ca-2-17-2026-05-07"}
	for i, slug := range want {
		c, ok := hkpost.BySlug(slug)
		if !ok {
			t.Fatal(slug)
		}
		if i == 0 {
			in.Identities[0].Chain = []ecert.Link{{Slug: slug, SHA256: c.SHA256}}
			continue
		}
		in.Identities[0].Issuer.Known = append(in.Identities[0].Issuer.Known, ecert.Generation{Slug: slug, SHA256: c.SHA256})
	}
	goal, err := newECertInspection(&app{}).goal(ecertToday())
	if err != nil {
		t.Fatal(err)
	}
	all := goal.Want
	for n, files := range map[int][]*ecert.Inspection{len(want): {in}, 0: {{}}} {
		goal.Want = slices.Clone(all)
		if got := ecertGoal(goal, files); len(got.Want) != n {
			t.Errorf("%d certificates, not %d", len(got.Want), n)
		}
	}
}

// ecertAuthorities are the fixtures' CAs.
func ecertAuthorities(t *testing.T) []ecert.Authority {
	t.Helper()
	var all []ecert.Authority
	for slug, role := range map[string]hkpost.Role{
		"root-2": hkpost.RoleRoot, "ca-2-17": hkpost.RoleIssuing, "ca-2-17-old": hkpost.RoleIssuing,
	} {
		cert := pemFile(t, slug)
		all = append(all, ecert.Authority{Cert: cert, Certificate: hkpost.Certificate{
			Slug: slug, CommonName: cert.Subject.CommonName, Role: role, Issuer: "root-2", SHA256: hkpost.FingerprintOf(cert.Raw),
			KeySHA256: hkpost.FingerprintOf(cert.RawSubjectPublicKeyInfo), NotBefore: cert.NotBefore, NotAfter: cert.NotAfter,
		}})
	}
	return all
}

// The password file is read as every password file is.
func TestECertPasswordFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(file, []byte(ecertPIN+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, _ := ecertRun(t, "", "inspect", "--json", "--password-file", file, ecertFile("windows"))
	var doc struct {
		Files []struct{ Password string }
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || doc.Files[0].Password != "right" {
		t.Errorf("%v: %s", err, out)
	}
}

// Each code of the e-Cert files has its words.
func TestEveryECertCodeHasItsText(t *testing.T) {
	for _, code := range ecertCodes(t) {
		if !english().has("ecert.finding."+code) && !english().has("ecert.skip."+code) {
			t.Errorf("no words for %s", code)
		}
	}
}

// ecertCodes returns the codes of package ecert.
func ecertCodes(t *testing.T) []string {
	t.Helper()
	var codes []string
	for _, name := range []string{"code.go", "find.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../../ecert", name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if id, isIdent := (ast.Expr)(nil), false; ok && len(spec.Values) == 1 {
				if id = spec.Type; id != nil {
					_, isIdent = id.(*ast.Ident)
				}
				if lit, isLit := spec.Values[0].(*ast.BasicLit); isIdent && isLit && lit.Kind == token.STRING && strings.HasPrefix(spec.Names[0].Name, "Code") {
					code, _ := strconv.Unquote(lit.Value)
					codes = append(codes, code)
				}
			}
			return true
		})
	}
	if len(codes) < 30 {
		t.Fatalf("%d codes", len(codes))
	}
	return codes
}
