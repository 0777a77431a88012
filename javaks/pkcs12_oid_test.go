package javaks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// Each constant is the identifier that its comment says.
func TestObjectIdentifiersAreWhatTheySay(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "pkcs12_oid.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Comment == nil {
			return true
		}
		literal, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if said := strings.TrimSpace(spec.Comment.Text()); oid(literal).String() != said {
			t.Errorf("%s is %s, not %s", spec.Names[0], oid(literal), said)
		}
		checked++
		return true
	})
	if checked < 40 {
		t.Errorf("%d constants checked", checked)
	}
}
