package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// codesByGroup returns the codes of truststore/codes.go, a list for each block
// of constants: reasons of changes, reasons of failures, findings, conditions.
func codesByGroup(t *testing.T) [][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var groups [][]string
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		var group []string
		for _, spec := range gen.Specs {
			for _, value := range spec.(*ast.ValueSpec).Values {
				code, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				group = append(group, code)
			}
		}
		groups = append(groups, group)
	}
	return groups
}

// Whatever a report says, there are words for it.
func TestEveryCodeHasItsText(t *testing.T) {
	groups := codesByGroup(t)
	if len(groups) != 4 {
		t.Fatalf("codes.go has %d blocks of codes: say here which texts each needs", len(groups))
	}
	for i, prefixes := range [][]string{{"code."}, {"code."}, {"finding."}, {"condition.", "code."}} {
		for _, code := range groups[i] {
			for _, prefix := range prefixes {
				if english[prefix+code] == "" {
					t.Errorf("no text %s%s", prefix, code)
				}
			}
		}
	}
}

// families are the keys that are put together of a prefix and a code or a word
// of the library.
var families = []string{"code.", "finding.", "condition.", "status.", "help.", "certs.root", "certs.issuing", "certs.cross"}

// Every key that the command asks for exists, and every text is asked for.
func TestEveryKeyIsUsed(t *testing.T) {
	used := keysInSource(t)
	for _, key := range used {
		if _, ok := english[key]; !ok {
			t.Errorf("there is no text %s", key)
		}
	}
	for key := range english {
		family := slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(key, f) })
		if !family && !slices.Contains(used, key) {
			t.Errorf("the text %s is not used", key)
		}
	}
	known := slices.Concat(codesByGroup(t)...)
	for key := range english {
		for _, prefix := range families[:3] {
			code, ok := strings.CutPrefix(key, prefix)
			if ok && code != "replacement" && !slices.Contains(known, code) {
				t.Errorf("the text %s is of no code", key)
			}
		}
	}
}

var keyPattern = regexp.MustCompile(`^(flag|summary|count|refused|advice|certs|list|undo|plan|help)\.[a-z0-9-]+$`)

// keysInSource returns the string literals in the command's source that look
// like keys.
func keysInSource(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "text_") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if text, _ := strconv.Unquote(lit.Value); keyPattern.MatchString(text) {
					keys = append(keys, text)
				}
			}
			return true
		})
	}
	return keys
}

// A text's placeholders are letters in braces, closed, and say fills them in.
func TestPlaceholders(t *testing.T) {
	placeholder := regexp.MustCompile(`\{[^}]*\}?`)
	for key, text := range english {
		for _, p := range placeholder.FindAllString(text, -1) {
			if !regexp.MustCompile(`^\{[a-zA-Z0-9]+\}$`).MatchString(p) {
				t.Errorf("%s: placeholder %s", key, p)
			}
		}
	}
	if got := english.say("summary.exit", "exit", "4"); strings.Contains(got, "{") || !strings.Contains(got, "4") {
		t.Errorf("say makes %q", got)
	}
}
