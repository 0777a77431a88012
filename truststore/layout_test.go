package truststore_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hktrust/hktrust"

// The house has these rooms and no other.
func TestTopLevel(t *testing.T) {
	rooms := []string{
		"LICENSE", "README.md", "examples", "go.mod", "go.sum", "javaks", "nss", "testdata", "truststore",
	}
	for _, name := range tracked(t) {
		top, _, _ := strings.Cut(name, "/")
		if !strings.HasPrefix(top, ".") && !slices.Contains(rooms, top) {
			t.Errorf("%s does not belong at the top level", name)
		}
	}
}

// tracked lists the repository's files.
func tracked(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("git", "-C", "..", "ls-files").Output()
	if err != nil {
		// Not a clone, such as a module downloaded by a proxy, or git is missing.
		ignored, err := os.ReadFile("../.gitignore")
		if err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir("..")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			// What the README's first command makes.
			if !slices.Contains(strings.Fields(string(ignored)), "/"+e.Name()) {
				names = append(names, e.Name())
			}
		}
		return names
	}
	var names []string
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		names = append(names, lines.Text())
	}
	return names
}

// room is a package as the go command lists it.
type room struct {
	ImportPath, Dir                           string
	Imports, TestImports, XTestImports        []string
	GoFiles, CgoFiles, IgnoredGoFiles, SFiles []string
}

// rooms lists the packages of this module for a system.
func rooms(t *testing.T, goos string) []room {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,TestImports,XTestImports,GoFiles,CgoFiles,IgnoredGoFiles,SFiles", module+"/...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var list []room
	for in := json.NewDecoder(bytes.NewReader(out)); ; {
		var r room
		err := in.Decode(&r)
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		r.ImportPath = strings.TrimPrefix(strings.TrimPrefix(r.ImportPath, module), "/")
		list = append(list, r)
	}
}

// mayImport says which of our packages each of our packages may import. A
// name that ends in "/" stands for all below it.
var mayImport = []struct {
	room  string
	rooms []string
}{
	{"truststore/host", nil},
	{"truststore/chain", nil},
	{"truststore/hkpost", nil},
	{"truststore/ecert", []string{"truststore/host", "truststore/hkpost", "javaks"}},
	{"truststore/certfile", []string{"truststore/chain"}},
	{"truststore/internal/", []string{"truststore/host", "truststore/hkpost", "truststore/chain", "truststore/internal/"}},
	{"truststore/asuser", []string{"truststore", "truststore/host"}},
	{"javaks", []string{"truststore/host", "truststore/chain"}},
	{"nss", []string{"truststore/host", "truststore/chain"}},
	{"truststore/cmd/hktrust", []string{"truststore", "truststore/asuser", "truststore/chain", "truststore/ecert", "truststore/host", "truststore/hkpost", "truststore/certfile", "truststore/internal/safefile", "javaks", "nss"}},
	{"truststore", []string{"truststore/host", "truststore/hkpost", "truststore/chain", "truststore/certfile", "truststore/internal/", "javaks", "nss"}},
	{"examples/", []string{"truststore", "truststore/asuser", "truststore/certfile", "truststore/chain", "truststore/ecert", "truststore/host", "truststore/hkpost", "javaks", "nss"}},
	{"testdata/", []string{"truststore", "truststore/chain", "truststore/asuser", "truststore/host", "truststore/hkpost", "javaks", "nss", "testdata/"}},
}

// The arrows run one way, on every system.
func TestImportsRunOneWay(t *testing.T) {
	for _, goos := range []string{"linux", "windows", "darwin"} {
		for _, r := range rooms(t, goos) {
			allowed, ok := allowedImports(r.ImportPath)
			if !ok {
				t.Errorf("%s: no rule says what it may import", r.ImportPath)
			}
			for _, path := range r.Imports {
				ours, isOurs := strings.CutPrefix(path, module+"/")
				if isOurs && !slices.ContainsFunc(allowed, func(a string) bool { return matches(a, ours) }) {
					t.Errorf("%s: %s imports %s", goos, r.ImportPath, ours)
				}
			}
			for _, path := range slices.Concat(r.Imports, r.TestImports, r.XTestImports) {
				if strings.HasPrefix(path, module+"/truststore/cmd/") {
					t.Errorf("%s imports the command", r.ImportPath)
				}
			}
			if len(r.CgoFiles)+len(r.SFiles) > 0 {
				t.Errorf("%s is not pure Go: %v %v", r.ImportPath, r.CgoFiles, r.SFiles)
			}
		}
	}
}

// Test helpers stay out of the product.
func TestProductImportsNoTestData(t *testing.T) {
	for _, r := range rooms(t, "linux") {
		if strings.HasPrefix(r.ImportPath, "testdata/") {
			continue
		}
		for _, path := range r.Imports {
			if strings.HasPrefix(path, module+"/testdata/") || path == "testing" {
				t.Errorf("%s imports %s", r.ImportPath, path)
			}
		}
	}
}

func allowedImports(path string) ([]string, bool) {
	for _, rule := range mayImport {
		if matches(rule.room, path) {
			return rule.rooms, true
		}
	}
	return nil, false
}

func matches(pattern, path string) bool {
	return path == pattern || strings.HasSuffix(pattern, "/") && strings.HasPrefix(path, pattern)
}

// Nothing runs before it is called: no package has an init function, on any
// system, and nothing is set up by the environment.
func TestNoInitFunctions(t *testing.T) {
	for _, r := range rooms(t, "linux") {
		for _, name := range slices.Concat(r.GoFiles, r.IgnoredGoFiles) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(r.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, decl := range file.Decls {
				if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
					t.Errorf("%s/%s has an init function", r.ImportPath, name)
				}
			}
		}
	}
}

// The library prints nothing: what there is to say is in the report.
func TestLibraryDoesNotPrint(t *testing.T) {
	for _, r := range rooms(t, "linux") {
		if strings.HasPrefix(r.ImportPath, "testdata/") || strings.HasPrefix(r.ImportPath, "examples/") ||
			r.ImportPath == "truststore/cmd/hktrust" || r.ImportPath == "truststore/asuser" { // whose output is a protocol
			continue
		}
		for _, name := range slices.Concat(r.GoFiles, r.IgnoredGoFiles) {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(r.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if call := selector(n); slices.Contains(printers, call) {
					t.Errorf("%s/%s uses %s", r.ImportPath, name, call)
				}
				return true
			})
		}
	}
}

var printers = []string{
	"fmt.Print", "fmt.Printf", "fmt.Println", "os.Stdout", "os.Stderr", "os.Exit", "log.Print", "log.Printf",
	"log.Println", "log.Fatal", "log.Fatalf", "slog.Info", "slog.Warn", "slog.Error", "slog.Debug", "slog.Default",
}

// selector returns "package.Name" of a selector expression.
func selector(n ast.Node) string {
	s, ok := n.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := s.X.(*ast.Ident); ok {
		return x.Name + "." + s.Sel.Name
	}
	return ""
}

// A kind of store is named by its row of the table and its own files alone:
// planner, apply, undo and report know no kind.
func TestKindsAreNamedInOnePlace(t *testing.T) {
	own := map[string][]string{ // prefixes of file names
		"KindSystem":   {"system", "linuxsystem", "winsystem", "macsystem"},
		"KindJava":     {"java"},
		"KindJavaUser": {"java"},
		"KindNSS":      {"nss", "browser"},
		"KindChromium": {"chromium"},
		"KindPolicy":   {"policy"},
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if name == "backends.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if ident, ok := n.(*ast.Ident); ok && own[ident.Name] != nil &&
				!slices.ContainsFunc(own[ident.Name], func(p string) bool { return strings.HasPrefix(name, p) }) {
				t.Errorf("%s names %s", name, ident.Name)
			}
			return true
		})
	}
}
