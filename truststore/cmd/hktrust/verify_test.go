package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/hktrust/hktrust/truststore"
)

// constants lists the string constants of a type in a file.
func constants(t *testing.T, file, typ string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		name, ok := spec.Type.(*ast.Ident)
		lit, isLit := spec.Values[0].(*ast.BasicLit)
		if ok && isLit && name.Name == typ {
			text, _ := strconv.Unquote(lit.Value)
			out = append(out, text)
		}
		return true
	})
	if len(out) == 0 {
		t.Fatalf("%s has no constants of %s", file, typ)
	}
	return out
}

// Whatever a verification says, there are words for it.
func TestEveryVerdictHasItsText(t *testing.T) {
	for _, group := range []struct{ file, typ, key string }{
		{"../../chain/verdict.go", "Code", "verify.code."},
		{"../../chain/findings.go", "FindingCode", "verify.finding."},
		{"../../verify_chain.go", "Code", "verify.finding."},
		{"../../verify_cure.go", "Cure", "verify.cure."},
		{"../../verify.go", "Answer", "verify.answer."},
		{"../../verify_server.go", "Code", "verify.failure."},
	} {
		for _, code := range constants(t, group.file, group.typ) {
			if verifyEnglish()[group.key+code] == "" {
				t.Errorf("no text %s%s", group.key, code)
			}
		}
	}
}

// A server that cannot be asked does not hide the others.
func TestVerifyExitWeighs(t *testing.T) {
	for _, c := range []struct {
		exits []truststore.Exit
		want  truststore.Exit
	}{
		{[]truststore.Exit{0, 0}, 0},
		{[]truststore.Exit{1, 0}, 1},
		{[]truststore.Exit{0, 3, 1}, 3},
		{[]truststore.Exit{3, 130}, 130},
	} {
		var all []*truststore.Verification
		for _, e := range c.exits {
			all = append(all, &truststore.Verification{Exit: e})
		}
		if got := verifyExit(all); got != c.want {
			t.Errorf("%v: %d, want %d", c.exits, got, c.want)
		}
	}
}
